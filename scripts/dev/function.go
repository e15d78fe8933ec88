package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"

	"kinde-functions/shared/local/lambdarun"
)

// function is one folder in functions/: the binary of its last build, and the process
// that runs it.
type function struct {
	name string
	root string // the project's folder
	temp string // where its binaries go
	env  []string
	log  *lines

	building sync.Mutex // one build at a time
	builds   int

	// serving is held for reading by every request, and for writing to replace the
	// process, so that no request loses its process on the way.
	serving sync.RWMutex
	running *lambdarun.Function // nil until a build has started
	handler http.Handler
	binary  string
	sum     []byte // the binary's SHA-256
}

// rebuild builds the function and replaces the process that runs. It reports false when
// the binary is the same as before, which keeps the process. When it fails the old process
// keeps serving.
func (f *function) rebuild(ctx context.Context) (fresh bool, err error) {
	f.building.Lock()
	defer f.building.Unlock()
	f.builds++
	// Each build has a folder: a running binary cannot be overwritten, and its file name
	// becomes the function's name.
	binary := filepath.Join(f.temp, f.name, strconv.Itoa(f.builds), f.name)
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	if err := f.build(ctx, binary); err != nil {
		os.RemoveAll(filepath.Dir(binary))
		return false, err
	}
	sum, err := sumOf(binary)
	if err != nil {
		return false, err
	}
	if f.running != nil && bytes.Equal(sum, f.sum) {
		return false, os.RemoveAll(filepath.Dir(binary))
	}
	running, err := lambdarun.Start(ctx, lambdarun.Options{Binary: binary, Env: f.env, Output: f.log})
	if err != nil {
		os.RemoveAll(filepath.Dir(binary))
		return false, err
	}
	f.serving.Lock()
	old, oldBinary := f.running, f.binary
	f.running, f.handler = running, lambdarun.Handler(running, lambdarun.Netlify)
	f.binary, f.sum = binary, sum
	f.serving.Unlock()
	if old != nil {
		old.Close()
		f.log.flush()
		return true, os.RemoveAll(filepath.Dir(oldBinary))
	}
	return true, nil
}

func (f *function) build(ctx context.Context, binary string) error {
	if err := os.MkdirAll(filepath.Dir(binary), 0o700); err != nil {
		return err
	}
	return lambdarun.Target{Dir: f.root}.Build(ctx, "./functions/"+f.name, binary)
}

// ServeHTTP invokes the function as Netlify would.
func (f *function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.serving.RLock()
	defer f.serving.RUnlock()
	if f.running == nil {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, fmt.Sprintf("functions/%s has not been built yet; the terminal of scripts/dev says why.", f.name),
			http.StatusServiceUnavailable)
		return
	}
	f.handler.ServeHTTP(w, r)
}

// close ends the process, also in the middle of a request.
func (f *function) close() {
	f.building.Lock()
	defer f.building.Unlock()
	if f.running != nil {
		f.running.Close()
		f.log.flush()
	}
}

func sumOf(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return nil, err
	}
	return hash.Sum(nil), nil
}
