package gate

import (
	"errors"
	"net/url"
	"strings"
)

// ImagePath returns the path of the site's file that an address of Netlify's Image CDN
// shows, by its query. An image of another site is an error: it needs no pass.
func ImagePath(query string) (string, error) {
	values, err := url.ParseQuery(query)
	if err != nil || len(values["url"]) != 1 || values.Get("url") == "" {
		return "", errors.New("gate: the image's url is missing, repeated or malformed")
	}
	image := values.Get("url")
	if scheme, _, found := strings.Cut(image, ":"); found && !strings.ContainsAny(scheme, "/?#") {
		return "", errors.New("gate: the image has an absolute URL")
	}
	path, _, _ := strings.Cut(image, "?")
	path, _, _ = strings.Cut(path, "#")
	return "/" + strings.TrimLeft(path, `/\`), nil
}
