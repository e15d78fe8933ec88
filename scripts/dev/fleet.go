package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"kinde-functions/shared/local/lambdarun"
)

// fleet holds all functions, by name.
type fleet struct {
	root, temp string
	env        []string
	screen     *terminal
	only       []string // the functions to build; nil: all

	mu        sync.Mutex
	functions map[string]*function
}

func newFleet(root, temp string, env []string, screen *terminal) *fleet {
	return &fleet{root: root, temp: temp, env: env, screen: screen, functions: map[string]*function{}}
}

// folders returns the names of the functions whose source exists.
func (f *fleet) folders() []string {
	mains, _ := filepath.Glob(filepath.Join(f.root, "functions", "*", "main.go")) // the pattern is well formed
	names := make([]string, 0, len(mains))
	for _, main := range mains {
		name := filepath.Base(filepath.Dir(main))
		if f.only == nil || slices.Contains(f.only, name) {
			names = append(names, name)
		}
	}
	return names
}

// restrict limits the fleet to the functions of a comma-separated list; empty: all.
func (f *fleet) restrict(list string) error {
	if list == "" {
		return nil
	}
	only, all := strings.Split(list, ","), f.folders()
	for _, name := range only {
		if !slices.Contains(all, name) {
			return fmt.Errorf("-only: there is no function %q; there are: %s", name, strings.Join(all, " "))
		}
	}
	f.only = only
	return nil
}

// find returns the function of that name, or nil.
func (f *fleet) find(name string) *function {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.functions[name]
}

func (f *fleet) findOrAdd(name string) *function {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.functions[name] == nil {
		f.functions[name] = &function{name: name, root: f.root, temp: f.temp, env: f.env, log: f.screen.named(name)}
	}
	return f.functions[name]
}

// rebuild builds and restarts the functions, as many at a time as there are processors,
// and prints the result of each.
func (f *fleet) rebuild(ctx context.Context, names []string) {
	if len(names) == 0 {
		return
	}
	// The first build compiles what they share. The others, started beside it, would each
	// do that work again.
	f.rebuildFirst(ctx, names[0])
	var wg sync.WaitGroup
	room := make(chan struct{}, runtime.NumCPU())
	for _, name := range names[1:] {
		wg.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			f.rebuildOne(ctx, name)
		})
	}
	wg.Wait()
}

// stillEvery is how often a long build is reported.
const stillEvery = 10 * time.Second

// rebuildFirst rebuilds a function, and reports every stillEvery that it does so.
func (f *fleet) rebuildFirst(ctx context.Context, name string) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.rebuildOne(ctx, name)
	}()
	ticker := time.NewTicker(stillEvery)
	defer ticker.Stop()
	for began := time.Now(); ; {
		select {
		case <-done:
			return
		case <-ticker.C:
			f.screen.say("still compiling what the functions depend on, after %v", time.Since(began).Round(time.Second))
		}
	}
}

func (f *fleet) rebuildOne(ctx context.Context, name string) {
	function := f.findOrAdd(name)
	began := time.Now()
	fresh, err := function.rebuild(ctx)
	took := time.Since(began).Round(10 * time.Millisecond)
	broken, notBuilt := errors.AsType[*lambdarun.BuildError](err)
	switch {
	case ctx.Err() != nil: // ending
	case notBuilt:
		f.screen.say("%s: DOES NOT BUILD%s", name, function.meanwhile())
		f.screen.say("%s", indent(broken.Output+"\n"+broken.Err.Error()))
	case err != nil:
		f.screen.say("%s: DOES NOT START%s", name, function.meanwhile())
		f.screen.say("%s", indent(err.Error()))
	case fresh:
		f.screen.say("%s: running, after %v", name, took)
	default:
		f.screen.say("%s: unchanged, after %v", name, took)
	}
}

// meanwhile describes what serves while the new code does not build or start.
func (f *function) meanwhile() string {
	f.serving.RLock()
	defer f.serving.RUnlock()
	if f.running == nil {
		return ""
	}
	return "; the build before this one keeps serving"
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")
}

// changed rebuilds what the changed files belong to: one function for those in its
// folder, all of them for any other.
func (f *fleet) changed(ctx context.Context, paths []string) {
	var names []string
	shared, own := false, false
	for _, path := range paths {
		function, inside := strings.CutPrefix(path, "functions/")
		switch {
		case inside:
			function, _, _ = strings.Cut(function, "/")
			names = append(names, function)
		case strings.HasPrefix(path, "shared/local/kindetest/"), strings.HasPrefix(path, "shared/local/lambdarun/"):
			own = true
		case strings.HasPrefix(path, "shared/route/"):
			own, shared = true, true
		default:
			shared = true
		}
	}
	if own {
		f.screen.say("the change is to scripts/dev itself too: restart it to see all of it")
	}
	folders := f.folders()
	f.removeBut(folders)
	if shared {
		names = folders
	}
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), func(name string) bool { return !slices.Contains(folders, name) })
	f.rebuild(ctx, names)
}

// removeBut stops the functions whose folder no longer exists.
func (f *fleet) removeBut(folders []string) {
	f.mu.Lock()
	var gone []*function
	for name, function := range f.functions {
		if !slices.Contains(folders, name) {
			gone = append(gone, function)
			delete(f.functions, name)
		}
	}
	f.mu.Unlock()
	for _, function := range gone {
		function.close()
		f.screen.say("%s: removed", function.name)
	}
}

// close ends every process.
func (f *fleet) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, function := range f.functions {
		function.close()
	}
}
