package token

// UsableKeys counts the keys of a JWK set that would verify an issuer's tokens, for
// whoever looks at a tenant without having a token. The error says why none would.
func UsableKeys(keySet []byte) (int, error) {
	keys, err := readKeySet(keySet)
	return len(keys), err
}
