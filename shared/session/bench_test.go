package session

import (
	"net/http"
	"testing"
)

// BenchmarkRead is what a session costs a request: a token of usual size in one
// cookie, and the largest in chunks.
func BenchmarkRead(b *testing.B) {
	for name, stored := range map[string]Session{"typical": small, "chunks": large} {
		b.Run(name, func(b *testing.B) {
			c, _ := newCookies(b, site)
			r := requestWith(append([]cookie{{"theme", "dark"}}, written(b, c, stored)...)...)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Read(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkWrite(b *testing.B) {
	c, _ := newCookies(b, site)
	b.ReportAllocs()
	for b.Loop() {
		if err := c.Write(http.Header{}, small); err != nil {
			b.Fatal(err)
		}
	}
}
