package kindetest

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"slices"
	"strings"
	"testing"
)

// TestQRCheck: a codeword polynomial with its check has the generator's roots.
func TestQRCheck(t *testing.T) {
	data := qrCodewords("http://127.0.0.1:8890/device?user_code=BCDFGHJK")
	if len(data) != qrData || data[0] != 0x42 || data[1] != 0xf6 { // byte mode, 47 bytes, 'h' = 0x68
		t.Fatalf("%d codewords, first % x", len(data), data[:2])
	}
	if data[49] != 0xec || data[50] != 0x11 || data[51] != 0xec {
		t.Errorf("padding % x", data[49:52])
	}
	if got := qrMultiply(0x80, 2); got != 0x1d {
		t.Errorf("x^8 is %#x", got)
	}
	word := append(slices.Clone(data), qrRemainder(data)...)
	root := byte(1)
	for i := range qrCheck {
		var sum byte
		for _, c := range word {
			sum = qrMultiply(sum, root) ^ c
		}
		if sum != 0 {
			t.Errorf("2^%d is no root", i)
		}
		root = qrMultiply(root, 2)
	}
}

// TestQRPicture reads the picture back the way a scanner does: it undoes the
// mask and follows the columns.
func TestQRPicture(t *testing.T) {
	const text = "http://127.0.0.1:8890/device?user_code=BCDFGHJK"
	raw, _ := strings.CutPrefix(qrCode(text), "data:image/png;base64,")
	file, err := base64.StdEncoding.DecodeString(raw)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	dark := func(row, col int) bool {
		r, _, _, _ := picture.At((col+qrQuiet)*qrScale, (row+qrQuiet)*qrScale).RGBA()
		return r == 0
	}
	for _, corner := range [][2]int{{0, 0}, {0, qrSize - 7}, {qrSize - 7, 0}} {
		for row := range 7 {
			for col := range 7 {
				ring := max(row-3, 3-row, col-3, 3-col)
				if dark(corner[0]+row, corner[1]+col) != (ring != 2) {
					t.Fatalf("finder at %v is wrong in %d,%d", corner, row, col)
				}
			}
		}
	}
	var read []byte // the first codewords fill the last columns, from the bottom up
	bits, value := 0, byte(0)
	for row := qrSize - 1; row > 8; row-- {
		for col := qrSize - 1; col >= qrSize-2; col-- {
			value <<= 1
			if dark(row, col) != ((row+col)%2 == 0) {
				value |= 1
			}
			if bits++; bits%8 == 0 {
				read, value = append(read, value), 0
			}
		}
	}
	if want := qrCodewords(text)[:len(read)]; len(read) != 7 || !bytes.Equal(read, want) {
		t.Errorf("read % x, want % x", read, want)
	}
	if got := qrCode(strings.Repeat("x", qrMaxText+1)); got != "" {
		t.Error("a text that does not fit was drawn")
	}
}
