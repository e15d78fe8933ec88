package main

import (
	"io"
	"strings"
	"testing"
)

func TestLines(t *testing.T) {
	screen := &screenshot{}
	terminal := &terminal{out: screen}
	portal, login := terminal.named("portal"), terminal.named("login")
	io.WriteString(portal, "one\ntw")
	io.WriteString(login, "three\n\n")
	io.WriteString(portal, "o\nrest")
	portal.flush()
	portal.flush()
	terminal.say("%d functions", 2)
	want := "[portal] one\n[login] three\n[login] \n[portal] two\n[portal] rest\n2 functions\n"
	if screen.String() != want {
		t.Errorf("got %q, want %q", screen, want)
	}
}

func TestLinesAreBounded(t *testing.T) {
	screen := &screenshot{}
	l := (&terminal{out: screen}).named("f")
	for range 10 {
		io.WriteString(l, strings.Repeat("x", maxLine/2))
	}
	if len(l.rest) > maxLine || !strings.Contains(screen.String(), "xxx") {
		t.Errorf("got %d bytes kept of an endless line", len(l.rest))
	}
}
