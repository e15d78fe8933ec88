package lambdarun

import (
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Handler serves HTTP with the function, as the format's platform does: each
// request is converted to an event, and the function's response back to HTTP.
// When the function fails, the caller gets the platform's own error response,
// and Options.Output gets the reason.
func Handler(f *Function, format Format) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, err := Event(r, format)
		if errors.Is(err, ErrTooLarge) {
			http.Error(w, "Request Too Long", http.StatusRequestEntityTooLarge)
			return
		}
		if err != nil { // most likely the caller disconnected
			http.Error(w, "Bad Request", http.StatusBadRequest)
			return
		}
		payload, err := f.Invoke(r.Context(), event)
		if r.Context().Err() != nil {
			return // the caller has disconnected
		}
		if err == nil {
			err = WriteResponse(w, payload, format)
			if !errors.Is(err, ErrMalformed) {
				return // done, or the caller has disconnected
			}
		}
		fmt.Fprintln(f.opts.Output, err)
		gatewayError(w, format)
	})
}

// gatewayError writes the platform's response for a function that failed.
func gatewayError(w http.ResponseWriter, format Format) {
	status, kind, body := http.StatusBadGateway, "text/plain; charset=utf-8", "Bad Gateway"
	switch format {
	case REST:
		kind, body = "application/json", `{"message": "Internal server error"}`
	case HTTPAPI1, HTTPAPI2:
		status, kind, body = http.StatusInternalServerError, "application/json", `{"message":"Internal Server Error"}`
	case FunctionURL:
		kind, body = "application/json", `{"Message":"Internal Server Error"}`
	case NetlifyDev:
		status, body = http.StatusInternalServerError, "Internal Server Error"
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	io.WriteString(w, body)
}
