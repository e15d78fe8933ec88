package kinde

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"kinde-functions/shared/local/kindetest"
	"kinde-functions/shared/problem"
)

func TestAuthorizeDevice(t *testing.T) {
	w := newTenant(t, kindetest.Options{})
	audiences := []string{kindetest.SampleAudience}
	grant, err := w.client.AuthorizeDevice(t.Context(), kindetest.DeviceClientID, "openid offline", audiences)
	if err != nil || grant.Interval != 5*time.Second || grant.Life != 10*time.Minute || grant.Code == "" {
		t.Fatalf("got %+v, %v, want a code for 10m to poll every 5s", grant, err)
	}
	want := url.Values{"client_id": {kindetest.DeviceClientID}, "scope": {"openid offline"}, "audience": audiences}
	if form := w.Calls("/oauth2/device/auth")[0].Form; form.Encode() != want.Encode() {
		t.Errorf("got form %v, want %v", form, want)
	}
	const codes = `{"device_code":"d","user_code":"u","verification_uri":"v"`
	for body, want := range map[string]struct{ interval, life time.Duration }{
		codes + `}`: {5 * time.Second, 0},
		codes + `,"interval":7.5,"expires_in":60}`:                  {7500 * time.Millisecond, time.Minute},
		codes + `,"interval":-1,"expires_in":-1}`:                   {5 * time.Second, 0},
		codes + `,"interval":1e300,"expires_in":1e99}`:              {15 * time.Minute, 24 * time.Hour},
		codes + `,"interval":"7","expires_in":"60"}`:                {7 * time.Second, time.Minute},
		codes + `,"interval":[],"expires_in":"NaN"}`:                {5 * time.Second, 0},
		`{"device_code":"d","user_code":"u"}`:                       {},
		`{"device_code":"","user_code":"u","verification_uri":"v"}`: {},
		`[]`: {}, ` `: {},
	} {
		w := newTenant(t, kindetest.Options{})
		w.Fault("/oauth2/device/auth", kindetest.Fault{Body: body})
		got, err := w.client.AuthorizeDevice(t.Context(), "c", "openid", nil)
		if got.Interval != want.interval || got.Life != want.life || (want.interval == 0) != errors.Is(err, ErrUnusable) {
			t.Errorf("%s: got %+v, %v, want %+v", body, got, err, want)
		}
		if err == nil && string(got.Response) != body {
			t.Errorf("got response %s, want %s", got.Response, body)
		}
	}
}

func TestPollDeviceErrors(t *testing.T) {
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
		w := newTenant(t, kindetest.Options{})
		w.Fault("/oauth2/token", kindetest.Fault{Status: 400, Body: body})
		_, err := w.client.PollDevice(t.Context(), "c", "code")
		if want != nil {
			if !errors.Is(err, want) {
				t.Errorf("%s: got %v, want %v", body, err, want)
			}
		} else if p, ok := errors.AsType[*problem.Error](err); !ok || p.Status() < 500 {
			t.Errorf("%s: got %v, want a problem of status 5xx", body, err)
		}
	}
	w := newTenant(t, kindetest.Options{})
	w.Fault("/oauth2/token", kindetest.Fault{Status: 400, Body: `{"error":"server_error"}`})
	if _, err := w.client.PollDevice(t.Context(), "c", "code"); problem.From(err).Code != problem.UpstreamFailed {
		t.Errorf("server_error: got %v, want %s", err, problem.UpstreamFailed)
	}
	for status, want := range map[int]problem.Code{
		429: problem.UpstreamThrottled, 500: problem.UpstreamFailed, 503: problem.UpstreamFailed,
	} {
		w := newTenant(t, kindetest.Options{})
		w.Fault("/oauth2/token", kindetest.Fault{Status: status, Body: `{"error":"slow_down"}`})
		if _, err := w.client.PollDevice(t.Context(), "c", "code"); problem.From(err).Code != want {
			t.Errorf("%d: got %v, want %s", status, err, want)
		}
	}
	w.ClearFaults()
	w.Fault("/oauth2/token", kindetest.Fault{Body: `{"token_type":"bearer"}`})
	if _, err := w.client.PollDevice(t.Context(), "c", "code"); !errors.Is(err, ErrUnusable) {
		t.Errorf("no token: got %v, want ErrUnusable", err)
	}
}
