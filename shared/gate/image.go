package gate

import (
	"errors"
	"net/url"
	"strings"
)

var errImage = errors.New("gate: the image's url is missing, ambiguous or another site's")

// ImagePath returns the path of the site's file that an address of Netlify's Image CDN
// shows, by its query. An image of another site is an error: it needs no pass. edge/image.js
// is the same in JavaScript.
func ImagePath(query, site string) (string, error) {
	values, err := url.ParseQuery(query)
	if err != nil || len(values["url"]) != 1 {
		return "", errImage
	}
	image := strings.TrimPrefix(values.Get("url"), site)
	if image == "" || image != strings.TrimSpace(image) || strings.HasPrefix(image, "//") || hasScheme(image) {
		return "", errImage
	}
	image, _, _ = strings.Cut(image, "?")
	image, _, _ = strings.Cut(image, "#")
	path := "/" + strings.TrimPrefix(image, "/")
	normal, err := Normal(path, Netlify)
	if err != nil || under(normal, "/.netlify") { // an image of an image
		return "", errImage
	}
	return path, nil
}

func hasScheme(image string) bool {
	scheme, _, found := strings.Cut(image, ":")
	return found && !strings.ContainsAny(scheme, "/?#")
}
