package endpoint

import (
	"fmt"
	"net/http"

	"github.com/jub0bs/cors"
)

// CORS lets pages of the origins call next, and refuses origins that it cannot
// let in.
type CORS func(origins []string, next http.Handler) (http.Handler, error)

// AllowOrigins lets further origins call the JSON API from a browser, without
// credentials of the browser's: a token is what admits them.
func AllowOrigins(origins []string, next http.Handler) (http.Handler, error) {
	middleware, err := cors.NewMiddleware(cors.Config{
		Origins:         origins,
		Methods:         []string{http.MethodGet, http.MethodPost},
		RequestHeaders:  []string{"Authorization", "Content-Type", "X-CSRF", "X-Request-Id"},
		ResponseHeaders: []string{"RateLimit", "RateLimit-Policy", "Retry-After", "Server-Timing", "WWW-Authenticate", "X-Request-Id"},
		MaxAgeInSeconds: 600,
	})
	if err != nil {
		return nil, fmt.Errorf("ALLOWED_ORIGINS: %w", err)
	}
	return middleware.Wrap(next), nil
}

// allow puts CORS before the rows of the JSON API, where there are any.
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
