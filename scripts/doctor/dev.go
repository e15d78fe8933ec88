package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"

	"kinde-functions/shared/config"
	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/outbound"
)

// devAddress is where scripts/dev serves the site by default.
const devAddress = "http://localhost:8888"

// devSettings returns the settings with which scripts/dev runs its embedded Kinde. Where
// that is follows from where the site redirects sign-ins.
func devSettings(ctx context.Context, env map[string]string, site string) (map[string]string, error) {
	d := &doctor{out: outbound.New(attempt)}
	got, err := d.fetch(ctx, request{url: site + "/auth/login"})
	if err != nil {
		return nil, fmt.Errorf("scripts/dev does not respond at %s; start it first: go run ./scripts/dev", site)
	}
	issuer := originOf(got.header.Get("Location"))
	query, _ := url.Parse(got.header.Get("Location"))
	if !onLoopback(issuer) || query.Query().Get("client_id") != kindetest.ClientID {
		return nil, errors.New("the site there does not use an embedded Kinde; check it without --dev")
	}
	tenant, err := kindetest.New(kindetest.Options{Issuer: issuer, Site: site})
	if err != nil {
		return nil, err
	}
	env = maps.Clone(env)
	maps.DeleteFunc(env, func(name, _ string) bool { return strings.HasPrefix(name, "KINDE_") })
	maps.Copy(env, (&kindetest.Server{URL: issuer, ManagementURL: issuer, Kinde: tenant}).Env())
	if env[config.SessionKeys.Name()] == "" { // scripts/dev makes one up, too
		var key [32]byte
		rand.Read(key[:])
		env[config.SessionKeys.Name()] = base64.StdEncoding.EncodeToString(key[:])
	}
	return env, nil
}
