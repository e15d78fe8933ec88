//go:build !unix

package main

import (
	"os"
	"os/exec"
	"strconv"
)

// shell runs a command line.
func shell(line string) *exec.Cmd { return exec.Command("cmd", "/c", line) }

func endGroup(p *os.Process) { killGroup(p) }

// killGroup ends the process and those that it started.
func killGroup(p *os.Process) {
	if exec.Command("taskkill", "/t", "/f", "/pid", strconv.Itoa(p.Pid)).Run() != nil {
		_ = p.Kill()
	}
}
