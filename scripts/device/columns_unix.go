//go:build linux || darwin

package main

import (
	"os"
	"syscall"
	"unsafe"
)

// columns is how wide the terminal is; 0 where f is none, or one that draws nothing.
func columns(f *os.File) int {
	var size struct{ rows, columns, width, height uint16 }
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&size)))
	if errno != 0 || os.Getenv("TERM") == "dumb" {
		return 0
	}
	return int(size.columns)
}
