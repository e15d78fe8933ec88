package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
)

// fake is a server that reads commands as a Redis does and answers what it is told.
type fake struct {
	listener net.Listener
	answer   func(conn net.Conn, command []string)

	mu       sync.Mutex
	conns    []net.Conn
	commands []string // each joined with spaces
	wg       sync.WaitGroup
}

// newFake starts a fake on loopback. answer gets each command and its connection.
func newFake(t *testing.T, answer func(net.Conn, []string)) *fake {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveFake(t, listener, answer)
}

func serveFake(t *testing.T, listener net.Listener, answer func(net.Conn, []string)) *fake {
	t.Helper()
	f := &fake{listener: listener, answer: answer}
	f.wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.conns = append(f.conns, conn)
			f.mu.Unlock()
			f.wg.Go(func() { f.serve(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		f.hangUp()
		f.wg.Wait()
	})
	return f
}

func (f *fake) serve(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for {
		command, err := readCommand(r)
		if err != nil {
			return
		}
		f.mu.Lock()
		f.commands = append(f.commands, strings.Join(command, " "))
		f.mu.Unlock()
		f.answer(conn, command)
	}
}

func readCommand(r *bufio.Reader) ([]string, error) {
	var n int
	if _, err := fmt.Fscanf(r, "*%d\r\n", &n); err != nil {
		return nil, err
	}
	command := make([]string, n)
	for i := range command {
		var length int
		if _, err := fmt.Fscanf(r, "$%d\r\n", &length); err != nil {
			return nil, err
		}
		word := make([]byte, length+2)
		if _, err := io.ReadFull(r, word); err != nil {
			return nil, err
		}
		if string(word[length:]) != "\r\n" {
			return nil, errors.New("no line end")
		}
		command[i] = string(word[:length])
	}
	return command, nil
}

// hangUp closes the connections there are.
func (f *fake) hangUp() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, conn := range f.conns {
		conn.Close()
	}
}

// connected is how many connections there have been.
func (f *fake) connected() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.conns)
}

// sent gives the commands so far.
func (f *fake) sent() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.commands)
}

// redis gives a client of f. in changes what stands before the host.
func (f *fake) redis(t *testing.T, in ...string) *Redis {
	t.Helper()
	return newRedis(t, strings.Join(append([]string{"redis://"}, in...), "")+f.listener.Addr().String())
}

func newRedis(t *testing.T, url string) *Redis {
	t.Helper()
	r, err := NewRedis(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.pool.Close() })
	return r
}

// always answers each command with raw; an empty raw is no answer at all.
func always(raw string) func(net.Conn, []string) {
	return func(conn net.Conn, _ []string) { io.WriteString(conn, raw) }
}

// byCommand answers with what it has under the command's name, else with +OK.
func byCommand(answers map[string]string) func(net.Conn, []string) {
	return func(conn net.Conn, command []string) {
		raw, ok := answers[command[0]]
		if !ok {
			raw = "+OK\r\n"
		}
		io.WriteString(conn, raw)
	}
}
