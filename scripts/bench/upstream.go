package main

import (
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/session"
)

// site is the origin of the site that the functions serve.
const site = "https://site.example"

var sessionKey = []byte("0123456789abcdef0123456789abcdef")

// upstream is the embedded Kinde over https with a latency. It supports HTTP/2, as Kinde
// does.
type upstream struct {
	tenant  *kindetest.Kinde
	handler http.Handler // the tenant and the own API
	url     string
	bundle  string // file of the system's certificates and ours
	delay   time.Duration
	server  *http.Server
	busy    stopwatch
}

// startUpstream starts an upstream on a free port. It writes a bundle with the system's
// certificates and its own authority to dir.
func startUpstream(dir string, delay time.Duration, system []byte) (*upstream, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	u := &upstream{url: "https://" + listener.Addr().String(), bundle: filepath.Join(dir, "certificates.pem"),
		delay: delay}
	if err := u.serve(listener, system); err != nil {
		listener.Close()
		return nil, err
	}
	return u, nil
}

func (u *upstream) serve(listener net.Listener, system []byte) (err error) {
	if u.tenant, err = kindetest.New(kindetest.Options{Issuer: u.url, Site: site}); err != nil {
		return err
	}
	if err := u.tenant.UpdateUser(kindetest.DemoUser, addEntitlements); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+ownAPI+"/{n}", serveOwnAPI)
	mux.Handle("/", u.tenant)
	u.handler = mux
	certificate, authority, err := newCertificate()
	if err != nil {
		return err
	}
	if err := os.WriteFile(u.bundle, slices.Concat(system, []byte("\n"), authority), 0o644); err != nil {
		return err
	}
	u.server = &http.Server{
		Handler:           u,
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{certificate}},
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // killed processes break their connections
	}
	go func() { _ = u.server.ServeTLS(listener, "", "") }() // until close
	return nil
}

// addEntitlements gives a user three pages of entitlements.
func addEntitlements(p *kindetest.User) {
	for i := range 250 - len(p.Memberships[0].Entitlements) {
		p.Memberships[0].Entitlements = append(p.Memberships[0].Entitlements, kindetest.Entitlement{
			ID: fmt.Sprint("entitlement_more_", i), FeatureKey: fmt.Sprint("more_", i), FeatureName: "More",
		})
	}
}

// session returns the Cookie header of a signed-in user's browser.
func (u *upstream) session() string {
	box, err := session.NewBox([][]byte{sessionKey}, u.url, kindetest.ClientID, site)
	if err != nil {
		panic(err) // the key is valid
	}
	h := http.Header{}
	tokens := session.Tokens{Access: u.tenant.Mint(), Refresh: u.tenant.MintRefresh()}
	if err := session.NewCookies(site, box, time.Now).Write(h, functiontest.NewSession(tokens)); err != nil {
		panic(err) // the demo user's tokens fit
	}
	return functiontest.Kept(h)
}

func (u *upstream) close() { u.server.Close() }

// ServeHTTP passes the request to the tenant or the own API after the delay.
func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer u.busy.start()()
	select {
	case <-time.After(u.delay):
		u.handler.ServeHTTP(w, r)
	case <-r.Context().Done():
	}
}

// settings returns the environment of a program.
func (u *upstream) settings() []string {
	return []string{
		"KINDE_ISSUER_URL=" + u.url,
		"KINDE_CLIENT_ID=" + kindetest.ClientID,
		"KINDE_SITE_URL=" + site,
		"SSL_CERT_FILE=" + u.bundle,
		"PROXY_APIS=sample=" + u.url + ownAPI,
		"KINDE_CLIENT_SECRET=" + kindetest.ClientSecret,
		"SESSION_KEYS=" + base64.StdEncoding.EncodeToString(sessionKey),
	}
}
