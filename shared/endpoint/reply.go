package endpoint

import (
	"fmt"
	"net/http"
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
}

// JSON is a reply with a body that is already JSON.
func JSON(status int, body []byte) *Reply {
	return &Reply{Status: status, Body: body, Header: http.Header{"Content-Type": {"application/json"}}}
}

// Redirect is a 302 to a location that has been checked. It is sent as it is:
// http.Redirect would clean its path after the check.
func Redirect(location string) *Reply {
	return &Reply{Status: http.StatusFound, Header: http.Header{"Location": {location}}}
}

func (reply *Reply) write(w http.ResponseWriter, x *exchange) {
	h := w.Header()
	for name, values := range reply.Header {
		h[name] = append(h[name], values...)
	}
	_, upstream := x.traffic.Read()
	app := max(time.Since(x.begin)-upstream, 0)
	h.Set("Server-Timing", fmt.Sprintf("upstream;dur=%.1f, app;dur=%.1f", float64(upstream)/1e6, float64(app)/1e6))
	w.WriteHeader(reply.Status)
	_, _ = w.Write(reply.Body) // a caller who has gone is no failure of ours
}

// failureReply renders x.failure: as the page that explains it where the row
// has one and the caller is a person's browser, else as a problem.
func (x *exchange) failureReply(r *http.Request) *Reply {
	if x.row != nil && x.row.ErrorPage != nil && !acceptsJSON(r.Header) {
		return Redirect(x.row.ErrorPage(x.failure))
	}
	reply := JSON(x.failure.Status(), x.failure.Document(x.id))
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
