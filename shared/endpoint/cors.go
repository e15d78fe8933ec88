package endpoint

import (
	"fmt"
	"net/http"

	"github.com/jub0bs/cors"

	"kinde-functions/shared/route"
)

// CORS wraps next so that pages of the origins may call it. It refuses an origin that it
// cannot allow.
type CORS func(origins []string, next http.Handler) (http.Handler, error)

// AllowOrigins allows pages of further origins to call the JSON API with an access token,
// and without the browser's own credentials.
func AllowOrigins(origins []string, next http.Handler) (http.Handler, error) {
	return allowOrigins(next, cors.Config{
		Origins:        origins,
		Methods:        []string{http.MethodGet, http.MethodPost},
		RequestHeaders: []string{"Authorization", "Content-Type", "X-CSRF", "X-Organization", "X-Request-Id"},
		ResponseHeaders: []string{"RateLimit", "RateLimit-Policy", "Retry-After", "Server-Timing", "WWW-Authenticate",
			"X-Request-Id"},
	})
}

// AllowOriginsToForward is AllowOrigins for rows that forward requests, with every method
// and header.
func AllowOriginsToForward(origins []string, next http.Handler) (http.Handler, error) {
	return allowOrigins(next, cors.Config{
		Origins:         origins,
		Methods:         route.AllMethods,
		RequestHeaders:  []string{"*", "Authorization"},
		ResponseHeaders: []string{"*"},
	})
}

func allowOrigins(next http.Handler, config cors.Config) (http.Handler, error) {
	config.MaxAgeInSeconds = 600
	middleware, err := cors.NewMiddleware(config)
	if err != nil {
		return nil, fmt.Errorf("ALLOWED_ORIGINS: %w", err)
	}
	return middleware.Wrap(next), nil
}

// allow applies CORS to the rows of the JSON API, if there are any.
func (e *endpoint) allow(through CORS, origins []string) (err error) {
	if !e.rows[0].API() {
		return nil
	}
	if through == nil {
		panic("endpoint: no CORS for " + e.rows[0].Name())
	}
	if len(origins) > 0 {
		e.chain, err = through(origins, e.chain)
	}
	return err
}
