package endpoint

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"time"

	"kinde-functions/shared/auth"
	"kinde-functions/shared/problem"
)

// Response is what a handler returns.
type Response struct {
	Status int
	Header http.Header // may be nil
	Body   []byte
	// Partial is a failure of a part of what is otherwise a success. It goes to the log
	// alone.
	Partial *problem.Error
	// TokenRefused reports whether Kinde refused the caller's access token for a part of the
	// response: a session is refreshed and the handler called again.
	TokenRefused bool
	// SignedIn is the user who has been signed in, on a SignIn row.
	SignedIn *auth.Caller
}

// JSON returns a response with a body that is JSON.
func JSON(status int, body []byte) *Response {
	return &Response{Status: status, Body: body, Header: http.Header{"Content-Type": {"application/json"}}}
}

// Encode returns a response with value as JSON.
func Encode(status int, value any) (*Response, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return JSON(status, body), nil
}

// SeeOther returns a 303, the redirect after a form was sent.
func SeeOther(location string) *Response {
	return &Response{Status: http.StatusSeeOther, Header: http.Header{"Location": {location}}}
}

// Redirect returns a 302 to a location that has been checked. It is sent as it is:
// http.Redirect would clean its path after the check.
func Redirect(location string) *Response {
	return &Response{Status: http.StatusFound, Header: http.Header{"Location": {location}}}
}

func (response *Response) write(w http.ResponseWriter, x *exchange) {
	h := w.Header()
	maps.Copy(h, response.Header)
	for name, values := range x.header {
		h[name] = append(h[name], values...)
	}
	_, upstream := x.traffic.Read()
	app := max(time.Since(x.begin)-upstream, 0)
	h.Set("Server-Timing", "upstream;dur="+milliseconds(upstream)+", app;dur="+milliseconds(app))
	w.WriteHeader(response.Status)
	_, _ = w.Write(response.Body) // the caller may have disconnected
}

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/1e6, 'f', 1, 64)
}

// statusWriter records the status for the log.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}
