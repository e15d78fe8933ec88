// Command properties hands a signed-in person the properties that are kept of them. It defends against
// showing them another's by asking Kinde with the caller's own token.
package main

import (
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/lambdahttp"
	"kinde-functions/shared/listing"
)

// GET /api/properties?page_size=&starting_after=&all=
//
// 200 with a page as Kinde sends it, or the whole list with all=true.
var function = listing.Function("properties", kinde.Properties)

func main() { lambdahttp.Start(function.Handler()) }
