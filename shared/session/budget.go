package session

// API Gateway accepts 10,240 bytes of request line and headers in all, and locks out a
// browser that sends more. All cookies of this service, as one Cookie header, take at
// most 7,500 of them. The shares are fixed, since a request that starts or completes a
// sign-in from another site does not show the SameSite=Strict cookies: a share that
// depended on the others could not be computed there.
const (
	// sessionBudget is for the session cookie or its chunks.
	sessionBudget = 5200
	// attemptBudget is for login attempts. Their return URLs come from links that
	// other sites may have made.
	attemptBudget = 1400
	// connectionBudget is for connections to apps. The remaining 450 bytes are for the
	// pass of protected pages, the current session and the marker.
	connectionBudget = 450

	// maxCookie is the longest name and value of one cookie, in bytes. Browsers accept
	// 4,096 (RFC 6265bis section 5.6); older ones count the attributes too (RFC 6265
	// section 6.1).
	maxCookie = 3800
)

// sizeOf is what a cookie adds to the Cookie header, separators included.
func sizeOf(name, value string) int { return len(name) + len("=") + len(value) + len("; ") }
