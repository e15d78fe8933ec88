package main

import (
	"context"
	"net/url"
	"regexp"

	"kinde-functions/shared/auth"
	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/problem"
)

type login struct{ sessions *auth.Sessions }

// GET /auth/register?…
//
// As /auth/login, and Kinde shows its sign-up form.
func (l login) register(_ context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	return l.begin(r, "create")
}

// GET /auth/login?return_url=&org_code=&login_hint=&prompt=&…
//
// 302 to Kinde, with state, nonce and an S256 challenge whose secrets go into a
// sealed cookie for ten minutes.
func (l login) start(_ context.Context, r *endpoint.Request) (*endpoint.Response, error) {
	return l.begin(r, r.Query["prompt"])
}

func (l login) begin(r *endpoint.Request, prompt string) (*endpoint.Response, error) {
	if err := l.sessions.CheckHost(r.HTTP.Host); err != nil {
		return nil, err
	}
	extra, err := forKinde(r.Query)
	if err != nil {
		return nil, err
	}
	if prompt != "" {
		extra.Set("prompt", prompt)
	}
	back, err := l.sessions.Returns.ReturnURL(r.Query, l.sessions.After)
	if err != nil {
		return nil, err
	}
	location, err := l.sessions.Start(r.Header, r.HTTP, back, extra)
	if err != nil {
		return nil, err
	}
	return endpoint.Redirect(location), nil
}

// known has the form of each parameter that is forwarded to Kinde.
var known = map[string]*regexp.Regexp{
	"org_code":          identifier,
	"connection_id":     identifier,
	"invitation_code":   identifier,
	"plan_interest":     identifier,
	"pricing_table_key": identifier,
	"login_hint":        regexp.MustCompile(`^[^\x00-\x1f\x7f]{1,320}$`),
	"org_name":          regexp.MustCompile(`^[^\x00-\x1f\x7f]{1,200}$`),
	"prompt":            regexp.MustCompile(`^(login|create|none|select_account|consent)$`),
	"lang":              regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$`),
	"is_create_org":     regexp.MustCompile(`^(true|false)$`),
}

var identifier = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,128}$`)

// forKinde checks the parameters that are passed on, by name. An empty one
// counts as absent.
func forKinde(query map[string]string) (url.Values, error) {
	extra := url.Values{}
	for name, form := range known {
		value := query[name]
		if value == "" {
			continue // a blank field of a form
		}
		if !form.MatchString(value) {
			return nil, problem.BadParameter(name, "does not have the form that Kinde gives it")
		}
		extra.Set(name, value)
	}
	if extra.Has("invitation_code") {
		extra.Set("is_invitation", "true")
	}
	return extra, nil
}
