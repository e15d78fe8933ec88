// Command permissions returns the signed-in user's permissions in their organization. It calls Kinde with the
// caller's own token, so that no user sees another's.
package main

import (
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/lambdahttp"
	"kinde-functions/shared/listing"
)

// GET /api/permissions?page_size=&starting_after=&all=
//
// 200 with Kinde's page, or with the whole list for all=true.
var function = listing.Function("permissions", kinde.Permissions)

func main() { lambdahttp.Start(function.Handler()) }
