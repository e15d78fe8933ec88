package kindetest

import (
	"encoding/json"
	"net/http"
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
			slices.ContainsFunc(body.URLs, func(url string) bool { return !isWebURL(url) }) {
			writeError(w, badRequest("INVALID_URLS", "urls must be a list of absolute URLs"))
			return
		}
		err := k.changeApplication(r, func(c *Client) error {
			urls := slices.Clone(*of(c))
			for _, added := range body.URLs {
				if !slices.Contains(urls, added) {
					urls = append(urls, added)
				}
			}
			if len(urls) > maxURLs {
				return badRequest("TOO_MANY_URLS", "The application has too many URLs")
			}
			*of(c) = urls
			return nil
		})
		if err != nil {
			writeError(w, err)
			return
		}
		writeJSON(w, http.StatusOK, map[string]string{"code": "URLS_ADDED", "message": "URLs added"})
	}
}

// changeApplication changes the application that the path names.
func (k *Kinde) changeApplication(r *http.Request, change func(*Client) error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	clients := slices.Clone(*k.clients.Load())
	i := slices.IndexFunc(clients, func(c Client) bool { return c.ID == r.PathValue("app") })
	if i < 0 {
		return errNoApplication
	}
	if err := change(&clients[i]); err != nil {
		return err
	}
	k.clients.Store(&clients)
	return nil
}

var errNoApplication = apiFault(http.StatusNotFound, errorItem{"APPLICATION_NOT_FOUND", "Application not found"})

// application handles GET /api/v1/applications/{app}. As Kinde does, it returns the
// application's secret.
func (k *Kinde) application(w http.ResponseWriter, r *http.Request) {
	c, ok := k.client(r.PathValue("app"))
	if !ok {
		writeError(w, errNoApplication)
		return
	}
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
	if err := decoder.Decode(&body); err != nil || !isWebURL(body.LoginURI) {
		writeError(w, badRequest("INVALID_LOGIN_URI", "login_uri must be an absolute URL"))
		return
	}
	err := k.changeApplication(r, func(c *Client) error { c.LoginURI = body.LoginURI; return nil })
	if err != nil {
		writeError(w, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}
