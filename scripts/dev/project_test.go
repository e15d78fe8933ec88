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

// tinyFunction answers every event with one text and what it was told. It
// speaks to the Runtime API by hand: a project made up for a test has no
// dependencies.
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
		answer := make([]byte, length)
		io.ReadFull(in, answer)
		return header, answer
	}
	for {
		header, event := call("GET", "next", "")
		var request struct{ Path string }
		json.Unmarshal(event, &request)
		fmt.Println("asked for", request.Path)
		body := strings.Join([]string{text, request.Path, os.Getenv("AWS_LAMBDA_FUNCTION_NAME"), os.Getenv("SETTING")}, " ")
		answer, _ := json.Marshal(map[string]any{"statusCode": 200, "body": body})
		call("POST", header.Get("Lambda-Runtime-Aws-Request-Id")+"/response", string(answer))
	}
}
`

// project makes a folder with a module and one such function for each name,
// whose text is its name.
func project(t *testing.T, names ...string) (root string) {
	t.Helper()
	root = t.TempDir()
	put(t, root, "go.mod", "module tiny\n\ngo 1.26\n")
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

// clear forgets what was shown so far.
func (s *screenshot) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf.Reset()
}

// shows waits until the text is on the screen.
func (s *screenshot) shows(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if strings.Contains(s.String(), text) {
			return
		}
	}
	t.Fatalf("%q never came up on the screen:\n%s", text, s)
}
