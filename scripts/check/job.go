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

// job is the run of a step, in the project's root folder.
type job struct {
	ctx  context.Context
	root string
	out  io.Writer
}

// tool returns the path of a file in .tools/.
func (j *job) tool(path ...string) string {
	return filepath.Join(append([]string{j.root, ".tools"}, path...)...)
}

// run runs a command.
func (j *job) run(name string, args ...string) error {
	return j.finish(j.command(name, args...))
}

// quiet runs a command and fails if it prints anything.
func (j *job) quiet(name string, args ...string) error {
	var output bytes.Buffer
	cmd := j.command(name, args...)
	cmd.Stdout = io.MultiWriter(j.out, &output)
	if err := j.finish(cmd); err != nil {
		return err
	}
	if output.Len() > 0 {
		return fmt.Errorf("got output from %s, want none", name)
	}
	return nil
}

// lines runs a command and returns the lines of its standard output.
func (j *job) lines(name string, args ...string) ([]string, error) {
	var output strings.Builder
	cmd := j.command(name, args...)
	cmd.Stdout = &output
	err := j.finish(cmd)
	return strings.FieldsFunc(output.String(), func(r rune) bool { return r == '\n' }), err
}

// command returns a command that is killed with its children when the step ends.
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

// brief returns a command line with at most 12 words.
func brief(args []string) string {
	if len(args) > 12 {
		args = append(args[:12:12], "…")
	}
	return strings.Join(args, " ")
}
