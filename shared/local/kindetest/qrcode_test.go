package kindetest

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"strings"
	"testing"

	"rsc.io/qr"
)

func TestQRCodeIsPNGOfText(t *testing.T) {
	const text, scale, margin = "http://127.0.0.1:8890/device?user_code=BCDFGHJK", 4, 4
	raw, isData := strings.CutPrefix(qrCode(text), "data:image/png;base64,")
	file, err := base64.StdEncoding.DecodeString(raw)
	if err != nil || !isData {
		t.Fatalf("got %.40s, want the data URL of a PNG", qrCode(text))
	}
	picture, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := picture.Bounds().Dx(), (code.Size+2*margin)*scale; got != want {
		t.Fatalf("got %d pixels, want %d", got, want)
	}
	for y := -margin; y < code.Size+margin; y++ {
		for x := -margin; x < code.Size+margin; x++ {
			r, _, _, _ := picture.At((x+margin)*scale, (y+margin)*scale).RGBA()
			if dark := r == 0; dark != code.Black(x, y) {
				t.Fatalf("module %d,%d is dark: got %t, want %t", x, y, dark, code.Black(x, y))
			}
		}
	}
	if got := qrCode(strings.Repeat("x", 5000)); got != "" {
		t.Errorf("got %.40s for a text that does not fit, want none", got)
	}
}
