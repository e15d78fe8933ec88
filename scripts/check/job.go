package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// job is one run of a step: where it runs and where its output goes.
type job struct {
	ctx  context.Context
	root string
	out  io.Writer
}

// tool is the path of something that the install steps put into .tools/.
func (j *job) tool(path ...string) string {
	return filepath.Join(append([]string{j.root, ".tools"}, path...)...)
}

// run runs a command in the project's folder; its output is the step's.
func (j *job) run(name string, args ...string) error {
	return j.finish(j.command(name, args...))
}

// quiet runs a command that must print nothing.
func (j *job) quiet(name string, args ...string) error {
	var said bytes.Buffer
	cmd := j.command(name, args...)
	cmd.Stdout = io.MultiWriter(j.out, &said)
	if err := j.finish(cmd); err != nil {
		return err
	}
	if said.Len() > 0 {
		return fmt.Errorf("%s must print nothing", name)
	}
	return nil
}

// lines runs a command and returns the lines of its standard output.
func (j *job) lines(name string, args ...string) ([]string, error) {
	var said strings.Builder
	cmd := j.command(name, args...)
	cmd.Stdout = &said
	err := j.finish(cmd)
	return strings.FieldsFunc(said.String(), func(r rune) bool { return r == '\n' }), err
}

// command prepares a command that is killed with all it started when the step
// is over.
func (j *job) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(j.ctx, name, args...)
	cmd.Dir = j.root
	cmd.Env = os.Environ()
	cmd.Stdout, cmd.Stderr = j.out, j.out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

func (j *job) finish(cmd *exec.Cmd) error {
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", brief(cmd.Args), err)
	}
	return nil
}

// brief is a command line without the long list of files at its end.
func brief(args []string) string {
	if len(args) > 12 {
		args = append(args[:12:12], "…")
	}
	return strings.Join(args, " ")
}
