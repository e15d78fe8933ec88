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
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body.URLs) == 0 || slices.ContainsFunc(body.URLs, notURL) {
			writeError(w, apiFault(http.StatusBadRequest, errorItem{"INVALID_URLS", "urls must be a list of absolute URLs"}))
			return
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		clients := slices.Clone(*k.clients.Load())
		i := slices.IndexFunc(clients, func(c Client) bool { return c.ID == r.PathValue("app") })
		if i < 0 {
			writeError(w, apiFault(http.StatusNotFound, errorItem{"APPLICATION_NOT_FOUND", "Application not found"}))
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

func notURL(raw string) bool {
	u, err := url.Parse(raw)
	return err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(raw) > 2048
}
