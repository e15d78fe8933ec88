package main

import (
	"archive/zip"
	"compress/flate"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// zipTime is every zip's time of its binary. The real one would differ from
// one making to the next. It is the first that the format knows.
var zipTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// release is one that is being made.
type release struct {
	root, out, version string

	mu    sync.Mutex
	built []artifact
}

// artifact is one function's zip.
type artifact struct {
	function, arch string
	file           string // in out
	size           int64  // bytes
	sum            [sha256.Size]byte
	info           *buildinfo.BuildInfo
}

func (r *release) make(ctx context.Context, archs []string) error {
	names, err := functions(r.root)
	if err != nil {
		return err
	}
	if err := empty(r.out); err != nil {
		return err
	}
	for _, arch := range archs {
		// The first compiles what all share; the others, beside it, would do so again.
		if err := r.function(ctx, names[0], arch); err != nil {
			return err
		}
		if err := r.inParallel(ctx, names[1:], arch); err != nil {
			return err
		}
	}
	modules, err := r.modules(ctx)
	if err != nil {
		return err
	}
	if err := r.writeLicenses(modules); err != nil {
		return err
	}
	if err := r.writeBill(modules); err != nil {
		return err
	}
	return r.writeSums()
}

// empty makes out an empty folder. It removes the files of an earlier release and nothing
// else, so that a mistyped -out deletes no other files.
func empty(out string) error {
	entries, err := os.ReadDir(out)
	_, notARelease := os.Stat(filepath.Join(out, "SHA256SUMS"))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return os.MkdirAll(out, 0o755)
	case err != nil:
		return err
	case len(entries) > 0 && notARelease != nil:
		return fmt.Errorf("%s has files that are not a release; name another folder with -out", out)
	}
	for _, entry := range entries {
		if entry.IsDir() {
			return fmt.Errorf("%s has a folder, which no release has; name another folder with -out", out)
		}
		if err := os.Remove(filepath.Join(out, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

func (r *release) inParallel(ctx context.Context, names []string, arch string) error {
	room := make(chan struct{}, runtime.NumCPU())
	failed := make(chan error, len(names))
	for _, name := range names {
		go func() {
			room <- struct{}{}
			defer func() { <-room }()
			failed <- r.function(ctx, name, arch)
		}()
	}
	var first error
	for range names {
		if err := <-failed; first == nil {
			first = err
		}
	}
	return first
}

// function builds one as both hosts do, and zips it under the name that Lambda's
// runtimes on Amazon Linux start.
func (r *release) function(ctx context.Context, name, arch string) error {
	temp, err := os.MkdirTemp("", "kinde-functions-package-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	binary := filepath.Join(temp, "bootstrap")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc",
		"-ldflags", "-s -w -buildid= -X main.version="+r.version, "-o", binary, "./functions/"+name)
	cmd.Dir = r.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch, "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s for %s: %w\n%s", name, arch, err, out)
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	a := artifact{function: name, arch: arch, file: name + "_linux_" + arch + ".zip", info: info}
	if err := zipFile(binary, filepath.Join(r.out, a.file)); err != nil {
		return err
	}
	if a.size, a.sum, err = measure(filepath.Join(r.out, a.file)); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.built = append(r.built, a)
	return nil
}

// zipFile writes a zip that holds the one file, executable by anyone.
func zipFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := out.Close(); err == nil {
			err = closeErr
		}
	}()
	z := zip.NewWriter(out)
	z.RegisterCompressor(zip.Deflate,
		func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	head := &zip.FileHeader{Name: filepath.Base(from), Method: zip.Deflate, Modified: zipTime}
	head.SetMode(0o755)
	w, err := z.CreateHeader(head)
	if err == nil {
		_, err = io.Copy(w, in)
	}
	if err != nil {
		return err
	}
	return z.Close()
}

func measure(file string) (size int64, sum [sha256.Size]byte, err error) {
	content, err := os.ReadFile(file)
	return int64(len(content)), sha256.Sum256(content), err
}
