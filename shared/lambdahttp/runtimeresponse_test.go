package lambdahttp

import (
	"bufio"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// What is read must be what net/http reads, plain or not, and the same bytes must be
// left for the next answer.
func TestReadResponseReadsWhatNetHTTPReads(t *testing.T) {
	const next = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
	for name, row := range map[string]struct {
		answer string
		plain  bool
	}{
		"an event":          {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nlambda-runtime-aws-request-id:  8476a536 \t\r\nA: 1\r\nA: \r\nContent-Length: 5\r\n\r\n{...}", true},
		"accepted":          {next, true},
		"a refusal":         {"HTTP/1.1 413 Request Entity Too Large\r\nContent-Length: 2\r\n\r\nno", true},
		"no words":          {"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", true},
		"chunks":            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", false},
		"length and chunks": {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", false},
		"the last":          {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", false},
		"no content":        {"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", false},
		"bare line feeds":   {"HTTP/1.1 200 OK\nContent-Length: 1\n\nx", false},
		"a folded field":    {"HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 1\r\n\r\nx", false},
		"two lengths":       {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", false},
		"signed length":     {"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx", false},
		"HTTP/1.0":          {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", false},
		"not HTTP":          {"SSH-2.0-x\r\n\r\n", false},
		"a nameless field":  {"HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 1\r\n\r\nx", false},
		"too short":         {"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nx", true},
		"a head in parts":   {"HTTP/1.1 200 OK\r\nA: " + strings.Repeat("a", bufferSize) + "\r\nContent-Length: 1\r\n\r\nx", false},
	} {
		t.Run(name, func(t *testing.T) {
			head, _, _ := strings.Cut(row.answer, "\r\n\r\n")
			if plain := plainAnswer(head) != nil; plain != row.plain && name != "a head in parts" {
				t.Errorf("plain: %v", plain)
			}
			type result struct {
				status       int
				header       http.Header
				body, after  string
				close, broke bool
			}
			read := func(with func(*bufio.Reader, *http.Request) (*http.Response, error)) (r result) {
				from := bufio.NewReaderSize(strings.NewReader(row.answer+next), bufferSize)
				resp, err := with(from, &http.Request{Method: http.MethodGet})
				if err != nil {
					return result{broke: true}
				}
				body, err := io.ReadAll(resp.Body)
				r = result{status: resp.StatusCode, header: resp.Header, body: string(body), close: resp.Close, broke: err != nil}
				r.header.Del("Content-Length") // net/http takes one of two away
				after, _ := io.ReadAll(from)
				r.after = string(after)
				return r
			}
			if got, want := read(readResponse), read(http.ReadResponse); !reflect.DeepEqual(got, want) {
				t.Errorf("\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestAnAnswerLeftUnreadIsOutOfTheWay(t *testing.T) {
	from := bufio.NewReader(strings.NewReader("HTTP/1.1 500 Broken\r\nContent-Length: 4\r\n\r\nlostHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"))
	resp, err := readResponse(from, nil)
	if err != nil || resp.StatusCode != 500 || resp.Body.Close() != nil {
		t.Fatal(resp, err)
	}
	if resp, err = readResponse(from, nil); err != nil || resp.StatusCode != 202 {
		t.Error(resp, err)
	}
}
