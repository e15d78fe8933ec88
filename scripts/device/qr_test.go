package main

import (
	"strings"
	"testing"

	"rsc.io/qr"
)

// decode reads the picture back as its modules, dark ones true, margin and all.
func decode(t *testing.T, picture string) [][]bool {
	t.Helper()
	var dark [][]bool
	for line := range strings.SplitSeq(picture, "\n") {
		glyphs, colored := strings.CutPrefix(line, "\x1b[38;5;16;48;5;231m")
		glyphs, ended := strings.CutSuffix(glyphs, "\x1b[0m")
		if !colored || !ended {
			t.Fatalf("got line %q, want black on white", line)
		}
		var upper, lower []bool
		for _, glyph := range glyphs {
			if !strings.ContainsRune(" ▀▄█", glyph) {
				t.Fatalf("got %q, want a half block", glyph)
			}
			upper = append(upper, glyph == '▀' || glyph == '█')
			lower = append(lower, glyph == '▄' || glyph == '█')
		}
		dark = append(dark, upper, lower)
	}
	return dark
}

func TestQRCodeDecodesToText(t *testing.T) {
	for _, text := range []string{
		"https://t.example/device?user_code=BCDFGHJK", "1", "HTTPS://T.EXAMPLE", strings.Repeat("https://", 40),
	} {
		code, err := qr.Encode(text, qr.L)
		if err != nil {
			t.Fatal(err)
		}
		picture, width, err := drawQR(text)
		if err != nil || width != code.Size+2*quiet {
			t.Fatalf("drawQR: got %d columns, %v, want %d", width, err, code.Size+2*quiet)
		}
		dark := decode(t, picture)
		if rows := len(dark); rows != width+width%2 {
			t.Errorf("got %d rows, want %d", rows, width+width%2)
		}
		for y, row := range dark {
			if len(row) != width {
				t.Errorf("row %d: got %d columns, want %d", y, len(row), width)
			}
			for x, is := range row {
				if want := code.Black(x-quiet, y-quiet); is != want { // outside it is light
					t.Fatalf("%q: module %d,%d = %v, want %v", text, x, y, is, want)
				}
			}
		}
	}
	if _, _, err := drawQR(strings.Repeat("x", 5000)); err == nil {
		t.Error("drawQR of 5000 characters = nil, want an error")
	}
}
