package main

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// stamp distinguishes two states of a file.
type stamp struct {
	modified time.Time
	size     int64
}

// snapshot is the state of the sources, by slash path below the project's
// folder.
type snapshot map[string]stamp

// look takes a snapshot of everything that a function may be built from: without tests,
// testdata, hidden files and editors' backups.
func look(root string) snapshot {
	s := snapshot{}
	for _, top := range []string{"functions", "shared", "go.mod", "go.sum"} {
		// A file that cannot be read, or was just removed, is left out.
		_ = filepath.WalkDir(filepath.Join(root, top), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return nil
			}
			if ignored(entry) {
				if entry.IsDir() {
					return fs.SkipDir
				}
				return nil
			}
			if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
				s[slashBelow(root, path)] = stamp{info.ModTime(), info.Size()}
			}
			return nil
		})
	}
	return s
}

func ignored(entry fs.DirEntry) bool {
	name := entry.Name()
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") || strings.HasSuffix(name, "_test.go") ||
		entry.IsDir() && name == "testdata"
}

func slashBelow(root, path string) string {
	return filepath.ToSlash(strings.TrimPrefix(path, root+string(os.PathSeparator)))
}

// changes lists the files that are new, removed or different, in order.
func (s snapshot) changes(before snapshot) []string {
	var paths []string
	for path, now := range s {
		if then, there := before[path]; !there || !then.modified.Equal(now.modified) || then.size != now.size {
			paths = append(paths, path)
		}
	}
	for path := range maps.Keys(before) {
		if _, there := s[path]; !there {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// watch looks every interval until ctx ends, and calls changed with what has changed. It
// looks before the call, so that a file saved during a rebuild is found at the next look.
func watch(ctx context.Context, every time.Duration, before snapshot,
	look func() snapshot, changed func(paths []string)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if ctx.Err() != nil { // both were ready, after a long rebuild
				return
			}
		}
		now := look()
		if paths := now.changes(before); len(paths) > 0 {
			changed(paths)
		}
		before = now
	}
}
