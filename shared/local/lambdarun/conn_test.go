package lambdarun

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// One read gets all of an event that the socket holds, whatever net/http's buffers.
func TestEventIsSentInOneWrite(t *testing.T) {
	a, err := listen("f")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	process, err := net.Dial("tcp", a.address())
	if err != nil {
		t.Fatal(err)
	}
	defer process.Close()
	io.WriteString(process, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: "+a.address()+"\r\n\r\n")
	event := strings.Repeat("x", 20_000)
	inv := newInvocation([]byte(event), time.Minute)
	a.events <- inv
	got := make([]byte, 64<<10)
	n, err := process.Read(got)
	head, body, _ := strings.Cut(string(got[:n]), "\r\n\r\n")
	if err != nil || body != event || !strings.Contains(head, "\r\nContent-Length: 20000") {
		t.Fatalf("got %d bytes in the first write, %v, after %s", len(body), err, head)
	}

	before := time.Now()
	address := "http://" + a.address() + "/2018-06-01/runtime/invocation/" + inv.id + "/response"
	if r, err := http.Post(address, "", strings.NewReader("{}")); err != nil || r.StatusCode != http.StatusAccepted {
		t.Fatal(r, err)
	}
	o := <-inv.done
	if took := before.Sub(inv.handed); string(o.payload) != "{}" || o.took < took || o.took > time.Since(inv.handed) {
		t.Errorf("got %s after %v", o.payload, o.took)
	}
}
