package lambdarun

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// maxBuildOutput bounds the compiler's output, in bytes.
const maxBuildOutput = 64 << 10

// BuildError is a failed build with the compiler's output.
type BuildError struct {
	Package string
	Output  string // at most 64 KB
	Err     error  // what the go command ended with
}

func (e *BuildError) Error() string {
	if e.Output == "" {
		return fmt.Sprintf("build %s: %v", e.Package, e.Err)
	}
	return fmt.Sprintf("build %s: %v\n%s", e.Package, e.Err, e.Output)
}

func (e *BuildError) Unwrap() error { return e.Err }

// Target is where to build, and for which system.
type Target struct {
	Dir  string // where the go command runs; empty means here
	OS   string // GOOS; empty means this machine's
	Arch string // GOARCH; empty means this machine's
}

// Build compiles the package to the file output for this machine, with the
// settings that Netlify uses for Go functions: no cgo, stripped, without
// Lambda's old RPC mode. pkg is an import path or a folder that starts with
// "./". The error is a *BuildError; it wraps exec.ErrNotFound when there is no
// go command.
func Build(ctx context.Context, pkg, output string) error {
	return Target{}.Build(ctx, pkg, output)
}

// Build is the function Build for a target.
func (t Target) Build(ctx context.Context, pkg, output string) error {
	goos, goarch := t.OS, t.Arch
	if goos == "" {
		goos = runtime.GOOS
	}
	if goarch == "" {
		goarch = runtime.GOARCH
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath",
		"-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", output, pkg)
	cmd.Dir = t.Dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
	// An interrupt lets the go command stop its compilers; a kill would not.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if errors.Is(err, exec.ErrNotFound) {
		err = fmt.Errorf("the go command is needed to build functions: %w", err)
	}
	words := bytes.TrimSpace(said.Bytes())
	return &BuildError{Package: pkg, Output: string(words[:min(len(words), maxBuildOutput)]), Err: err}
}
