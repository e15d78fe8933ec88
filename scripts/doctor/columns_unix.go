//go:build linux || darwin

package main

import (
	"os"
	"syscall"
	"unsafe"
)

// columns is the width of the terminal behind file, if there is one.
func columns(file *os.File) (width int, terminal bool) {
	var size struct{ rows, columns, x, y uint16 }
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, file.Fd(), syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		return 0, false
	}
	if size.columns == 0 {
		return pastedWidth, true
	}
	return int(size.columns), true
}
