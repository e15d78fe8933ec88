package main

import (
	"os"

	"golang.org/x/term"
)

// columns returns the width of the terminal, 0 if f is not one or draws nothing.
func columns(f *os.File) int {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || os.Getenv("TERM") == "dumb" {
		return 0
	}
	return width
}
