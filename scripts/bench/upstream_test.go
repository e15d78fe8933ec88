package main

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestStopwatchCountsTimeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s stopwatch
		var busy sync.WaitGroup
		for _, at := range []time.Duration{0, 10 * time.Millisecond, 50 * time.Millisecond} {
			busy.Go(func() {
				time.Sleep(at)
				defer s.start()()
				time.Sleep(20 * time.Millisecond)
			})
		}
		busy.Wait()
		// From 0 to 30 ms, the first two overlapping, and from 50 to 70.
		if got := s.take(); got != 50*time.Millisecond {
			t.Errorf("got %v, want 50ms", got)
		}
		if got := s.take(); got != 0 {
			t.Errorf("got %v after take, want 0", got)
		}
	})
}

func TestUpstreamHasLatencyAndTrustedCertificate(t *testing.T) {
	up, err := startUpstream(t.TempDir(), 30*time.Millisecond, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(up.close)
	bundle, err := os.ReadFile(up.bundle)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(bundle) {
		t.Fatal("got no certificate in the bundle, want one")
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots},
		ForceAttemptHTTP2: true}}
	t.Cleanup(client.CloseIdleConnections)
	resp, err := client.Get(up.url + "/.well-known/jwks")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 || resp.ProtoMajor != 2 {
		t.Errorf("got %s over %s, want 200 over HTTP/2", resp.Status, resp.Proto)
	}
	if spent := up.busy.take(); spent < 30*time.Millisecond {
		t.Errorf("got a response after %v, want at least 30ms", spent)
	}
	if err := atPortal(up, resp); err == nil {
		t.Error("got a key set accepted as the portal, want an error")
	}
}
