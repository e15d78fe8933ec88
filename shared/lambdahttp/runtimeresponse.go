package lambdahttp

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// readResponse reads the Runtime API's answer to r. What is as plain as Lambda's own, a
// status, a few fields and a length, is read here; all else by net/http, which for
// these needs four times as long.
func readResponse(from *bufio.Reader, r *http.Request) (*http.Response, error) {
	if _, err := from.Peek(1); err == nil {
		held, _ := from.Peek(from.Buffered())
		if head, _, whole := bytes.Cut(held, []byte("\r\n\r\n")); whole {
			if resp := plainAnswer(string(head)); resp != nil {
				_, _ = from.Discard(len(head) + len("\r\n\r\n")) // which it holds
				resp.Request = r
				resp.Body = &answerBody{from: from, left: resp.ContentLength}
				return resp, nil
			}
		}
	}
	return http.ReadResponse(from, r)
}

// plainAnswer gives the answer with this head, without a body, or nil when the head
// is not plain.
func plainAnswer(head string) *http.Response {
	status, fields, _ := strings.Cut(head, "\r\n")
	rest, http11 := strings.CutPrefix(status, "HTTP/1.1 ")
	code, _, _ := strings.Cut(rest, " ")
	number, err := strconv.Atoi(code)
	if !http11 || !validHeaderValue(status) || err != nil || len(code) != 3 || number < 200 || number == http.StatusNoContent || number == http.StatusNotModified {
		return nil
	}
	header := make(http.Header, 8)
	for field := range strings.SplitSeq(fields, "\r\n") {
		name, value, _ := strings.Cut(field, ":")
		if !validToken(name) || !validHeaderValue(value) {
			return nil
		}
		name = http.CanonicalHeaderKey(name)
		header[name] = append(header[name], strings.Trim(value, " \t"))
	}
	length := header["Content-Length"]
	if len(length) != 1 || header["Transfer-Encoding"] != nil || header["Connection"] != nil {
		return nil
	}
	size, err := strconv.ParseUint(length[0], 10, 63)
	if err != nil {
		return nil
	}
	return &http.Response{Status: rest, StatusCode: number, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, ContentLength: int64(size)}
}

// answerBody is the next left bytes of a connection, no fewer.
type answerBody struct {
	from *bufio.Reader
	left int64
}

func (b *answerBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left)])
	if b.left -= int64(n); err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Close leaves the connection where the next answer begins.
func (b *answerBody) Close() error {
	if b.left == 0 {
		return nil
	}
	_, err := io.Copy(io.Discard, b)
	return err
}
