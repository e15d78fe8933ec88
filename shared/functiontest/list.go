package functiontest

import (
	"encoding/json"
	"net/url"
	"testing"

	"kinde-functions/shared/endpoint"
	"kinde-functions/shared/kindetest"
)

// page is a list's answer.
type page struct {
	Data     map[string]json.RawMessage
	Metadata *struct {
		HasMore bool   `json:"has_more"`
		Next    string `json:"next_page_starting_after"`
	}
}

// List tests a function that serves one of the Account API's lists at path,
// with its entries under data.<member>: that every person gets their own
// entries, that pages of one lead to the same list as all=true, and that
// trouble upstream is answered as such.
func List(t *testing.T, f endpoint.Function, path, member string) {
	fixture := Start(t, f, kindetest.Options{Quirks: kindetest.Quirks{FlagsMetadata: true}})
	for _, person := range kindetest.DemoUsers() {
		whole := entries(t, fixture, path+"?all=true", member, person.ID)
		var walked []json.RawMessage
		after := ""
		for range 100 {
			p := get(t, fixture, path+"?page_size=1"+after, person.ID)
			walked = append(walked, decode(t, p.Data[member])...)
			if p.Metadata == nil || !p.Metadata.HasMore {
				break
			}
			after = "&starting_after=" + url.QueryEscape(p.Metadata.Next)
		}
		if person.ID == kindetest.DemoUser && len(whole) < 2 {
			t.Errorf("%d entries show no paging", len(whole))
		}
		if person.ID == kindetest.EmptyUser && len(whole) != 0 {
			t.Errorf("an empty account has %d entries", len(whole))
		}
		if len(walked) != len(whole) {
			t.Errorf("%s: %d entries in pages, %d in all", person.ID, len(walked), len(whole))
			continue
		}
		for i := range whole {
			if id(t, whole[i]) != id(t, walked[i]) {
				t.Errorf("%s: entry %d is %s and %s", person.ID, i, whole[i], walked[i])
			}
		}
	}
	troubles(t, fixture, path)
}

func troubles(t *testing.T, f *Fixture, path string) {
	t.Helper()
	for code, trouble := range map[string]func(){
		"invalid-token":   func() { f.Fault("/account_api/", kindetest.Fault{Status: 403}) },
		"upstream-failed": func() { f.Fault("/account_api/", kindetest.Fault{Huge: 5 << 20}) },
		"upstream-misconfigured": func() {
			f.Fault("/account_api/", kindetest.Fault{Status: 404, Body: kindetest.ErrorBody(kindetest.ShapeB, "ROUTE_NOT_FOUND", "m")})
		},
	} {
		f.ClearFaults()
		trouble()
		var problem struct{ Code string }
		w := f.SignedIn(path)
		if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || problem.Code != code {
			t.Errorf("%s: %d %s", code, w.Code, w.Body)
		}
	}
	f.ClearFaults()
	f.SetQuirks(kindetest.Quirks{Cursors: kindetest.CursorsRepeat, FlagsMetadata: true})
	if w := f.SignedIn(path + "?all=true"); w.Code != 502 {
		t.Errorf("a cursor that repeats: %d %.200s", w.Code, w.Body)
	}
}

func entries(t *testing.T, f *Fixture, target, member, person string) []json.RawMessage {
	t.Helper()
	return decode(t, get(t, f, target, person).Data[member])
}

func get(t *testing.T, f *Fixture, target, person string) page {
	t.Helper()
	w := f.SignedIn(target, kindetest.For(person))
	var p page
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 200 {
		t.Fatalf("%s: %d %s", target, w.Code, w.Body)
	}
	return p
}

func decode(t *testing.T, raw json.RawMessage) (list []json.RawMessage) {
	t.Helper()
	if err := json.Unmarshal(raw, &list); err != nil || list == nil {
		t.Fatalf("not a list: %s", raw)
	}
	return list
}

func id(t *testing.T, entry json.RawMessage) string {
	t.Helper()
	var named struct{ ID string }
	if err := json.Unmarshal(entry, &named); err != nil || named.ID == "" {
		t.Fatalf("entry without id: %s", entry)
	}
	return named.ID
}
