package session

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// row is one request: what it brings and what that is.
type row struct {
	name    string
	cookies []cookie
	want    error // nil: opens
}

func TestReadSession(t *testing.T) {
	c, _ := newCookies(t, site)
	for _, row := range slices.Concat(wholeRows(t, c), chunkRows(t, c)) {
		got, err := c.Read(requestWith(row.cookies...))
		if !errors.Is(err, row.want) || (err == nil) != (row.want == nil) {
			t.Errorf("%s: %v, want %v", row.name, err, row.want)
		}
		if opened := same(got, small) || same(got, large); opened != (row.want == nil) || !opened && !same(got, Session{}) {
			t.Errorf("%s: Read returned tokens: %t, want %t", row.name, opened, row.want == nil)
		}
		checkErrorHidesCookies(t, row, err)
	}
}

// checkErrorHidesCookies fails when the error holds a part of a cookie.
func checkErrorHidesCookies(t *testing.T, row row, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for i := range len(err.Error()) - 5 {
		for _, c := range row.cookies {
			if strings.Contains(c.value, err.Error()[i:i+6]) {
				t.Fatalf("%s: the error holds a part of the cookie: %v", row.name, err)
			}
		}
	}
}

func wholeRows(t *testing.T, c *Cookies) []row {
	name := c.session[0]
	good, again := written(t, c, small)[0], written(t, c, small)[0]
	value := good.value
	with := func(value string) []cookie { return []cookie{{name, value}} }
	seal := func(issuer, client, name string) []cookie {
		return with(newBox(t, issuer, client, 1).Seal(name, small.encode()))
	}
	k := c.box.keys[0]
	otherSite, err := NewBox([][]byte{keyOf(1)}, issuer, client, "https://preview.example")
	if err != nil {
		t.Fatal(err)
	}
	return []row{
		{"as it was set", []cookie{good}, nil},
		{"among others", []cookie{{"theme", "dark"}, good, {"__Host-session-old", "x"}, {"session", "x"}}, nil},
		{"none", nil, ErrNoSession},
		{"similar names", []cookie{{"session", value}, {"__host-session", value}, {"__Host-session-3", value},
			{"__Host-session-0", value}, {"__Host-session-01", value}, {"x__Host-session", value},
			{"\u2000" + name, value}, {"\n" + name, value}, {name + " ", value}}, ErrNoSession},
		{"empty", with(""), ErrDamaged},
		{"truncated", with(value[:len(value)-1]), ErrDamaged},
		{"half", with(value[:len(value)/2]), ErrDamaged},
		{"first character gone", with(value[1:]), ErrDamaged},
		{"head alone", with(value[:6]), ErrDamaged},
		{"longer", with(value + "A"), ErrDamaged},
		{"quoted", with(`"` + value + `"`), ErrDamaged},
		{"bytes that net/http drops", with(value + "\x7f"), ErrDamaged},
		{"line break inside", with(value[:9] + "\n" + value[9:]), ErrDamaged},
		{"there twice", []cookie{good, good}, ErrDamaged},
		{"twice, the other one bad", []cookie{good, {name, "planted"}}, ErrDamaged},
		{"twice, the first one bad", []cookie{{name, ""}, good}, ErrDamaged},
		{"twice, both good", []cookie{good, again}, ErrDamaged},
		{"another issuer's", seal("https://other.kinde.com", client, name), ErrDamaged},
		{"another client's", seal(issuer, "client-2", name), ErrDamaged},
		{"sealed on http", seal(issuer, client, "session"), ErrDamaged},
		{"sealed for a chunk", seal(issuer, client, name+"-1"), ErrDamaged},
		{"the marker's value", seal(issuer, client, c.marker), ErrDamaged},
		{"another key", with(newBox(t, issuer, client, 9).Seal(name, small.encode())), ErrDamaged},
		{"future version", with(envelope(k, version+1, k.id, c.box.bound(name))), ErrDamaged},
		{"sealed, but no session", with(c.box.Seal(name, []byte("junk"))), ErrDamaged},
		{"sealed, but no id", with(c.box.Seal(name, Session{Tokens: small.Tokens}.encode())), ErrDamaged},
		{"another site's", with(otherSite.Seal(name, small.encode())), ErrDamaged},
		{"tokens in the clear", with(small.Access), ErrDamaged},
		{"a megabyte", with(strings.Repeat("A", 1<<20)), ErrDamaged},
	}
}

func chunkRows(t *testing.T, c *Cookies) []row {
	name := c.session[0]
	long, other, short := written(t, c, large), written(t, c, large), written(t, c, small)
	one, two := long[0], long[1]
	if one.name != name+"-1" || two.name != name+"-2" || len(long) != 2 {
		t.Fatalf("got chunks %v, want %s-1 and %s-2", long, name, name)
	}
	as := func(name string, c cookie) cookie { return cookie{name, c.value} }
	label, piece := one.value[:11], other[1].value[11:]
	count3 := func(c cookie) cookie { return cookie{c.name, "3" + c.value[1:]} }
	return []row{
		{"chunks", long, nil},
		{"sent in another order", []cookie{two, {"a", "b"}, one}, nil},
		{"first missing", []cookie{two}, ErrDamaged},
		{"second missing", []cookie{one}, ErrDamaged},
		{"second empty", []cookie{one, {two.name, ""}}, ErrDamaged},
		{"reordered", []cookie{as(one.name, two), as(two.name, one)}, ErrDamaged},
		{"first in both", []cookie{one, as(two.name, one)}, ErrDamaged},
		{"duplicated", []cookie{one, one, two}, ErrDamaged},
		{"duplicated with another's", []cookie{one, two, other[1]}, ErrDamaged},
		{"mixed generations", []cookie{one, other[1]}, ErrDamaged},
		{"mixed and relabelled", []cookie{one, {two.name, label + piece}}, ErrDamaged},
		{"left over from a longer one", append(slices.Clone(short), two), ErrDamaged},
		{"left over from a shorter one", slices.Concat(long, short), ErrDamaged},
		{"both of a longer one left over", slices.Concat(short, other), ErrDamaged},
		{"a chunk as the whole", []cookie{as(name, one)}, ErrDamaged},
		{"the whole as a chunk", []cookie{as(one.name, short[0]), two}, ErrDamaged},
		{"another count", []cookie{count3(one), count3(two)}, ErrDamaged},
		{"a third chunk is no name of ours", []cookie{one, two, {name + "-3", two.value}}, nil},
		{"first truncated", []cookie{{one.name, one.value[:len(one.value)-1]}, two}, ErrDamaged},
		{"second truncated", []cookie{one, {two.name, two.value[:len(two.value)-2]}}, ErrDamaged},
		{"piece gone", []cookie{one, {two.name, label}}, ErrDamaged},
		{"label gone", []cookie{one, {two.name, two.value[11:]}}, ErrDamaged},
		{"one mark", []cookie{one, {two.name, "2." + two.value[11:]}}, ErrDamaged},
		{"the same, cut elsewhere", []cookie{{one.name, one.value[:len(one.value)-4]},
			{two.name, label + one.value[len(one.value)-4:] + two.value[11:]}}, nil},
	}
}

// The log names the cause, so that a deployer can tell a lost key from a bug.
func TestReadNamesCauseOfDamage(t *testing.T) {
	c, _ := newCookies(t, site)
	rows := slices.Concat(wholeRows(t, c), chunkRows(t, c))
	for name, cause := range map[string]string{
		"there twice":                 "a cookie is repeated",
		"empty":                       "a cookie is empty",
		"another key":                 "altered, of another site, or of a key not in SESSION_KEYS",
		"sealed, but no session":      "does not contain a session",
		"second missing":              "a chunk is missing",
		"left over from a longer one": "a chunk is left over",
		"mixed generations":           "chunks of different sessions",
		"another count":               "a chunk has no label",
		"one mark":                    "a chunk has no label",
	} {
		i := slices.IndexFunc(rows, func(r row) bool { return r.name == name })
		if _, err := c.Read(requestWith(rows[i].cookies...)); err.Error() != "session: damaged: "+cause {
			t.Errorf("%s: got %v, want %s", name, err, cause)
		}
	}
}

func TestReadCookieHeaders(t *testing.T) {
	c, _ := newCookies(t, site)
	good := written(t, c, small)[0]
	pair := good.name + "=" + good.value
	for name, row := range map[string]struct {
		lines []string
		want  error
	}{
		"several lines":       {[]string{"a=b", pair}, nil},
		"no space between":    {[]string{"a=b;" + pair + ";"}, nil},
		"twice over lines":    {[]string{pair, pair}, ErrDamaged},
		"a name without =":    {[]string{good.name}, ErrNoSession},
		"nameless beside it":  {[]string{good.name + "; " + pair}, nil},
		"4,000 other cookies": {[]string{strings.Repeat("a=b; ", 4000) + pair}, nil},
		"no cookies":          {nil, ErrNoSession},
	} {
		_, err := c.Read(&http.Request{Header: http.Header{"Cookie": row.lines}})
		if !errors.Is(err, row.want) || (err == nil) != (row.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, row.want)
		}
	}
}

func TestKeyRotation(t *testing.T) {
	at := func(keys ...byte) *Cookies {
		return NewCookies(site, newBox(t, issuer, client, keys...), time.Now)
	}
	old, rotated, done := at(1), at(2, 1), at(2)
	before := requestWith(written(t, old, large)...)
	if got, err := rotated.Read(before); err != nil || !same(got, large) {
		t.Errorf("old key listed second: Read = %v, want the session", err)
	}
	if _, err := done.Read(before); !errors.Is(err, ErrDamaged) {
		t.Errorf("old key removed: Read = %v, want ErrDamaged", err)
	}
	// The first key seals: what is written after a rotation outlives the old key.
	after := requestWith(written(t, rotated, large)...)
	if got, err := done.Read(after); err != nil || !same(got, large) {
		t.Errorf("written with both keys: Read with the new key = %v, want the session", err)
	}
	if _, err := old.Read(after); !errors.Is(err, ErrDamaged) {
		t.Errorf("written with both keys: Read with the old key = %v, want ErrDamaged", err)
	}
}
