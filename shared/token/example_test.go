package token_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/token"
)

func Example() {
	tenant, err := kindetest.Serve(kindetest.Options{Site: "https://site.example"})
	if err != nil {
		panic(err)
	}
	defer tenant.Close()

	verifier, err := token.NewVerifier(token.Config{
		Issuer:    tenant.URL,
		ClientIDs: []string{kindetest.ClientID},
		Keys:      token.NewKeys(tenant.URL+"/.well-known/jwks", http.DefaultClient),
	})
	if err != nil {
		panic(err)
	}
	claims, err := verifier.Access(context.Background(), tenant.Kinde.Mint(kindetest.Scopes("read:reports")))
	if err != nil {
		panic(err)
	}
	fmt.Println(claims.OrgCode, claims.Scopes)

	_, err = verifier.Access(context.Background(), tenant.Kinde.Mint(kindetest.ExpiresIn(-time.Hour)))
	fmt.Println(errors.Is(err, token.ErrInvalid), err)

	// An ID token identifies the user who signed in. It is not a credential.
	_, err = verifier.Access(context.Background(), tenant.Kinde.MintID())
	fmt.Println(errors.Is(err, token.ErrInvalid), err)
	// Output:
	// org_0demo1studio [read:reports]
	// true token: refused: expired
	// true token: refused: id-token
}
