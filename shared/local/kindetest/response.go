package kindetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// Shape is one of the five forms of Kinde's error bodies.
type Shape byte

// The shapes: a list under errors, a bare list with capital keys, OAuth's
// object, an object under errors, and an empty body.
const (
	ShapeA Shape = 'A' // {"errors":[{"code","message"}]}
	ShapeB Shape = 'B' // [{"Code","Message"}]
	ShapeC Shape = 'C' // {"error","error_description"}
	ShapeD Shape = 'D' // {"errors":{code: message}}
	ShapeE Shape = 'E' // empty
)

// ErrorBody renders an error in a shape, for Fault.Body.
func ErrorBody(shape Shape, code, message string) string {
	var body any
	switch shape {
	case ShapeA:
		body = map[string]any{"errors": []errorItem{{code, message}}}
	case ShapeB:
		body = []map[string]string{{"Code": code, "Message": message}}
	case ShapeC:
		body = map[string]string{"error": code, "error_description": message}
	case ShapeD:
		body = map[string]any{"errors": map[string]string{code: message}}
	default:
		return ""
	}
	out, _ := json.Marshal(body) // strings always marshal
	return string(out)
}

type errorItem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// The two faults that the APIs report before they read the parameters.
var (
	invalidCredentials = errorItem{"INVALID_CREDENTIALS", "Invalid credentials used to access API"}
	missingAudience    = errorItem{"MISSING_AUDIENCE", "Missing or incorrect Management API audience"}
)

// apiError is an error of the Account or Management API (shape A).
type apiError struct {
	status int
	items  []errorItem
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %v", e.status, e.items) }

func apiFault(status int, items ...errorItem) error { return &apiError{status, items} }

func badRequest(code, message string) error {
	return apiFault(http.StatusBadRequest, errorItem{code, message})
}

// oauthError is an error of RFC 6749 section 5.2 (shape C).
type oauthError struct {
	status            int
	code, description string
}

func (e *oauthError) Error() string { return e.code + ": " + e.description }

func oauthFault(status int, code, description string) error {
	return &oauthError{status, code, description}
}

func invalidRequest(description string) error {
	return oauthFault(http.StatusBadRequest, "invalid_request", description)
}

func invalidGrant(description string) error {
	return oauthFault(http.StatusBadRequest, "invalid_grant", description)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	out, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "unrepresentable response", http.StatusInternalServerError)
		return
	}
	writeBytes(w, status, string(out))
}

func writeBytes(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

// writeError sends err in its own shape.
func writeError(w http.ResponseWriter, err error) {
	if e, ok := errors.AsType[*apiError](err); ok {
		writeJSON(w, e.status, map[string]any{"errors": e.items})
		return
	}
	if e, ok := errors.AsType[*oauthError](err); ok {
		writeBytes(w, e.status, ErrorBody(ShapeC, e.code, e.description))
		return
	}
	writeBytes(w, http.StatusInternalServerError, ErrorBody(ShapeC, "server_error", "The embedded Kinde failed."))
}

// routeNotFound is the APIs' response to a wrong path or method.
func routeNotFound(w http.ResponseWriter, _ *http.Request) {
	writeBytes(w, http.StatusNotFound, ErrorBody(ShapeB, "ROUTE_NOT_FOUND", "Incorrect API route or method"))
}
