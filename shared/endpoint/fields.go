package endpoint

import (
	"net/url"
	"slices"

	"kinde-functions/shared/jsonscan"
	"kinde-functions/shared/problem"
)

// Fields reads the known fields of a body that is a form or a JSON object of strings. An
// empty body has none. A known field given twice is refused, as is another content type;
// unknown fields are refused under /api/ only.
func (r *Request) Fields(known ...string) (map[string]string, error) {
	if len(r.Body) == 0 {
		return map[string]string{}, nil
	}
	media, ok := mediaType(r.HTTP.Header.Get("Content-Type"))
	switch {
	case ok && media == "application/x-www-form-urlencoded":
		return readQuery(string(r.Body), known, r.strict)
	case ok && media == "application/json":
		return jsonFields(r.Body, known, r.strict)
	}
	return nil, problem.New(problem.UnsupportedMediaType, nil)
}

func jsonFields(body []byte, known []string, strict bool) (map[string]string, error) {
	values := url.Values{}
	notText := ""
	whole := jsonscan.Object(body, func(name, value []byte) bool {
		text, ok := jsonscan.Text(value)
		if !ok && slices.Contains(known, string(name)) {
			notText = string(name)
		}
		values.Add(string(name), string(text)) // one given twice shows as such
		return true
	})
	if !whole {
		return nil, problem.New(problem.InvalidRequest, nil).WithDetail("The body is not a JSON object.")
	}
	if notText != "" {
		return nil, problem.BadParameter(notText, "must be a string")
	}
	return readQuery(values.Encode(), known, strict)
}
