package kinde

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"kinde-functions/shared/kindetest"
	"kinde-functions/shared/problem"
)

func TestDeviceAuthorizations(t *testing.T) {
	w := newWorld(t, kindetest.Options{})
	grant, err := w.client.AuthorizeDevice(t.Context(), kindetest.DeviceClientID, "openid offline", []string{kindetest.SampleAudience})
	if err != nil || grant.Interval != 5*time.Second || grant.Life != 10*time.Minute || grant.Code == "" {
		t.Fatalf("%+v %v", grant, err)
	}
	want := url.Values{"client_id": {kindetest.DeviceClientID}, "scope": {"openid offline"}, "audience": {kindetest.SampleAudience}}
	if form := w.Calls("/oauth2/device/auth")[0].Form; form.Encode() != want.Encode() {
		t.Errorf("asked %v", form)
	}
	for body, want := range map[string]struct{ interval, life time.Duration }{
		`{"device_code":"d","user_code":"u","verification_uri":"v"}`:                                    {5 * time.Second, 0},
		`{"device_code":"d","user_code":"u","verification_uri":"v","interval":7.5,"expires_in":60}`:     {7500 * time.Millisecond, time.Minute},
		`{"device_code":"d","user_code":"u","verification_uri":"v","interval":-1,"expires_in":-1}`:      {5 * time.Second, 0},
		`{"device_code":"d","user_code":"u","verification_uri":"v","interval":1e300,"expires_in":1e99}`: {15 * time.Minute, 24 * time.Hour},
		`{"device_code":"d","user_code":"u","verification_uri":"v","interval":"7","expires_in":"60"}`:   {7 * time.Second, time.Minute},
		`{"device_code":"d","user_code":"u","verification_uri":"v","interval":[],"expires_in":"NaN"}`:   {5 * time.Second, 0},
		`{"device_code":"d","user_code":"u"}`:                                                           {},
		`{"device_code":"","user_code":"u","verification_uri":"v"}`:                                     {},
		`[]`: {}, ` `: {},
	} {
		w := newWorld(t, kindetest.Options{})
		w.Fault("/oauth2/device/auth", kindetest.Fault{Body: body})
		got, err := w.client.AuthorizeDevice(t.Context(), "c", "openid", nil)
		if got.Interval != want.interval || got.Life != want.life || (want.interval == 0) != errors.Is(err, ErrUnusable) {
			t.Errorf("%s: %+v %v", body, got, err)
		}
		if err == nil && string(got.Answer) != body {
			t.Errorf("changed to %s", got.Answer)
		}
	}
}

func TestPolls(t *testing.T) {
	for body, want := range map[string]error{
		`{"error":"authorization_pending"}`:       ErrAuthorizationPending,
		`{"error":"slow_down"}`:                   ErrSlowDown,
		`{"error":"access_denied"}`:               ErrAccessDenied,
		`{"error":"expired_token"}`:               ErrExpiredToken,
		`{"error":"invalid_grant"}`:               ErrExpiredToken,
		`{"errors":[{"code":"EXPIRED_TOKEN"}]}`:   ErrExpiredToken,
		`[{"Code":"authorization_pending"}]`:      ErrAuthorizationPending,
		`{"error":"invalid_client"}`:              nil,
		`<html>authorization_pending slow_down</`: nil,
	} {
		w := newWorld(t, kindetest.Options{})
		w.Fault("/oauth2/token", kindetest.Fault{Status: 400, Body: body})
		_, err := w.client.PollDevice(t.Context(), "c", "code")
		if p, isProblem := errors.AsType[*problem.Error](err); want != nil && !errors.Is(err, want) || want == nil && (!isProblem || p.Status() < 500) {
			t.Errorf("%s: %v", body, err)
		}
	}
	w := newWorld(t, kindetest.Options{})
	w.Fault("/oauth2/token", kindetest.Fault{Status: 400, Body: `{"error":"server_error"}`})
	if _, err := w.client.PollDevice(t.Context(), "c", "code"); problem.From(err).Code != problem.UpstreamFailed {
		t.Errorf("server_error: %v", err)
	}
	for status, want := range map[int]problem.Code{429: problem.UpstreamThrottled, 500: problem.UpstreamFailed, 503: problem.UpstreamFailed} {
		w := newWorld(t, kindetest.Options{})
		w.Fault("/oauth2/token", kindetest.Fault{Status: status, Body: `{"error":"slow_down"}`})
		if _, err := w.client.PollDevice(t.Context(), "c", "code"); problem.From(err).Code != want {
			t.Errorf("%d: %v", status, err)
		}
	}
	w.ClearFaults()
	w.Fault("/oauth2/token", kindetest.Fault{Body: `{"token_type":"bearer"}`})
	if _, err := w.client.PollDevice(t.Context(), "c", "code"); !errors.Is(err, ErrUnusable) {
		t.Errorf("no token: %v", err)
	}
}
