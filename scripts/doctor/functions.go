package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"kinde-functions/shared/route"
)

// abreast is how many functions are asked at a time.
const abreast = 4

var placeholder = regexp.MustCompile(`\{\w+\}`)

// examineFunctions asks each function for each of its rows, at both addresses, with a
// method that no row has: which it refuses before it counts or does anything. Rows
// that want a caller are asked without one as well, unless they are limited.
func (d *doctor) examineFunctions(ctx context.Context, at *deployment) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	room := make(chan struct{}, abreast)
	for _, name := range functionNames() {
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			answers, trouble := d.askFunction(ctx, name)
			mu.Lock()
			defer mu.Unlock()
			maps.Copy(at.answers, answers)
			d.reportFunction(name, trouble, at)
		})
	}
	wg.Wait()
}

// trouble is the first answer that is not as it should be.
type trouble struct {
	asked, found string
	code         string
	absent       bool // no function of ours answered
}

func (d *doctor) askFunction(ctx context.Context, name string) (map[string]*answer, *trouble) {
	answers := map[string]*answer{}
	for _, row := range route.Of(name) {
		for _, path := range []string{row.Pattern, row.Address()} {
			path = placeholder.ReplaceAllString(path, "doctor")
			asked := "PUT " + path
			got, wrong := d.ask(ctx, visit{method: http.MethodPut, url: d.url + path}, asked, http.StatusMethodNotAllowed, "method-not-allowed")
			if wrong != nil {
				return answers, wrong
			}
			answers[asked] = got
		}
		if want, ok := uncalled[row.Access]; ok && !row.Limited {
			path := placeholder.ReplaceAllString(row.Pattern, "doctor")
			got, wrong := d.ask(ctx, visit{method: row.Methods()[0], url: d.url + path, header: []string{"Accept", "application/json"}}, row.Method+" "+path, want.status, want.code)
			if wrong != nil {
				return answers, wrong
			}
			answers[row.Method+" "+path] = got
		}
	}
	return answers, nil
}

// uncalled is what a row answers to whoever has no credential.
var uncalled = map[route.Access]struct {
	status int
	code   string
}{
	route.User:     {http.StatusUnauthorized, "no-token"},
	route.Optional: {http.StatusOK, ""},
	route.SignOut:  {http.StatusForbidden, "csrf-header-missing"},
	route.SignIn:   {http.StatusBadRequest, "login-expired"},
}

func (d *doctor) ask(ctx context.Context, v visit, asked string, status int, code string) (*answer, *trouble) {
	got, err := d.look(ctx, v)
	if err != nil {
		return nil, &trouble{asked: asked, found: quoted(err.Error())}
	}
	if got.status == status && got.code() == code {
		return got, nil
	}
	said := fmt.Sprintf("%d %s", got.status, got.code())
	want := strings.TrimSpace(fmt.Sprintf("%d %s", status, code))
	return nil, &trouble{asked: asked, found: strings.TrimSpace(said) + " in place of " + want, code: got.code(), absent: got.code() == ""}
}

func (d *doctor) reportFunction(name string, wrong *trouble, at *deployment) {
	id := "deployment.function." + name
	if wrong == nil {
		d.report.ok(id, "answers at each of its addresses")
		return
	}
	found := wrong.asked + ": " + wrong.found
	switch needs := optional[name]; {
	case wrong.code == "misconfigured" && needs != nil && !d.anySet(needs...):
		d.report.note(id, "is not set up there, which is right where it is not used", append([]step{{Do: "To use it:"}}, howToSetAll(needs...)...)...)
	case wrong.code == "misconfigured" && needs != nil && len(at.lacks) == 0:
		d.report.mend(id, found+": set here and not there is one of "+strings.Join(needs, ", "), howToSetAll(needs...)...)
	case wrong.code == "misconfigured":
		d.report.mend(id, found, step{Do: "Set what deployment.health names. The function's log names all of its own:"}, step{Run: "netlify logs:function " + name})
	case wrong.absent:
		d.report.mend(id, found, step{Do: "The function does not answer there: deploy it, with its redirect in netlify.toml or its events in template.yaml."}, step{Run: "netlify deploy --build --prod"})
	default:
		d.report.mend(id, found, step{Do: "Deploy the version that this doctor belongs to; the function's log says more:"}, step{Run: "netlify logs:function " + name})
	}
}

// runs reports whether a function serves there.
func (d *doctor) runs(name string) bool {
	return d.report.found["deployment.function."+name].State == isOK
}
