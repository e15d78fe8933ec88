package store

import (
	"bytes"
	"net"
	"strconv"
)

const (
	maxArray = 16
	// maxAnswer is what may arrive between two commands sent.
	maxAnswer = MaxValue + 4<<10
)

// guard is a connection whose answers are bounded before redigo reads them: redigo
// allocates whatever length an answer declares, and recurses as deep as its arrays
// are nested, so that nine bytes could end the process.
type guard struct {
	net.Conn
	socket net.Conn // below TLS; the same as Conn without
	room   int      // bytes that may still arrive before the next command
	left   int      // bytes of a bulk string, with its CRLF, still to come
	line   []byte   // a line begun
}

// Close closes the socket. TLS would first say goodbye to an end that may not be
// listening, for up to 5 s.
func (g *guard) Close() error { return g.socket.Close() }

func (g *guard) Write(p []byte) (int, error) {
	g.room = maxAnswer
	return g.Conn.Write(p)
}

func (g *guard) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	if g.room -= n; g.room < 0 || !g.inspect(p[:n]) {
		return 0, errTooLarge
	}
	return n, err
}

// inspect follows the protocol (RESP2) through b, and reports whether all lengths
// declared there are in bounds.
func (g *guard) inspect(b []byte) bool {
	for len(b) > 0 {
		if skip := min(g.left, len(b)); skip > 0 {
			g.left -= skip
			b = b[skip:]
			continue
		}
		begun, rest, ended := bytes.Cut(b, []byte{'\n'})
		line := append(g.line, begun...)
		if !ended {
			g.line = line
			return true
		}
		g.line, b = line[:0], rest
		if !g.declare(bytes.TrimSuffix(line, []byte("\r"))) {
			return false
		}
	}
	return true
}

func (g *guard) declare(line []byte) bool {
	if len(line) == 0 || line[0] != '$' && line[0] != '*' {
		return true
	}
	n, err := strconv.Atoi(string(line[1:]))
	if err != nil {
		return false
	}
	if line[0] == '*' {
		return n <= maxArray
	}
	if n >= 0 {
		g.left = n + len("\r\n")
	}
	return n <= MaxValue
}
