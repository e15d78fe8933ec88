//go:build unix

package lambdarun

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// ownGroup puts the process in a group of its own: a Ctrl-C on the terminal
// does not reach it, and it can be killed together with its children.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup kills what is left of the process's group, if anything.
func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }

// freeze stops the process's group. On a busy Linux machine, threads can run on for a while
// after the signal: freeze waits until all have stopped.
func freeze(p *os.Process) error {
	err := syscall.Kill(-p.Pid, syscall.SIGSTOP)
	for end := time.Now().Add(5 * time.Second); err == nil && !stopped(p.Pid) && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	return err
}

// stopped reports whether no thread of a process runs. Without /proc it returns true.
func stopped(pid int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, thread := range threads {
		stat, _ := os.ReadFile(thread)
		state := stat[bytes.LastIndexByte(stat, ')')+1:] // proc_pid_stat(5)
		if len(state) > 1 && !bytes.ContainsRune([]byte("TtZX"), rune(state[1])) {
			return false
		}
	}
	return true
}

// thaw continues the process's group.
func thaw(p *os.Process) error { return syscall.Kill(-p.Pid, syscall.SIGCONT) }
