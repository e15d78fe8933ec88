package store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// wantOnly checks that err is want and not other.
func wantOnly(t *testing.T, name string, err, want, other error) {
	t.Helper()
	if !errors.Is(err, want) || errors.Is(err, other) {
		t.Errorf("%s: %v", name, err)
	}
}

// calls are all that a Store can be asked, with a key and a value that must not
// be seen in an error.
var calls = map[string]func(context.Context, Store) error{
	"Get": func(ctx context.Context, s Store) error { _, _, err := s.Get(ctx, "rkvkey"); return err },
	"Set": func(ctx context.Context, s Store) error {
		return s.Set(ctx, "rkvkey", []byte("rkvvalue"), time.Minute)
	},
	"Delete": func(ctx context.Context, s Store) error { return s.Delete(ctx, "rkvkey") },
	"Acquire": func(ctx context.Context, s Store) error {
		_, ok, err := s.Acquire(ctx, "rkvkey", time.Minute)
		if ok && err != nil {
			return errors.New("both a lease and an error")
		}
		return err
	},
}

// wantDown makes each call and checks that it is ErrDown for reason, in time, and
// says nothing it must not.
func wantDown(t *testing.T, s Shared, reason string, most time.Duration) {
	t.Helper()
	for _, asked := range []map[string]func(context.Context) error{on[Store](s, calls), on[Cells](s, cellCalls)} {
		var wg sync.WaitGroup
		for name, call := range asked {
			wg.Go(func() {
				began := time.Now()
				err := call(t.Context())
				if took := time.Since(began); took > most {
					t.Errorf("%s took %v", name, took)
				}
				wantOnly(t, name, err, ErrDown, context.DeadlineExceeded)
				if err != nil && (!strings.Contains(err.Error(), reason) || strings.Contains(err.Error(), "rkv")) {
					t.Errorf("%s: %v; want %q", name, err, reason)
				}
			})
		}
		wg.Wait()
	}
}

// on are calls of s.
func on[S any](s S, calls map[string]func(context.Context, S) error) map[string]func(context.Context) error {
	all := map[string]func(context.Context) error{}
	for name, call := range calls {
		all[name] = func(ctx context.Context) error { return call(ctx, s) }
	}
	return all
}

func TestWrongAnswers(t *testing.T) {
	const notRedis, tooLarge, unexpected = "not a Redis's", "too large", "not of the kind"
	for name, c := range map[string]struct{ raw, reason string }{
		"no Redis":           {"HTTP/1.1 400 Bad Request\r\n\r\n", notRedis},
		"empty line":         {"\r\n", notRedis},
		"line feed alone":    {"+OK\n", notRedis},
		"RESP3":              {"_\r\n", notRedis},
		"refused":            {"-ERR unknown command 'rkv', with args beginning with: 'rkvkey' 'rkvvalue'\r\n", "answered ERR"},
		"refused coded":      {"-READONLY You can't write against a read only replica.\r\n", "answered READONLY"},
		"refused oddly":      {"-rkv rkv\r\n", "answered an error"},
		"refused long":       {"-" + strings.Repeat("A", 30) + "\r\n", "answered an error"},
		"refused in silence": {"-\r\n", "answered an error"},
		"another text":       {"+rkv\r\n", unexpected},
		"a list":             {"*2\r\n$3\r\nrkv\r\n:1\r\n", unexpected},
		"length of no sense": {"$rkv\r\n", tooLarge},
		"length below zero":  {"$-7\r\n", notRedis},
		"terabyte":           {"$1099511627776\r\n", tooLarge},
		"beyond integers":    {"$99999999999999999999999\r\n", tooLarge},
		"large value":        {"$65537\r\n", tooLarge},
		"endless line":       {"+" + strings.Repeat("rkv", 100_000), tooLarge},
		"long list":          {"*1000000000\r\n", tooLarge},
		"deep list":          {strings.Repeat("*1\r\n", 100_000), tooLarge},
		"endless list":       {"*16\r\n" + strings.Repeat("$8000\r\n"+strings.Repeat("v", 8000)+"\r\n", 16), tooLarge},
		"wrong end":          {"$3\r\nrkvXX\r\n", notRedis},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantDown(t, newFake(t, always(c.raw)).redis(t), c.reason, 2*commandLimit)
		})
	}
	t.Run("a number", func(t *testing.T) {
		r := newFake(t, always(":1\r\n")).redis(t)
		for _, name := range []string{"Get", "Set", "Acquire"} { // to DEL it is the answer
			wantOnly(t, name, calls[name](t.Context(), r), ErrDown, context.Canceled)
		}
	})
}

func TestBrokenConnections(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(net.Conn, []string)
		reason string
	}{
		"silence": {always(""), "timed out"},
		"drip": {func(conn net.Conn, _ []string) {
			for range 100 {
				if _, err := io.WriteString(conn, "+"); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		}, "timed out"},
		"half an answer": {always("$5\r\nrk"), "timed out"},
		"closed":         {func(conn net.Conn, _ []string) { conn.Close() }, "connection closed"},
		"closed midway": {func(conn net.Conn, _ []string) {
			io.WriteString(conn, "$5\r\nrk")
			conn.Close()
		}, "connection closed"},
		"reset": {func(conn net.Conn, _ []string) {
			conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
		}, "connection reset"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantDown(t, newFake(t, c.answer).redis(t), c.reason, 2*commandLimit)
		})
	}
}

func TestNoConnection(t *testing.T) {
	t.Run("refused", func(t *testing.T) {
		f := newFake(t, always("+OK\r\n"))
		f.listener.Close()
		wantDown(t, f.redis(t, ":rkvpassword@"), "connection refused", connectLimit)
	})
	for name, c := range map[string]struct{ step, raw, reason string }{
		"password":        {"AUTH", "-WRONGPASS invalid rkvpassword\r\n", "AUTH: answered WRONGPASS"},
		"no password due": {"AUTH", "-ERR Client sent AUTH\r\n", "AUTH: answered ERR"},
		"database":        {"SELECT", "-ERR DB index is out of range\r\n", "SELECT: answered ERR"},
		"silent AUTH":     {"AUTH", "", "timed out"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, byCommand(map[string]string{c.step: c.raw}))
			r := newRedis(t, "redis://rkvuser:rkvpassword@"+f.listener.Addr().String()+"/9")
			wantDown(t, r, c.reason, 2*connectLimit)
		})
	}
}

func TestReasonsQuoteNothing(t *testing.T) {
	for want, err := range map[string]error{
		"host not found":              &net.OpError{Op: "dial", Err: &net.DNSError{Name: "rkvhost", IsNotFound: true}},
		"timed out":                   &net.OpError{Op: "dial", Err: &net.DNSError{Name: "rkvhost", IsTimeout: true}},
		"connection refused":          &net.OpError{Op: "dial", Err: os.NewSyscallError("rkv", syscall.ECONNREFUSED)},
		"does not speak TLS":          tls.RecordHeaderError{Msg: "rkv"},
		"refused the TLS handshake":   &net.OpError{Op: "remote error", Err: tls.AlertError(40)},
		"expired or is not valid yet": &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired, Detail: "rkv"}},
		"certificate is refused":      &tls.CertificateVerificationError{Err: errors.New("rkv")},
		"answer is not a Redis's":     errors.New("rkv"),
		"connection closed":           io.ErrUnexpectedEOF,
	} {
		if got := down("GET", err); !errors.Is(got, ErrDown) || !strings.HasSuffix(got.Error(), want) {
			t.Errorf("%v gives %v, want %s", err, got, want)
		}
	}
}

func TestConnectionAfterTroubleIsNew(t *testing.T) {
	var trouble string
	f := newFake(t, func(conn net.Conn, _ []string) { io.WriteString(conn, trouble+"$4\r\nmine\r\n") })
	r := f.redis(t)
	// Half an answer first: what follows would be read as another command's.
	trouble = "$-7\r\n$6\r\nothers\r\n"
	if err := calls["Get"](t.Context(), r); !errors.Is(err, ErrDown) {
		t.Fatal(err)
	}
	trouble = ""
	holds(t, r, "k", "mine")
	if f.connected() != 2 {
		t.Errorf("%d connections", f.connected())
	}
}

func TestTLS(t *testing.T) {
	// For its certificate, which is 127.0.0.1's and example.com's.
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	listen := func(t *testing.T, answer func(net.Conn, []string)) *fake {
		plain, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return serveFake(t, tls.NewListener(plain, &tls.Config{Certificates: web.TLS.Certificates}), answer)
	}
	client := func(t *testing.T, f *fake) *Redis {
		r := newRedis(t, "rediss://:rkvpassword@"+f.listener.Addr().String())
		r.dialer.config.RootCAs = x509.NewCertPool()
		r.dialer.config.RootCAs.AddCert(web.Certificate())
		return r
	}
	t.Run("trusted", func(t *testing.T) {
		f := listen(t, byCommand(map[string]string{"GET": "$1\r\nv\r\n"}))
		holds(t, client(t, f), "k", "v")
	})
	t.Run("not by the system", func(t *testing.T) {
		f := listen(t, always("+OK\r\n"))
		r := newRedis(t, "rediss://:rkvpassword@"+f.listener.Addr().String())
		wantDown(t, r, "authority unknown here", connectLimit)
		if len(f.sent()) != 0 {
			t.Error("the password was sent to it")
		}
	})
	t.Run("another host's", func(t *testing.T) {
		r := client(t, listen(t, always("+OK\r\n")))
		r.dialer.config.ServerName = "redis.example.org"
		wantDown(t, r, "another host's", connectLimit)
	})
}

func TestTLSWithoutAnswer(t *testing.T) {
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	r := newRedis(t, "rediss://:rkvpassword@"+plain.Addr().String())
	// Nothing accepts: connections wait in the queue, their handshakes unanswered.
	began := time.Now()
	err = calls["Get"](t.Context(), r)
	if took := time.Since(began); took > connectLimit+200*time.Millisecond {
		t.Errorf("took %v", took)
	}
	wantOnly(t, "Get", err, ErrDown, context.DeadlineExceeded)
	go func() {
		for {
			conn, err := plain.Accept()
			if err != nil {
				return
			}
			io.WriteString(conn, "-ERR Protocol error\r\n")
		}
	}()
	wantDown(t, r, "does not speak TLS", connectLimit)
}
