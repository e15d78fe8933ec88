// Command permissions hands a signed-in person their permissions in their organisation. It defends against
// showing them another's by asking Kinde with the caller's own token.
package main

import (
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/lambdahttp"
	"kinde-functions/shared/listing"
)

// GET /api/permissions?page_size=&starting_after=&all=
//
// 200 with a page as Kinde sends it, or the whole list with all=true.
var function = listing.Function("permissions", kinde.Permissions)

func main() { lambdahttp.Start(function.Handler()) }
