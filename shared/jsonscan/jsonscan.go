// Package jsonscan reads JSON (RFC 8259) that a client sent, one level at a time.
//
// encoding/json is no judge of such a text: it takes the last of repeated names, a
// name in any case, and invalid UTF-8. jsontext, the tokenizer of its successor,
// refuses invalid UTF-8, escaped lone surrogates included, and reports every name as
// it stands. This package hands each member of an object to its caller, without
// copying it, and leaves the judgment of names to the caller: a repeated one is
// handed over twice.
package jsonscan

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// Object reads b as one JSON object with nothing after it, and calls visit for each
// member with the name decoded and the raw value. It reports whether b is
// such an object and visit never returned false.
func Object(b []byte, visit func(name, value []byte) bool) bool {
	return read(b, '{', '}', visit)
}

// Array reads b as one JSON array with nothing after it, and calls visit for each
// raw element. It reports whether b is such an array and visit never
// returned false.
func Array(b []byte, visit func(value []byte) bool) bool {
	return read(b, '[', ']', func(_, value []byte) bool { return visit(value) })
}

// Text decodes a JSON string that Object or Array handed out. The result may share
// b's memory. ok is false for a value of another kind.
func Text(b []byte) (decoded []byte, ok bool) {
	if len(b) < 2 || b[0] != '"' {
		return nil, false
	}
	if bytes.IndexByte(b, '\\') < 0 {
		return b[1 : len(b)-1], true
	}
	decoded, err := jsontext.AppendUnquote(nil, b)
	return decoded, err == nil
}

// A scanner is a decoder with its input. Scanners are pooled since a decoder is
// larger than most of what it reads.
type scanner struct {
	decoder jsontext.Decoder
	input   bytes.Buffer
}

var scanners = sync.Pool{New: func() any { return new(scanner) }}

func read(b []byte, begin, end jsontext.Kind, visit func(name, value []byte) bool) bool {
	s := scanners.Get().(*scanner)
	defer scanners.Put(s)
	s.input = *bytes.NewBuffer(b)
	s.decoder.Reset(&s.input, jsontext.AllowDuplicateNames(true))
	if token, err := s.decoder.ReadToken(); err != nil || token.Kind() != begin {
		return false
	}
	for s.decoder.PeekKind() != end {
		var name []byte
		if begin == '{' {
			raw, ok := s.value(b)
			if !ok {
				return false
			}
			name, _ = Text(raw)
		}
		value, ok := s.value(b)
		if !ok || !visit(name, value) {
			return false
		}
	}
	if _, err := s.decoder.ReadToken(); err != nil {
		return false
	}
	_, err := s.decoder.ReadToken()
	return errors.Is(err, io.EOF)
}

// value reads the next value, as a part of b: the decoder's own copy of it is valid
// only until the next is read.
func (s *scanner) value(b []byte) ([]byte, bool) {
	value, err := s.decoder.ReadValue()
	if err != nil {
		return nil, false
	}
	after := s.decoder.InputOffset()
	return b[after-int64(len(value)) : after], true
}
