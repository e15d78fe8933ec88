package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"kinde-functions/shared/local/functiontest"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/local/lambdarun"
)

// bundle builds the two functions and serves them as a host does.
func bundle(t *testing.T, env []string, log *functiontest.Log) *httptest.Server {
	t.Helper()
	mux, folder := http.NewServeMux(), t.TempDir()
	for name, pattern := range map[string]string{"device": "/api/device/",
		"protected-resource": "/api/protected-resource"} {
		binary := filepath.Join(folder, name)
		if err := lambdarun.Build(t.Context(), "kinde-functions/functions/"+name, binary); err != nil {
			t.Fatal(err)
		}
		f, err := lambdarun.Start(t.Context(), lambdarun.Options{Binary: binary, Env: env, Output: log})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		mux.Handle(pattern, lambdarun.Handler(f, lambdarun.Netlify))
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func TestAgainstBuiltBundle(t *testing.T) {
	tenant, err := kindetest.Serve(kindetest.Options{DeviceInterval: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tenant.Close)
	env := []string{"PROTECTED_RESOURCE_SCOPES=" + kindetest.SampleScope}
	for name, value := range tenant.Env() {
		env = append(env, name+"="+value)
	}
	log := &functiontest.Log{}
	site := bundle(t, env, log).URL
	approve := func(code string) error { return tenant.Kinde.ApproveDevice(code, kindetest.DemoUser) }
	for _, test := range []struct {
		name   string
		args   []string
		decide func(userCode string) error // nil: Ctrl-C
		code   int
		want   string
	}{
		{"approved", []string{"-scope", "openid offline " + kindetest.SampleScope, "-check", "remote"}, approve, 0,
			"Access granted\n\n  sub          " + kindetest.DemoUser},
		{"a scope short", nil, approve, 1,
			"device: the resource needs a token with the scopes " + kindetest.SampleScope},
		{"declined", []string{"-qr"}, tenant.Kinde.DenyDevice, 1, "device: declined"},
		{"stopped", nil, nil, 1, "device: stopped"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			said, code := &functiontest.Log{}, make(chan int, 1)
			go func() { code <- command(ctx, append(test.args, "-site", site), screen{out: said}, said) }()
			shown := regexp.MustCompile(`and enter +([\w-]+)\n`)
			for end := time.Now().Add(20 * time.Second); shown.FindStringSubmatch(said.String()) == nil; {
				if time.Now().After(end) {
					t.Fatalf("got no code: %s", said)
				}
				time.Sleep(5 * time.Millisecond)
			}
			if test.decide == nil {
				stop()
			} else if err := test.decide(shown.FindStringSubmatch(said.String())[1]); err != nil {
				t.Fatal(err)
			}
			if got := <-code; got != test.code || !strings.Contains(said.String(), test.want) {
				t.Errorf("%d %s\n%s", got, said, log)
			}
			if strings.Contains(said.String(), "eyJ") { // how each JWT begins
				t.Errorf("a token is on the screen: %s", said)
			}
		})
	}
}
