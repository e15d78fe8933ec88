package lambdahttp

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strconv"
)

// runtimeAPI is aws-lambda-go's way to the Runtime API: a single connection that a
// single goroutine writes to and reads from, since an instance has one event at a
// time. net/http's own transport hands each request to two goroutines and back,
// which is a tenth of all that a warm request costs.
//
// aws-lambda-go offers no other place for it than http.DefaultTransport, so that it
// passes on what is for other hosts.
type runtimeAPI struct {
	host   string
	others http.RoundTripper
	conn   net.Conn // nil until the first request, and after a failure
	r      *bufio.Reader
	head   bytes.Buffer
	body   bytes.Buffer
	// afterWrite runs once, when the next request has been written.
	afterWrite func()
}

// bufferSize holds most events, so that reading one is one system call.
const bufferSize = 16 << 10

// RoundTrip makes the exchange. The caller reads or closes the answer's body before
// it makes the next, as aws-lambda-go does.
func (t *runtimeAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != t.host {
		return t.others.RoundTrip(r)
	}
	reused := t.conn != nil
	resp, err := t.exchange(r)
	if err != nil && reused && r.Body == nil {
		resp, err = t.exchange(r) // the other end had closed the connection meanwhile
	}
	return resp, err
}

func (t *runtimeAPI) exchange(r *http.Request) (*http.Response, error) {
	if t.conn == nil {
		var d net.Dialer
		conn, err := d.DialContext(r.Context(), "tcp", t.host)
		if err != nil {
			return nil, err
		}
		t.conn, t.r = conn, bufio.NewReaderSize(conn, bufferSize)
	}
	err := t.form(r)
	if err == nil {
		request := net.Buffers{t.head.Bytes(), t.body.Bytes()}
		_, err = request.WriteTo(t.conn)
	}
	if f := t.afterWrite; f != nil {
		t.afterWrite = nil
		f()
	}
	var resp *http.Response
	if err == nil {
		resp, err = readResponse(t.r, r)
	}
	if err != nil {
		t.conn.Close()
		t.conn = nil
		return nil, err
	}
	if resp.Close {
		t.conn = nil // when its body has been read
	}
	return resp, nil
}

// form makes head and body the request, and closes its body. Answers are in memory as
// a whole, so that their length can be said, in a few lines; net/http, which is not
// told, sends them in chunks, with trailers for what may go wrong on the way.
func (t *runtimeAPI) form(r *http.Request) error {
	t.head.Reset()
	t.body.Reset()
	if r.Body == nil {
		return r.Write(&t.head)
	}
	defer r.Body.Close()
	if _, err := t.body.ReadFrom(r.Body); err != nil {
		return err
	}
	for _, said := range r.Trailer {
		if said != nil { // it did go wrong
			again := *r // which is the caller's
			again.Body = io.NopCloser(&t.body)
			return again.Write(&t.head)
		}
	}
	for _, part := range []string{r.Method, " ", r.URL.RequestURI(), " HTTP/1.1\r\nHost: ", t.host, "\r\nContent-Length: ", strconv.Itoa(t.body.Len()), "\r\n"} {
		t.head.WriteString(part)
	}
	if err := r.Header.Write(&t.head); err != nil {
		return err
	}
	t.head.WriteString("\r\n")
	return nil
}
