package functiontest

import (
	"encoding/json"
	"net/url"
	"testing"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/local/kindetest"
)

// page is a page of a list.
type page struct {
	Data     map[string]json.RawMessage
	Metadata *struct {
		HasMore bool   `json:"has_more"`
		Next    string `json:"next_page_starting_after"`
	}
}

// List tests a function that serves one of the Account API's lists at path,
// with its entries under data.<member>: every user gets their own entries, pages of one
// entry lead to the same list as all=true, and upstream faults become problems.
func List(t *testing.T, f endpoint.Function, path, member string) {
	fixture := Start(t, f, kindetest.Options{Quirks: kindetest.Quirks{FlagsMetadata: true}})
	for _, user := range kindetest.DemoUsers() {
		whole := entries(t, fixture, path+"?all=true", member, user.ID)
		var walked []json.RawMessage
		after := ""
		for range 100 {
			p := get(t, fixture, path+"?page_size=1"+after, user.ID)
			walked = append(walked, decode(t, p.Data[member])...)
			if p.Metadata == nil || !p.Metadata.HasMore {
				break
			}
			after = "&starting_after=" + url.QueryEscape(p.Metadata.Next)
		}
		if user.ID == kindetest.DemoUser && len(whole) < 2 {
			t.Errorf("got %d entries, want at least 2 for paging", len(whole))
		}
		if user.ID == kindetest.EmptyUser && len(whole) != 0 {
			t.Errorf("empty account: got %d entries, want none", len(whole))
		}
		if len(walked) != len(whole) {
			t.Errorf("%s: got %d entries in pages, want %d", user.ID, len(walked), len(whole))
			continue
		}
		for i := range whole {
			if id(t, whole[i]) != id(t, walked[i]) {
				t.Errorf("%s: entry %d: got %s in pages, want %s", user.ID, i, walked[i], whole[i])
			}
		}
	}
	testFaults(t, fixture, path)
}

func testFaults(t *testing.T, f *Fixture, path string) {
	t.Helper()
	for code, fail := range map[string]func(){
		"invalid-token":   func() { f.Fault("/account_api/", kindetest.Fault{Status: 403}) },
		"upstream-failed": func() { f.Fault("/account_api/", kindetest.Fault{Huge: 5 << 20}) },
		"upstream-misconfigured": func() {
			f.Fault("/account_api/",
				kindetest.Fault{Status: 404, Body: kindetest.ErrorBody(kindetest.ShapeB, "ROUTE_NOT_FOUND", "m")})
		},
	} {
		f.ClearFaults()
		fail()
		var problem struct{ Code string }
		w := f.SignedIn(path)
		if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || problem.Code != code {
			t.Errorf("got %d %s, want %s", w.Code, w.Body, code)
		}
	}
	f.ClearFaults()
	f.SetQuirks(kindetest.Quirks{Cursors: kindetest.CursorsRepeat, FlagsMetadata: true})
	if w := f.SignedIn(path + "?all=true"); w.Code != 502 {
		t.Errorf("repeated cursor: got %d %.200s, want 502", w.Code, w.Body)
	}
}

func entries(t *testing.T, f *Fixture, target, member, user string) []json.RawMessage {
	t.Helper()
	return decode(t, get(t, f, target, user).Data[member])
}

func get(t *testing.T, f *Fixture, target, user string) page {
	t.Helper()
	w := f.SignedIn(target, kindetest.For(user))
	var p page
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 200 {
		t.Fatalf("%s: got %d %s, want 200 with a page", target, w.Code, w.Body)
	}
	return p
}

func decode(t *testing.T, raw json.RawMessage) (list []json.RawMessage) {
	t.Helper()
	if err := json.Unmarshal(raw, &list); err != nil || list == nil {
		t.Fatalf("got %s, want a list", raw)
	}
	return list
}

func id(t *testing.T, entry json.RawMessage) string {
	t.Helper()
	var named struct{ ID string }
	if err := json.Unmarshal(entry, &named); err != nil || named.ID == "" {
		t.Fatalf("got entry %s, want one with an id", entry)
	}
	return named.ID
}
