package kindetest

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
)

// A QR code of version 5, error correction L, mask 0 (ISO/IEC 18004): the one
// form that holds any device URL here, and the largest with a single block.
const (
	qrSize      = 37  // modules a side
	qrData      = 108 // data codewords
	qrCheck     = 26  // error correction codewords
	qrFormat    = 0x77c4
	qrAlignment = 30 // centre of the alignment pattern, in both directions
	qrMaxText   = qrData - 2
	qrScale     = 4 // pixels a module
	qrQuiet     = 4 // modules of margin
)

// qrCode draws text as a QR code and returns it as a data URL of a PNG; empty
// when the text is longer than 106 bytes.
func qrCode(text string) string {
	if len(text) > qrMaxText {
		return ""
	}
	data := qrCodewords(text)
	m := &qrMatrix{}
	m.drawPatterns()
	m.drawData(append(data, qrRemainder(data)...))
	side := (qrSize + 2*qrQuiet) * qrScale
	picture := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			row, col := y/qrScale-qrQuiet, x/qrScale-qrQuiet
			if row >= 0 && row < qrSize && col >= 0 && col < qrSize && m.dark[row][col] {
				picture.SetColorIndex(x, y, 1)
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return ""
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(out.Bytes())
}

// qrCodewords is the text in byte mode: a 4-bit mode, an 8-bit length, the
// bytes, a 4-bit end, and the standard's padding.
func qrCodewords(text string) []byte {
	words := []byte{0x40 | byte(len(text))>>4, byte(len(text)) << 4}
	for _, b := range []byte(text) {
		words[len(words)-1] |= b >> 4
		words = append(words, b<<4)
	}
	for pad := byte(0xec); len(words) < qrData; pad ^= 0xec ^ 0x11 {
		words = append(words, pad)
	}
	return words
}

// qrMultiply multiplies in GF(256) modulo x^8+x^4+x^3+x^2+1.
func qrMultiply(a, b byte) byte {
	var product byte
	for i := 7; i >= 0; i-- {
		carry := product >> 7
		product = product<<1 ^ carry*0x1d ^ (b>>i&1)*a
	}
	return product
}

// qrRemainder is the Reed-Solomon check of data.
func qrRemainder(data []byte) []byte {
	generator := make([]byte, qrCheck) // without its leading 1
	generator[qrCheck-1] = 1
	root := byte(1)
	for range qrCheck {
		for j := range generator {
			generator[j] = qrMultiply(generator[j], root)
			if j+1 < qrCheck {
				generator[j] ^= generator[j+1]
			}
		}
		root = qrMultiply(root, 2)
	}
	rest := make([]byte, qrCheck)
	for _, b := range data {
		factor := b ^ rest[0]
		copy(rest, rest[1:])
		rest[qrCheck-1] = 0
		for j, g := range generator {
			rest[j] ^= qrMultiply(g, factor)
		}
	}
	return rest
}

// qrMatrix is the picture, and which of its modules belong to patterns.
type qrMatrix struct{ dark, fixed [qrSize][qrSize]bool }

func (m *qrMatrix) set(row, col int, dark bool) {
	if row >= 0 && row < qrSize && col >= 0 && col < qrSize {
		m.dark[row][col], m.fixed[row][col] = dark, true
	}
}

func (m *qrMatrix) drawPatterns() {
	for i := range qrSize { // timing
		m.set(6, i, i%2 == 0)
		m.set(i, 6, i%2 == 0)
	}
	square := func(row, col, reach int, light ...int) {
		for dr := -reach; dr <= reach; dr++ {
			for dc := -reach; dc <= reach; dc++ {
				ring := max(dr, -dr, dc, -dc)
				dark := true
				for _, l := range light {
					dark = dark && ring != l
				}
				m.set(row+dr, col+dc, dark)
			}
		}
	}
	square(3, 3, 4, 2, 4)
	square(3, qrSize-4, 4, 2, 4)
	square(qrSize-4, 3, 4, 2, 4)
	square(qrAlignment, qrAlignment, 2, 1)
	for i := range 15 { // both copies of the format
		bit := qrFormat>>i&1 == 1
		switch {
		case i < 6:
			m.set(i, 8, bit)
		case i < 8:
			m.set(i+1, 8, bit)
		case i == 8:
			m.set(8, 7, bit)
		default:
			m.set(8, 14-i, bit)
		}
		if i < 8 {
			m.set(8, qrSize-1-i, bit)
		} else {
			m.set(qrSize-15+i, 8, bit)
		}
	}
	m.set(qrSize-8, 8, true)
}

// drawData lays the codewords in pairs of columns, from the right, up and
// down in turn, and masks them.
func (m *qrMatrix) drawData(words []byte) {
	next := 0
	for right := qrSize - 1; right >= 1; right -= 2 {
		if right == 6 {
			right = 5
		}
		for step := range qrSize {
			row := step
			if (right+1)&2 == 0 {
				row = qrSize - 1 - step
			}
			for _, col := range []int{right, right - 1} {
				if m.fixed[row][col] {
					continue
				}
				bit := next < 8*len(words) && words[next/8]>>(7-next%8)&1 == 1
				next++
				m.dark[row][col] = bit != ((row+col)%2 == 0)
			}
		}
	}
}
