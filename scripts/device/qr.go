package main

import (
	"strings"

	"rsc.io/qr"
)

// quiet is the light margin of a QR code in modules (ISO/IEC 18004 section 5.3.8).
const quiet = 4

// Black on white in any theme, since many cameras read no inverted code. Themes change
// the first 16 colors alone.
const (
	blackOnWhite = "\x1b[38;5;16;48;5;231m"
	reset        = "\x1b[0m"
)

// drawQR returns a QR code of text in half blocks, each two modules high, and its width
// in columns.
func drawQR(text string) (picture string, width int, err error) {
	code, err := qr.Encode(text, qr.L) // a screen needs little error correction
	if err != nil {
		return "", 0, err
	}
	var lines []string
	for y := -quiet; y < code.Size+quiet; y += 2 {
		var line strings.Builder
		for x := -quiet; x < code.Size+quiet; x++ {
			line.WriteString(halves(code.Black(x, y), code.Black(x, y+1)))
		}
		lines = append(lines, blackOnWhite+line.String()+reset)
	}
	return strings.Join(lines, "\n"), code.Size + 2*quiet, nil
}

func halves(upper, lower bool) string {
	switch {
	case upper && lower:
		return "█"
	case upper:
		return "▀"
	case lower:
		return "▄"
	}
	return " "
}
