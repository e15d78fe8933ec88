package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestLook(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{
		"go.mod", "go.sum", "README.md", "functions/a/main.go", "functions/a/main_test.go", "functions/a/page.html",
		"functions/a/.main.go.swp", "functions/a/main.go~", "functions/a/testdata/x.go", "shared/token/token.go",
		"shared/.hidden/x.go", "public/index.html", "scripts/dev/main.go",
	} {
		put(t, root, name, "x")
	}
	before := look(root)
	want := []string{"functions/a/main.go", "functions/a/page.html", "go.mod", "go.sum", "shared/token/token.go"}
	if got := before.changes(nil); !slices.Equal(got, want) {
		t.Fatalf("looks at %v, want %v", got, want)
	}
	if got := look(root).changes(before); len(got) != 0 {
		t.Errorf("changes %v where there are none", got)
	}
	put(t, root, "functions/a/main.go", "longer")
	put(t, root, "functions/b/main.go", "new")
	put(t, root, "functions/a/main_test.go", "longer")
	os.Remove(filepath.Join(root, "go.sum"))
	if err := os.Chtimes(filepath.Join(root, "go.mod"), time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	want = []string{"functions/a/main.go", "functions/b/main.go", "go.mod", "go.sum"}
	if got := look(root).changes(before); !slices.Equal(got, want) {
		t.Errorf("changes %v, want %v", got, want)
	}
	if got := look(filepath.Join(root, "none")); len(got) != 0 {
		t.Errorf("sees %v in a folder that does not exist", got)
	}
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		began := time.Now()
		states := []struct { // the sources, from when on
			after time.Duration
			state snapshot
		}{
			{0, snapshot{"a": {size: 1}}},
			{1100 * time.Millisecond, snapshot{"a": {size: 2}, "b": {size: 1}}},
			{3 * time.Second, snapshot{"a": {size: 3}, "b": {size: 1}}}, // while that is being built
			{9 * time.Second, snapshot{}},                               // after the end
		}
		now := func() snapshot {
			var state snapshot
			for _, s := range states {
				if time.Since(began) >= s.after {
					state = s.state
				}
			}
			return state
		}
		seen := make(chan []string, 10)
		go func() {
			defer close(seen)
			watch(ctx, 500*time.Millisecond, states[0].state, now, func(paths []string) {
				seen <- paths
				time.Sleep(4 * time.Second) // a build
			})
		}()
		time.Sleep(8 * time.Second)
		stop()
		var reported [][]string
		for paths := range seen {
			reported = append(reported, paths)
		}
		if want := [][]string{{"a", "b"}, {"a"}}; !slices.EqualFunc(reported, want, slices.Equal) {
			t.Errorf("reported of %v, want %v", reported, want)
		}
	})
}
