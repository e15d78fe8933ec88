//go:build unix

package lambdarun

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup puts the process in a group of its own: a Ctrl-C on the terminal
// does not reach it, and it can be killed together with its children.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup kills what is left of the process's group, if anything.
func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }

// freeze stops the process's group, and thaw continues it.
func freeze(p *os.Process) error { return syscall.Kill(-p.Pid, syscall.SIGSTOP) }

func thaw(p *os.Process) error { return syscall.Kill(-p.Pid, syscall.SIGCONT) }
