package endpoint

import (
	"encoding/json"
	"mime"
	"net/url"
	"slices"

	"kinde-functions/shared/problem"
)

// Fields reads the known fields of a body that is a form or a JSON object of
// strings. An empty body has none. A known field given twice is refused, as is
// another content type; unknown fields are refused in rows of the API alone.
func (r *Request) Fields(known ...string) (map[string]string, error) {
	if len(r.Body) == 0 {
		return map[string]string{}, nil
	}
	media, _, err := mime.ParseMediaType(r.HTTP.Header.Get("Content-Type"))
	switch {
	case err == nil && media == "application/x-www-form-urlencoded":
		return readQuery(string(r.Body), known, r.strict)
	case err == nil && media == "application/json":
		return jsonFields(r.Body, known, r.strict)
	}
	return nil, problem.New(problem.UnsupportedMediaType, nil)
}

func jsonFields(body []byte, known []string, strict bool) (map[string]string, error) {
	var object map[string]any
	if err := json.Unmarshal(body, &object); err != nil || object == nil {
		return nil, problem.New(problem.InvalidRequest, nil).WithDetail("The body is not a JSON object.")
	}
	values := url.Values{}
	for name, value := range object {
		text, ok := value.(string)
		if !ok && slices.Contains(known, name) {
			return nil, problem.BadParameter(name, "must be a string")
		}
		values.Set(name, text)
	}
	return readQuery(values.Encode(), known, strict)
}
