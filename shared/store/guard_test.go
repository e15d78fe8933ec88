package store

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/gomodule/redigo/redis"
)

// played is a connection on which r arrives.
type played struct {
	net.Conn
	r io.Reader
}

func (p played) Read(b []byte) (int, error)      { return p.r.Read(b) }
func (p played) Write(b []byte) (int, error)     { return len(b), nil }
func (p played) Close() error                    { return nil }
func (p played) SetReadDeadline(time.Time) error { return nil }

func guarded(r io.Reader) redis.Conn {
	link := played{r: r}
	g := &guard{Conn: link, socket: link}
	g.Write(nil)
	return redis.NewConn(g, 0, 0)
}

func TestGuardPassesAnswersInAnyPieces(t *testing.T) {
	large := strings.Repeat("$9999999\r\n", MaxValue/10) // what looks like a length is a value
	answers := "+OK\r\n$0\r\n\r\n$-1\r\n:-7\r\n*-1\r\n*2\r\n$2\r\n\r\n\r\n*1\r\n$9\r\n$9999999\n\r\n-ERR rkv\r\n" +
		"$65530\r\n" + large + "\r\n+END\r\n"
	for name, pieces := range map[string]func(io.Reader) io.Reader{
		"whole":  func(r io.Reader) io.Reader { return r },
		"bytes":  iotest.OneByteReader,
		"halves": iotest.HalfReader,
	} {
		conn := guarded(pieces(strings.NewReader(answers)))
		for i, want := range []any{"OK", "", nil, int64(-7), nil, []any{[]byte("\r\n"), []any{[]byte("$9999999\n")}}, "", large, "END"} {
			got, err := conn.Receive()
			if b, ok := got.([]byte); ok {
				got = string(b)
			}
			if list, ok := want.([]any); ok {
				if pair, ok := got.([]any); !ok || len(pair) != 2 || !bytes.Equal(pair[0].([]byte), list[0].([]byte)) {
					t.Errorf("%s: list %v", name, got)
				}
				continue
			}
			if i == 6 {
				if _, ok := errors.AsType[redis.Error](err); !ok {
					t.Errorf("%s: %v is not the error sent", name, err)
				}
				continue
			}
			if got != want || err != nil {
				t.Fatalf("%s: answer %d is %.40v, %v", name, i, got, err)
			}
		}
	}
}

// endless is an answer without an end. It counts what was read of it.
type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) {
	copy(b, bytes.Repeat([]byte("+"), len(b)))
	e.read += len(b)
	return len(b), nil
}

func TestGuardCountsAnewWithEachCommand(t *testing.T) {
	answer := &endless{}
	link := played{r: answer}
	g := &guard{Conn: link, socket: link}
	for range 100 {
		g.Write(nil)
	}
	if _, err := redis.NewConn(g, 0, 0).Receive(); !errors.Is(err, errTooLarge) || answer.read > maxAnswer+8<<10 {
		t.Errorf("%v after %d bytes", err, answer.read)
	}
}

func TestGuardClosesWithoutGoodbye(t *testing.T) {
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe() // what is not read blocks
		go func() { _ = tls.Server(far, &tls.Config{Certificates: web.TLS.Certificates}).Handshake() }()
		secure := tls.Client(near, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12})
		if err := secure.Handshake(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := (&guard{Conn: secure, socket: near}).Close(); err != nil || time.Since(began) != 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// FuzzGuard: whatever arrives, redigo behind the guard ends with a reply or an error
// that is not larger than what a guard lets through.
func FuzzGuard(f *testing.F) {
	for _, seed := range []string{"+OK\r\n", "$3\r\nabc\r\n", "*2\r\n:1\r\n$-1\r\n", "$99999999\r\n",
		"*1\r\n*1\r\n*16\r\n", "-ERR\r\n", "$18446744073709551615\r\n", "*99999999\r\n", "$\r\n", "$+3\r\nabc\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, arriving []byte) {
		conn := guarded(bytes.NewReader(arriving))
		for range 100 {
			reply, err := conn.Receive()
			if _, sent := errors.AsType[redis.Error](err); err != nil && !sent {
				return
			}
			if value, ok := reply.([]byte); ok && !bytes.Contains(arriving, value) {
				t.Errorf("%q came from nowhere", value)
			}
		}
	})
}
