package endpoint

import (
	"net/http"
	"strconv"
	"time"

	"kinde-functions/shared/problem"
)

// Reply is a handler's answer.
type Reply struct {
	Status int
	Header http.Header // may be nil
	Body   []byte
	// Partial is a failure of a part of what is otherwise a success. It goes to
	// the log alone.
	Partial *problem.Error
	// Welcomed is who has been signed in, on a row for newcomers.
	Welcomed *Caller
}

// JSON is a reply with a body that is already JSON.
func JSON(status int, body []byte) *Reply {
	return &Reply{Status: status, Body: body, Header: http.Header{"Content-Type": {"application/json"}}}
}

// NoContent is a 204.
func NoContent() *Reply { return &Reply{Status: http.StatusNoContent} }

// SeeOther is a 303: what answers a form that has been sent.
func SeeOther(location string) *Reply {
	return &Reply{Status: http.StatusSeeOther, Header: http.Header{"Location": {location}}}
}

// Redirect is a 302 to a location that has been checked. It is sent as it is:
// http.Redirect would clean its path after the check.
func Redirect(location string) *Reply {
	return &Reply{Status: http.StatusFound, Header: http.Header{"Location": {location}}}
}

func (reply *Reply) write(w http.ResponseWriter, x *exchange) {
	h := w.Header()
	for _, header := range []http.Header{reply.Header, x.out} {
		for name, values := range header {
			h[name] = append(h[name], values...)
		}
	}
	_, upstream := x.traffic.Read()
	app := max(time.Since(x.begin)-upstream, 0)
	h.Set("Server-Timing", "upstream;dur="+milliseconds(upstream)+", app;dur="+milliseconds(app))
	w.WriteHeader(reply.Status)
	_, _ = w.Write(reply.Body) // a caller who has gone is no failure of ours
}

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d)/1e6, 'f', 1, 64)
}

// failureReply renders x.failure: as the page that explains it where the row
// has one and the caller is a person's browser, else as a problem.
func (x *exchange) failureReply(r *http.Request) *Reply {
	if x.row != nil && x.row.ErrorPage != nil && !acceptsJSON(r.Header) {
		if page := x.row.ErrorPage(x.failure); page != "" {
			return Redirect(page)
		}
	}
	document := x.failure.Document
	if x.row != nil && x.row.OAuth {
		document = x.failure.OAuthDocument
	}
	reply := JSON(x.failure.Status(), document(x.id))
	reply.Header.Set("Content-Type", problem.ContentType)
	x.failure.SetHeader(reply.Header)
	return reply
}

// statusWriter remembers the status for the log.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}
