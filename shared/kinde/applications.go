package kinde

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"kinde-functions/shared/outbound"
)

// Scopes of the Management API for an application's own settings.
const (
	ReadApplications   = "read:applications"
	UpdateApplications = "update:applications"
	AddCallbackURLs    = "create:applications_redirect_uris"
	AddLogoutURLs      = "create:applications_logout_uris"
)

// AddCallbackURL allows an application a further callback URL
// (POST /api/v1/applications/{app}/auth_redirect_urls). Its others stay.
func (c *Client) AddCallbackURL(ctx context.Context, m *Machine, app, callback string) error {
	body := map[string][]string{"urls": {callback}}
	return c.changeApplication(ctx, m, AddCallbackURLs, http.MethodPost, app, "/auth_redirect_urls", body)
}

// AddLogoutURL allows an application a further logout redirect URL
// (POST /api/v1/applications/{app}/auth_logout_urls). Its others stay.
func (c *Client) AddLogoutURL(ctx context.Context, m *Machine, app, logout string) error {
	body := map[string][]string{"urls": {logout}}
	return c.changeApplication(ctx, m, AddLogoutURLs, http.MethodPost, app, "/auth_logout_urls", body)
}

// LoginURI returns the application login URI (GET /api/v1/applications/{app}), "" where
// none is set. The response holds the application's secret, of which nothing is kept.
func (c *Client) LoginURI(ctx context.Context, m *Machine, app string) (string, error) {
	resp, err := m.do(ctx, outbound.Request{Method: http.MethodGet, URL: c.applicationURL(app)})
	if err != nil {
		return "", err
	}
	if !succeeded(resp) {
		return "", refusalOfMachine(resp, ReadApplications)
	}
	var body struct {
		Application *struct {
			LoginURI string `json:"login_uri"`
		} `json:"application"`
	}
	if json.Unmarshal(resp.Body, &body) != nil || body.Application == nil {
		return "", unusable("the response has no application")
	}
	return body.Application.LoginURI, nil
}

// SetLoginURI sets the application login URI (PATCH /api/v1/applications/{app}) and
// nothing else of the application.
func (c *Client) SetLoginURI(ctx context.Context, m *Machine, app, uri string) error {
	body := map[string]string{"login_uri": uri}
	return c.changeApplication(ctx, m, UpdateApplications, http.MethodPatch, app, "", body)
}

func (c *Client) applicationURL(app string) string {
	return c.management + "/api/v1/applications/" + url.PathEscape(app)
}

// changeApplication sends body as JSON.
func (c *Client) changeApplication(ctx context.Context, m *Machine, scope, method, app, path string, body any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return err
	}
	resp, err := m.do(ctx, outbound.Request{Method: method, URL: c.applicationURL(app) + path, JSON: content})
	if err != nil {
		return err
	}
	if !succeeded(resp) {
		return refusalOfMachine(resp, scope)
	}
	return nil
}
