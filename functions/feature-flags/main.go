// Command feature-flags returns the feature flags that apply to the signed-in user. It calls Kinde with the
// caller's own token, so that no user sees another's.
package main

import (
	"kinde-functions/shared/kinde"
	"kinde-functions/shared/lambdahttp"
	"kinde-functions/shared/listing"
)

// GET /api/feature-flags?page_size=&starting_after=&all=
//
// 200 with Kinde's page, or with the whole list for all=true.
var function = listing.Function("feature-flags", kinde.FeatureFlags)

func main() { lambdahttp.Start(function.Handler()) }
