package lambdarun

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// ErrMalformed means that the platform would refuse the function's response.
var ErrMalformed = errors.New("lambdarun: the platform would refuse the function's response")

// response holds every field of the platforms' response formats.
type response struct {
	StatusCode        int                 `json:"statusCode"`
	Headers           map[string]string   `json:"headers"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	Cookies           []string            `json:"cookies"`
	Body              string              `json:"body"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`
}

// WriteResponse converts the function's response to HTTP as the platform does.
// When the error wraps ErrMalformed, nothing has been written: the response does
// not have the format's shape, its base64 or its status is invalid, or a header
// is not valid in HTTP. Content types are not detected.
func WriteResponse(w http.ResponseWriter, payload []byte, f Format) error {
	resp, err := parseResponse(payload, f)
	if err != nil {
		return err
	}
	body := []byte(resp.Body)
	if resp.IsBase64Encoded && f != NetlifyDev { // which forgets the field for Go functions
		if body, err = base64.StdEncoding.DecodeString(resp.Body); err != nil {
			return fmt.Errorf("%w: isBase64Encoded, but the body is not base64", ErrMalformed)
		}
	}
	headers, err := resp.header(f)
	if err != nil {
		return err
	}
	h := w.Header()
	h["Content-Type"] = nil // keeps net/http from guessing
	maps.Copy(h, headers)
	w.WriteHeader(resp.StatusCode)
	if _, err := w.Write(body); err != nil && !errors.Is(err, http.ErrBodyNotAllowed) {
		return fmt.Errorf("lambdarun: %w", err)
	}
	return nil
}

func parseResponse(payload []byte, f Format) (response, error) {
	var resp response
	if f == HTTPAPI2 || f == FunctionURL {
		// Payload 2.0 takes anything without a status code for the body.
		var probe struct {
			StatusCode json.RawMessage `json:"statusCode"`
		}
		if json.Unmarshal(payload, &probe) != nil || probe.StatusCode == nil {
			if !json.Valid(payload) {
				return resp, fmt.Errorf("%w: not JSON", ErrMalformed)
			}
			return response{
				StatusCode: http.StatusOK,
				Headers:    map[string]string{"Content-Type": "application/json"},
				Body:       string(bytes.TrimSpace(payload)),
			}, nil
		}
	}
	if err := json.Unmarshal(payload, &resp); err != nil {
		// The error itself may quote the response.
		return resp, fmt.Errorf("%w: not of the expected shape", ErrMalformed)
	}
	// An informational status would not end the exchange.
	if resp.StatusCode < 200 || resp.StatusCode > 599 {
		return resp, fmt.Errorf("%w: status code %d", ErrMalformed, resp.StatusCode)
	}
	return resp, nil
}

// header merges the fields that the format knows. A name in both maps takes
// its values from multiValueHeaders.
func (resp response) header(f Format) (http.Header, error) {
	h := http.Header{}
	for _, name := range slices.Sorted(maps.Keys(resp.Headers)) {
		h.Add(name, resp.Headers[name])
	}
	if f == HTTPAPI2 || f == FunctionURL {
		for _, cookie := range resp.Cookies {
			h.Add("Set-Cookie", cookie)
		}
	} else {
		for name := range resp.MultiValueHeaders {
			h.Del(name)
		}
		for _, name := range slices.Sorted(maps.Keys(resp.MultiValueHeaders)) {
			for _, value := range resp.MultiValueHeaders[name] {
				h.Add(name, value)
			}
		}
	}
	for name, values := range h {
		if !isToken(name) || slices.ContainsFunc(values, notFieldValue) {
			return nil, fmt.Errorf("%w: header %q", ErrMalformed, name)
		}
	}
	h.Del("Content-Length") // set by the platform, as are the connection's
	for _, name := range hopByHop {
		h.Del(name)
	}
	return h, nil
}

// isToken reports whether name is a token (RFC 9110, section 5.6.2).
func isToken(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' ||
			strings.ContainsRune("!#$%&'*+-.^_`|~", r))
	})
}

// notFieldValue reports whether value would end the header (RFC 9110, section 5.5).
func notFieldValue(value string) bool { return strings.ContainsAny(value, "\r\n\x00") }
