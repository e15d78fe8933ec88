package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// tinyFunction responds to every event with a text, the path and two variables. It calls
// the Runtime API by hand, because a test's project has no dependencies.
const tinyFunction = `package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"strconv"
	"strings"
)

const text = %q

func main() {
	if os.Getenv("REFUSE") == text {
		os.Exit(4)
	}
	conn, err := net.Dial("tcp", os.Getenv("AWS_LAMBDA_RUNTIME_API"))
	if err != nil {
		panic(err)
	}
	in := bufio.NewReader(conn)
	call := func(method, path, body string) (textproto.MIMEHeader, []byte) {
		fmt.Fprintf(conn, "%%s /2018-06-01/runtime/invocation/%%s HTTP/1.1\r\nHost: %%s\r\nContent-Length: %%d\r\n\r\n%%s",
			method, path, conn.RemoteAddr(), len(body), body)
		r := textproto.NewReader(in)
		if _, err := r.ReadLine(); err != nil {
			os.Exit(1)
		}
		header, _ := r.ReadMIMEHeader()
		length, _ := strconv.Atoi(header.Get("Content-Length"))
		response := make([]byte, length)
		io.ReadFull(in, response)
		return header, response
	}
	for {
		header, event := call("GET", "next", "")
		var request struct{ Path string }
		json.Unmarshal(event, &request)
		fmt.Println("asked for", request.Path)
		body := strings.Join([]string{text, request.Path, os.Getenv("AWS_LAMBDA_FUNCTION_NAME"), os.Getenv("SETTING")}, " ")
		response, _ := json.Marshal(map[string]any{"statusCode": 200, "body": body})
		call("POST", header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", string(response))
	}
}
`

// project makes a folder with a module, a page, and one such function for each name, whose
// text is its name.
func project(t *testing.T, names ...string) (root string) {
	t.Helper()
	root = t.TempDir()
	put(t, root, "go.mod", "module tiny\n\ngo 1.26\n")
	put(t, root, "public/index.html", "home")
	for _, name := range names {
		put(t, root, "functions/"+name+"/main.go", fmt.Sprintf(tinyFunction, name))
	}
	return root
}

func put(t *testing.T, root, name, content string) {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// screenshot is a terminal that a test can read at any time.
type screenshot struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *screenshot) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *screenshot) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// clear removes what was printed so far.
func (s *screenshot) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf.Reset()
}

// waitFor waits until the text is printed.
func (s *screenshot) waitFor(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if strings.Contains(s.String(), text) {
			return
		}
	}
	t.Fatalf("got output\n%s\nwant %q", s, text)
}
