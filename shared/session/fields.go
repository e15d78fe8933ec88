package session

import (
	"encoding/binary"
	"time"
)

// Sealed plaintexts and additional data consist of fields: numbers as varints, texts
// preceded by their length. Two different lists of fields never encode alike.

func appendText[T string | []byte](b []byte, text T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// appendTime keeps milliseconds.
func appendTime(b []byte, t time.Time) []byte {
	return binary.AppendUvarint(b, uint64(t.UnixMilli()))
}

// fields reads an encoding. After the first error it returns zero values.
type fields struct {
	rest []byte
	bad  bool
}

func (f *fields) number() uint64 {
	n, size := binary.Uvarint(f.rest)
	if size <= 0 {
		f.rest, f.bad = nil, true
		return 0
	}
	f.rest = f.rest[size:]
	return n
}

func (f *fields) text() []byte {
	n := f.number()
	if n > uint64(len(f.rest)) {
		f.rest, f.bad = nil, true
		return nil
	}
	text := f.rest[:n]
	f.rest = f.rest[n:]
	return text
}

func (f *fields) time() time.Time { return time.UnixMilli(int64(f.number())).UTC() }

// complete reports whether every field was present and no bytes are left.
func (f *fields) complete() bool { return !f.bad && len(f.rest) == 0 }
