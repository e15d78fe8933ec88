package token

// UsableKeys returns the number of keys in a JWK set that can verify an issuer's tokens,
// for checks of a tenant without a token. The error has the reason why none can.
func UsableKeys(keySet []byte) (int, error) {
	keys, err := readKeySet(keySet)
	return len(keys), err
}
