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
	"kinde-functions/shared/kindetest"
	"kinde-functions/shared/outbound"
)

// devAddress is where scripts/dev serves the site unless it is told otherwise.
const devAddress = "http://localhost:8888"

// devSettings are those that scripts/dev runs with when it embeds a Kinde. The site
// itself says where that is, by where it sends people to sign in.
func devSettings(ctx context.Context, env map[string]string, site string) (map[string]string, error) {
	d := &doctor{out: outbound.New(attempt)}
	got, err := d.look(ctx, visit{url: site + "/auth/login"})
	if err != nil {
		return nil, fmt.Errorf("scripts/dev does not answer at %s; start it first: go run ./scripts/dev", site)
	}
	issuer := originOf(got.header.Get("Location"))
	query, _ := url.Parse(got.header.Get("Location"))
	if !onLoopback(issuer) || query.Query().Get("client_id") != kindetest.ClientID {
		return nil, errors.New("what answers there does not use an embedded Kinde; examine it without --dev")
	}
	tenant, err := kindetest.New(kindetest.Options{Issuer: issuer, Site: site})
	if err != nil {
		return nil, err
	}
	env = maps.Clone(env)
	maps.DeleteFunc(env, func(name, _ string) bool { return strings.HasPrefix(name, "KINDE_") })
	maps.Copy(env, (&kindetest.Server{URL: issuer, ManagementURL: issuer, Kinde: tenant}).Env())
	if env[config.SessionKeys.Name()] == "" { // dev makes one up, too
		var key [32]byte
		rand.Read(key[:])
		env[config.SessionKeys.Name()] = base64.StdEncoding.EncodeToString(key[:])
	}
	return env, nil
}
