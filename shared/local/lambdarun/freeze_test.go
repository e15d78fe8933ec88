//go:build unix

package lambdarun

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

func TestFreezeStopsFunction(t *testing.T) {
	f := start(t, Options{})
	pid := invoke[int](t, f, `{"do":"pid"}`)
	if err := f.Freeze(); err != nil {
		t.Fatal(err)
	}
	done := make(chan time.Time, 1)
	go func() {
		f.Invoke(t.Context(), []byte(`{"do":"pid"}`))
		done <- time.Now()
	}()
	select {
	case <-done:
		t.Fatal("a frozen function responded")
	case <-time.After(100 * time.Millisecond):
	}
	if err := f.Thaw(); err != nil {
		t.Fatal(err)
	}
	<-done
	if got := invoke[int](t, f, `{"do":"pid"}`); got != pid {
		t.Errorf("after the thaw: got process %d, want %d", got, pid)
	}
	f.Close()
	if err := f.Freeze(); !errors.Is(err, ErrExited) {
		t.Errorf("Freeze after Close: got error %v, want ErrExited", err)
	}
}

// A network forwards both ways; Hangup ends connections, Drop silences them.
func TestNetwork(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	go func() {
		for {
			c, err := server.Accept()
			if err != nil {
				return
			}
			go io.Copy(c, c)
		}
	}()
	n, err := StartNetwork(server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	dial := func() net.Conn {
		c, err := net.Dial("tcp", n.Address())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if err := echoes(c, 5*time.Second); err != nil {
			t.Fatalf("new connection: got error %v", err)
		}
		return c
	}
	c := dial()
	n.Drop()
	if err, ok := errors.AsType[net.Error](echoes(c, 100*time.Millisecond)); !ok || !err.Timeout() {
		t.Errorf("dropped connection: got %v, want a timeout", err)
	}
	c = dial()
	n.Hangup()
	if err := echoes(c, 5*time.Second); err == nil {
		t.Error("closed connection: got an echo, want an error")
	} else if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		t.Errorf("closed connection: got %v, want its end", err)
	}
	dial()
}

func echoes(c net.Conn, limit time.Duration) error {
	c.SetDeadline(time.Now().Add(limit))
	if _, err := io.WriteString(c, "x"); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, 1))
	return err
}
