package redirect_test

import (
	"fmt"

	"kinde-functions/shared/redirect"
)

func ExamplePolicy_Check() {
	policy, err := redirect.NewPolicy("https://site.example", []string{"https://app.example"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, raw := range []string{
		"/pricing?discount=100%#plans",
		"https://app.example/start",
		"//evil.example/",
		"https://site.example.evil.example/",
		"/x/../auth/logout",
	} {
		target, err := policy.Check(raw)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println("Location:", target.Absolute())
	}
	// Output:
	// Location: https://site.example/pricing?discount=100%#plans
	// Location: https://app.example/start
	// unsafe return URL: it has an empty segment in its path
	// unsafe return URL: it is neither a path nor on an allowed origin
	// unsafe return URL: it has a dot segment in its path
}
