package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"kinde-functions/shared/text"
	"kinde-functions/shared/token"
)

const (
	// maxUsers and maxDepth bound the search for users in an event.
	maxUsers = 20
	maxDepth = 8
)

// sessionChange is what an event does to the sessions of users that began before it.
type sessionChange struct {
	kind  changeKind
	users []string
}

type changeKind string

const (
	unchanged changeKind = "unchanged"
	ended     changeKind = "ended"
	refreshed changeKind = "refresh-due" // at their next request
)

// changeBy returns what an event does. The end of a user's account, or its suspension,
// ends the sessions of that user alone. Any other event refreshes those of each user that
// it names.
func changeBy(event token.Event) sessionChange {
	subject, suspended := subjectOf(event.Data)
	if event.Type == "user.deleted" || event.Type == "user.updated" && suspended {
		if subject == "" {
			return sessionChange{kind: unchanged}
		}
		return sessionChange{ended, []string{subject}}
	}
	var data any
	_ = json.Unmarshal(event.Data, &data) // token.Event has read it
	found := map[string]bool{}
	findUsers(data, maxDepth, found)
	if len(found) == 0 {
		return sessionChange{kind: unchanged}
	}
	users := slices.Sorted(maps.Keys(found))
	return sessionChange{refreshed, users[:min(len(users), maxUsers)]}
}

// subjectOf returns the user that the data of a user's event is about, "" if there is
// none, and whether it says that the user is suspended.
func subjectOf(data json.RawMessage) (id string, suspended bool) {
	type user struct {
		ID          string `json:"id"`
		UserID      string `json:"user_id"`
		IsSuspended bool   `json:"is_suspended"`
	}
	var about struct {
		User user `json:"user"`
		user
	}
	_ = json.Unmarshal(data, &about) // a member of another type stays zero
	for _, id := range []string{about.User.ID, about.UserID, about.ID} {
		if isUser(id) {
			return id, about.User.IsSuspended || about.IsSuspended
		}
	}
	return "", false
}

// findUsers adds the user ids in a member `id` or `…user_id` of data, at any level down to
// depth. Kinde's events name users at different places, and new events appear.
func findUsers(data any, depth int, found map[string]bool) {
	if depth == 0 {
		return
	}
	switch node := data.(type) {
	case []any:
		for _, element := range node {
			findUsers(element, depth-1, found)
		}
	case map[string]any:
		for name, value := range node {
			id, isText := value.(string)
			if isText && (name == "id" || strings.HasSuffix(name, "user_id")) && isUser(id) {
				found[id] = true
			}
			findUsers(value, depth-1, found)
		}
	}
}

// isUser reports whether an id is a user's: other things have other prefixes.
func isUser(id string) bool {
	return strings.HasPrefix(id, "kp_") && text.IsPlain(id, 128, "_-")
}
