package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestRebuild(t *testing.T) {
	root, temp, screen := project(t, "greet"), t.TempDir(), &screenshot{}
	functions := newFleet(root, temp, []string{"SETTING=set", "REFUSE=refused"}, &terminal{out: screen})
	defer functions.close()
	send := func(want int, body string) {
		t.Helper()
		w := httptest.NewRecorder()
		functions.find("greet").ServeHTTP(w, httptest.NewRequest("GET", "http://site.test/hi", nil))
		if w.Code != want || !strings.Contains(w.Body.String(), body) {
			t.Errorf("got %d %q, want %d and %q\n%s", w.Code, w.Body, want, body, screen)
		}
	}
	source := "functions/greet/main.go"
	steps := []struct {
		name, text, screen string // text "" leaves the source as it is
		status             int
		body               string
		keeps              bool // the old build serves
	}{
		{"broken from the start", "package main\n\nfunc main() { never() }\n", "greet: DOES NOT BUILD\n",
			503, "functions/greet has not been built", false},
		{"fixed", fmt.Sprintf(tinyFunction, "one"), "greet: running", 200, "one /hi greet set", false},
		{"saved again", "", "greet: unchanged", 200, "one /hi greet set", false},
		{"broken", "package main\n\nfunc main() { undefinedName() }\n", "undefined: undefinedName", 200, "one", true},
		{"will not start", fmt.Sprintf(tinyFunction, "refused"), "exit status 4", 200, "one", true},
		{"changed", fmt.Sprintf(tinyFunction, "two"), "greet: running", 200, "two /hi greet set", false},
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			if step.text != "" {
				put(t, root, source, step.text)
			}
			screen.clear()
			functions.changed(t.Context(), []string{source})
			if !strings.Contains(screen.String(), step.screen) {
				t.Errorf("got output %q, want %q", screen, step.screen)
			}
			got, want := strings.Contains(screen.String(), "keeps serving"), step.keeps
			if got != want {
				t.Errorf("got output %q; says that the old build keeps serving: %v, want %v", screen, got, want)
			}
			send(step.status, step.body)
		})
	}
	if left, _ := filepath.Glob(filepath.Join(temp, "greet", "*", "greet")); len(left) != 1 {
		t.Errorf("got the binaries %v, want the one that runs", left)
	}
	os.RemoveAll(filepath.Join(root, "functions", "greet"))
	functions.changed(t.Context(), []string{source})
	if functions.find("greet") != nil {
		t.Error("a function without a folder still runs")
	}
}

func TestChangedRebuildsWhatItConcerns(t *testing.T) {
	root := t.TempDir()
	put(t, root, "go.mod", "module tiny\n\ngo 1.26\n")
	for _, name := range []string{"a", "b"} { // a failed build shows the attempt
		put(t, root, "functions/"+name+"/main.go", "not Go\n")
	}
	for _, test := range []struct {
		paths string
		tried string
		own   bool
	}{
		{"functions/b/b.go", "b", false},
		{"functions/b/b.go functions/b/main.go", "b", false},
		{"shared/token/token.go", "a b", false},
		{"go.mod functions/a/main.go", "a b", false},
		{"functions/gone/main.go", "", false},
		{"shared/route/route.go", "a b", true},
		{"shared/local/kindetest/kinde.go", "", true},
		{"shared/local/lambdarun/build.go functions/a/a.go", "a", true},
	} {
		screen := &screenshot{}
		newFleet(root, t.TempDir(), nil, &terminal{out: screen}).changed(t.Context(), strings.Fields(test.paths))
		var tried []string
		for _, name := range []string{"a", "b"} {
			if strings.Contains(screen.String(), name+": DOES NOT BUILD") {
				tried = append(tried, name)
			}
		}
		if got := strings.Join(tried, " "); got != test.tried {
			t.Errorf("%s: got builds of %q, want %q", test.paths, got, test.tried)
		}
		if own := strings.Contains(screen.String(), "restart it"); own != test.own {
			t.Errorf("%s: got %v for the advice to restart, want %v", test.paths, own, test.own)
		}
	}
}

func TestRequestsSurviveARestart(t *testing.T) {
	root, screen := project(t, "greet"), &screenshot{}
	functions := newFleet(root, t.TempDir(), nil, &terminal{out: screen})
	defer functions.close()
	functions.rebuild(t.Context(), functions.folders())
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				w := httptest.NewRecorder()
				functions.find("greet").ServeHTTP(w, httptest.NewRequest("GET", "http://site.test/", nil))
				if w.Code != http.StatusOK {
					t.Errorf("got %d %s during a restart, want 200", w.Code, w.Body)
					return
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	put(t, root, "functions/greet/main.go", fmt.Sprintf(tinyFunction, "two"))
	functions.changed(t.Context(), []string{"functions/greet/main.go"})
	stop()
	wg.Wait()
	if strings.Count(screen.String(), "greet: running") != 2 {
		t.Errorf("got output %q, want two starts", screen)
	}
}
