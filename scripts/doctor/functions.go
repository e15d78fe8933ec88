package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"kinde-functions/shared/config"
	"kinde-functions/shared/route"
)

// concurrent is how many requests are in flight at a time.
const concurrent = 4

var placeholder = regexp.MustCompile(`\{\w+\+?\}`)

// functionProbe is what the requests to one function led to.
type functionProbe struct {
	responses map[string]*response // by method and path
	wrong     *mismatch            // the first one; nil: none
}

// probeFunctions sends each function requests for each of its rows, at both addresses, with
// a method that no row has, which is refused before it counts or does anything. Rows that
// require a caller also get a request without one, unless they are limited.
func (d *doctor) probeFunctions(ctx context.Context) {
	d.at.probes = map[string]functionProbe{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	room := make(chan struct{}, concurrent)
	for _, name := range d.functions {
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			p := d.probeFunction(ctx, name)
			mu.Lock()
			defer mu.Unlock()
			d.at.probes[name] = p
			maps.Copy(d.at.responses, p.responses)
		})
	}
	wg.Wait()
}

// mismatch is an unexpected response.
type mismatch struct {
	sent, found string
	code        string
	absent      bool // no function of this project responded
}

// probeFunction returns the responses of one function, up to the first mismatch.
func (d *doctor) probeFunction(ctx context.Context, name string) functionProbe {
	done := functionProbe{responses: map[string]*response{}}
	send := func(v request, pattern string, want outcome) {
		if done.wrong != nil {
			return
		}
		sent, got, wrong := d.compare(ctx, v, pattern, want)
		if done.wrong = wrong; wrong == nil {
			done.responses[sent] = got
		}
	}
	for _, row := range route.Of(name) {
		for _, pattern := range []string{row.Pattern, row.Address()} {
			v := request{method: http.MethodPut, header: []string{"Accept", "application/json"}}
			want := outcome{http.StatusMethodNotAllowed, "method-not-allowed"}
			if takesPUT(row) {
				v.method, want = http.MethodGet, withoutCredential[row.Access]
			}
			send(v, pattern, want)
		}
		if want, ok := withoutCredential[row.Access]; ok && !row.Limited && !takesPUT(row) {
			send(request{method: row.Method, header: []string{"Accept", "application/json"}}, row.Pattern, want)
		}
	}
	return done
}

// takesPUT reports whether a row serves the method that others refuse.
func takesPUT(row route.Route) bool { return slices.Contains(row.Methods(), http.MethodPut) }

// outcome is the status of a response and the code of its problem.
type outcome struct {
	status int
	code   string
}

func (o outcome) String() string { return strings.TrimSpace(fmt.Sprintf("%d %s", o.status, o.code)) }

// withoutCredential is the response of a row to a request without a credential.
var withoutCredential = map[route.Access]outcome{
	route.User:     {http.StatusUnauthorized, "no-token"},
	route.Optional: {http.StatusOK, ""},
	route.SignOut:  {http.StatusForbidden, "csrf-header-missing"},
	route.SignIn:   {http.StatusBadRequest, "login-expired"},
}

// compare sends a request for a pattern and compares the response.
func (d *doctor) compare(ctx context.Context, v request, pattern string, want outcome) (string, *response, *mismatch) {
	path := placeholder.ReplaceAllString(pattern, "doctor")
	v.url = d.url + path
	sent := v.method + " " + path
	got, err := d.fetch(ctx, v)
	if err != nil {
		return sent, nil, &mismatch{sent: sent, found: quoted(err.Error())}
	}
	if found := (outcome{got.status, got.code()}); found != want {
		return sent, nil, &mismatch{sent, fmt.Sprintf("%v, want %v", found, want), found.code, found.code == ""}
	}
	return sent, got, nil
}

func (d *doctor) checkFunction(ctx context.Context, name string) result {
	if d.at.probes == nil {
		d.probeFunctions(ctx)
	}
	wrong := d.at.probes[name].wrong
	if wrong == nil {
		return passed("responds at each of its addresses")
	}
	found := wrong.sent + ": " + wrong.found
	log := step{Run: "netlify logs:function " + name}
	unset := d.at.unset(needsOf(name))
	forSignIn := slices.Contains(unset, config.SessionKeys.Name()) || slices.Contains(unset, config.ClientSecret.Name())
	switch misconfigured := wrong.code == "misconfigured" && len(unset) > 0; {
	case misconfigured && forSignIn && !d.tokensOnly:
		return failed(found+": no user can sign in there without "+strings.Join(unset, " and "), howToDeploy(unset...)...)
	case misconfigured && (forSignIn || !d.anySet(unset...)):
		return noted("is not set up there, which is right where it is not used",
			append([]step{{Do: "To use it:"}}, howToDeploy(unset...)...)...)
	case misconfigured && len(d.at.lacks) == 0:
		return failed(found+": set here and not there is one of "+strings.Join(unset, ", "), howToDeploy(unset...)...)
	case wrong.code == "misconfigured":
		return failed(found, step{Do: "Set what deployment.health names. The function's log names all of its own:"}, log)
	case wrong.absent:
		return failed(found, step{Do: "The function is not served there: deploy it, with its redirect in netlify.toml " +
			"or its events in template.yaml."}, deployStep)
	default:
		return failed(found, step{Do: "Deploy the version that this doctor belongs to; the function's log has more:"},
			log)
	}
}

// needsOf returns the settings that a function needs and not every function for users does.
func needsOf(name string) (needs []string) {
	common := config.All()
	for _, setting := range config.Of(name) {
		required := func(s config.Setting) bool { return s.Name() == setting.Name() && s.Required() }
		if setting.Required() && !slices.ContainsFunc(common, required) && !slices.Contains(needs, setting.Name()) {
			needs = append(needs, setting.Name())
		}
	}
	return needs
}

// unset returns those of names that health lists as not set there, or all if it lists
// none.
func (at *deployment) unset(names []string) []string {
	off := slices.Concat(slices.Collect(maps.Values(at.off))...)
	found := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !slices.Contains(off, name) })
	if len(found) == 0 {
		return names
	}
	return found
}

// runs reports whether a function serves there.
func (d *doctor) runs(name string) bool {
	return d.results["deployment.function."+name].State == isOK
}
