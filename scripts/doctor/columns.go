package main

import (
	"os"

	"golang.org/x/term"
)

// columns returns the width of the terminal behind file, if it is one.
func columns(file *os.File) (width int, terminal bool) {
	if !term.IsTerminal(int(file.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width == 0 {
		return pastedWidth, true
	}
	return width, true
}
