package kindetest

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Server is a Kinde behind a listener on a loopback address.
type Server struct {
	// URL is the issuer.
	URL string
	// ManagementURL is the management host's origin; URL unless
	// Options.SeparateManagement is set.
	ManagementURL string
	Kinde         *Kinde

	http *http.Server
	busy sync.WaitGroup // the accept loop and every connection
}

var errNotLoopback = errors.New("only loopback addresses are served: anyone can sign in here")

// Serve starts a tenant on opt.Addr and fills Issuer, Management and Site from
// the listener where they are empty. The caller must close the Server. Serve fails like
// New, and on an address that is in use or not a loopback address.
func Serve(opt Options) (*Server, error) {
	addr := opt.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("kindetest: %w", err)
	}
	bound := listener.Addr().(*net.TCPAddr)
	if !bound.IP.IsLoopback() {
		listener.Close()
		return nil, fmt.Errorf("kindetest: %s: %w", addr, errNotLoopback)
	}
	scheme := "http://"
	if opt.TLSConfig != nil {
		scheme = "https://"
	}
	if opt.Issuer == "" {
		opt.Issuer = scheme + bound.String()
	}
	if opt.Management == "" && opt.SeparateManagement {
		opt.Management = fmt.Sprintf("%slocalhost:%d", scheme, bound.Port)
	}
	k, err := New(opt)
	if err != nil {
		listener.Close()
		return nil, err
	}
	s := &Server{URL: k.opt.Issuer, ManagementURL: k.opt.Management, Kinde: k}
	s.http = &http.Server{
		Handler:           k,
		TLSConfig:         opt.TLSConfig,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       time.Minute,
		// Tests break handshakes and connections on purpose.
		ErrorLog: log.New(io.Discard, "", 0),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				s.busy.Add(1)
			case http.StateClosed, http.StateHijacked:
				s.busy.Done()
			}
		},
	}
	s.busy.Go(func() {
		if opt.TLSConfig != nil {
			_ = s.http.ServeTLS(listener, "", "")
		} else {
			_ = s.http.Serve(listener)
		}
	})
	return s, nil
}

// Close closes the listener and every connection and waits for the server's goroutines.
// A hanging fault ends with its connection.
func (s *Server) Close() {
	_ = s.http.Close()
	s.busy.Wait()
}

// Env lists the settings, by their environment names, that make the functions
// of this project use the tenant with the default clients.
func (s *Server) Env() map[string]string {
	env := map[string]string{
		"KINDE_ISSUER_URL":        s.URL,
		"KINDE_CLIENT_ID":         ClientID,
		"KINDE_CLIENT_SECRET":     ClientSecret,
		"KINDE_M2M_CLIENT_ID":     M2MClientID,
		"KINDE_M2M_CLIENT_SECRET": M2MClientSecret,
		"KINDE_DEVICE_CLIENT_ID":  DeviceClientID,
		"KINDE_SITE_URL":          s.Kinde.opt.Site,
		"CONNECTED_APPS":          strings.Join(s.Kinde.opt.ConnectedApps, ","),
	}
	if s.ManagementURL != s.URL {
		env["KINDE_MANAGEMENT_URL"] = s.ManagementURL
	}
	return env
}
