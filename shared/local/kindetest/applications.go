package kindetest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
)

func callbackURLs(c *Client) *[]string { return &c.Callbacks }
func logoutURLs(c *Client) *[]string   { return &c.Logouts }

// maxURLs bounds what one application may register.
const maxURLs = 100

// addURLs handles POST /api/v1/applications/{app}/auth_redirect_urls and
// auth_logout_urls: {"urls": [...]} are added to the application's.
func (k *Kinde) addURLs(of func(*Client) *[]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			URLs []string `json:"urls"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body.URLs) == 0 ||
			slices.ContainsFunc(body.URLs, notURL) {
			writeError(w, apiFault(http.StatusBadRequest, errorItem{"INVALID_URLS", "urls must be a list of absolute URLs"}))
			return
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		clients, i := k.findApplication(r)
		if i < 0 {
			writeError(w, unknownApplication())
			return
		}
		list := of(&clients[i])
		urls := slices.Clone(*list)
		for _, added := range body.URLs {
			if !slices.Contains(urls, added) {
				urls = append(urls, added)
			}
		}
		if len(urls) > maxURLs {
			writeError(w, apiFault(http.StatusBadRequest, errorItem{"TOO_MANY_URLS", "The application has too many URLs"}))
			return
		}
		*list = urls
		k.clients.Store(&clients)
		writeJSON(w, http.StatusOK, map[string]string{"code": "URLS_ADDED", "message": "URLs added"})
	}
}

// findApplication returns a copy of the applications, and the index in it of the one that
// the path names, or -1.
func (k *Kinde) findApplication(r *http.Request) ([]Client, int) {
	clients := slices.Clone(*k.clients.Load())
	return clients, slices.IndexFunc(clients, func(c Client) bool { return c.ID == r.PathValue("app") })
}

func unknownApplication() error {
	return apiFault(http.StatusNotFound, errorItem{"APPLICATION_NOT_FOUND", "Application not found"})
}

// application handles GET /api/v1/applications/{app}. As Kinde does, it returns the
// application's secret.
func (k *Kinde) application(w http.ResponseWriter, r *http.Request) {
	clients, i := k.findApplication(r)
	if i < 0 {
		writeError(w, unknownApplication())
		return
	}
	c := clients[i]
	writeJSON(w, http.StatusOK, map[string]any{"code": "OK", "message": "Success", "application": map[string]string{
		"id": c.ID, "name": c.ID, "type": string(c.Type), "client_id": c.ID, "client_secret": c.Secret,
		"login_uri": c.LoginURI,
	}})
}

// updateApplication handles PATCH /api/v1/applications/{app} for the field login_uri.
func (k *Kinde) updateApplication(w http.ResponseWriter, r *http.Request) {
	var body struct {
		LoginURI string `json:"login_uri"`
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil || notURL(body.LoginURI) {
		writeError(w, apiFault(http.StatusBadRequest, errorItem{"INVALID_LOGIN_URI", "login_uri must be an absolute URL"}))
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	clients, i := k.findApplication(r)
	if i < 0 {
		writeError(w, unknownApplication())
		return
	}
	clients[i].LoginURI = body.LoginURI
	k.clients.Store(&clients)
	w.WriteHeader(http.StatusOK)
}

func notURL(raw string) bool {
	u, err := url.Parse(raw)
	return err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(raw) > 2048
}
