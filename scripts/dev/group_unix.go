//go:build unix

package main

import (
	"os"
	"os/exec"
	"syscall"
)

// shell runs a command line in a process group of its own, so that what it starts ends
// with it.
func shell(line string) *exec.Cmd {
	cmd := exec.Command("sh", "-c", line)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// endGroup interrupts the process's group, and killGroup kills it.
func endGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGTERM) }

func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }
