package session

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

var full = Attempt{
	State: "state-1", Nonce: "nonce", Verifier: "verifier", ReturnURL: "/plans?a=b#c", Session: "replaced",
	Started: start, Restarted: true, Silent: true, Params: "org_code=org_1",
}

func begin(t testing.TB, c *Cookies, b browser, a Attempt) {
	t.Helper()
	h := http.Header{}
	if err := c.Begin(h, b.request(), a); err != nil {
		t.Fatal(err)
	}
	b.take(h)
}

func TestAttemptRoundTrip(t *testing.T) {
	for _, origin := range []string{site, loopback} {
		c, clock := newCookies(t, origin)
		for _, want := range []Attempt{full, {State: "s"},
			{State: "s", ReturnURL: strings.Repeat("/", 500), Started: start}} {
			b := newBrowser(t, origin)
			begin(t, c, b, want)
			if want.Started.IsZero() {
				want.Started = clock.t
			}
			if got, err := c.Attempt(b.request(), want.State); err != nil || got != want {
				t.Errorf("%s: Attempt = %+v, %v, want %+v", origin, got, err, want)
			}
			for _, c := range b.jar.Cookies(b.site) {
				for _, secret := range []string{want.State, "nonce", "verifier", "plans"} {
					if strings.Contains(c.Name, secret) && len(secret) > 1 || strings.Contains(c.Value, secret) && len(secret) > 4 {
						t.Errorf("the cookie shows %s", secret)
					}
				}
			}
			h := http.Header{}
			c.End(h, want.State)
			b.take(h)
			if _, err := c.Attempt(b.request(), want.State); !errors.Is(err, ErrNoAttempt) {
				t.Errorf("%s: after End: got %v, want ErrNoAttempt", origin, err)
			}
		}
	}
}

func TestAttemptExpires(t *testing.T) {
	for age, want := range map[time.Duration]error{
		0:                                 nil,
		10 * time.Minute:                  nil,
		10*time.Minute + time.Millisecond: ErrNoAttempt,
		24 * time.Hour:                    ErrNoAttempt,
		-time.Minute:                      nil, // another instance's clock
		-time.Minute - time.Millisecond:   ErrNoAttempt,
	} {
		c, clock := newCookies(t, site)
		h := http.Header{}
		_ = c.Begin(h, requestWith(), full)
		set, _ := cookiesSet(h) // kept for as long as one likes
		clock.t = start.Add(age)
		if _, err := c.Attempt(requestWith(set...), full.State); !errors.Is(err, want) {
			t.Errorf("after %v: %v, want %v", age, err, want)
		}
	}
}

func TestAttemptRequiresState(t *testing.T) {
	c, _ := newCookies(t, site)
	name := c.attemptName("state-1")
	good := cookie{name, c.box.Seal(name, full.encode())}
	nameless := c.attemptName("")
	otherState := full
	otherState.State = "state-2"
	foreign := newBox(t, issuer, "client-2", 1)
	for _, row := range []struct {
		name    string
		state   string
		cookies []cookie
		found   bool
	}{
		{"its own", "state-1", []cookie{good}, true},
		{"among others", "state-1", []cookie{{"a", "b"}, {c.attemptName("x"), good.value}, good}, true},
		{"no cookie", "state-1", nil, false},
		{"another state", "state-2", []cookie{good}, false},
		{"another state's name", "state-2", []cookie{{c.attemptName("state-2"), good.value}}, false},
		{"another state inside", "state-1", []cookie{{name, c.box.Seal(name, otherState.encode())}}, false},
		{"empty state", "", []cookie{{nameless, c.box.Seal(nameless, Attempt{Started: start}.encode())}}, false},
		{"longer state", "state-1x", []cookie{good}, false},
		{"there twice", "state-1", []cookie{good, good}, false},
		{"a planted one beside it", "state-1", []cookie{good, {name, "x"}}, false},
		{"truncated", "state-1", []cookie{{name, good.value[:len(good.value)-1]}}, false},
		{"another client's", "state-1", []cookie{{name, foreign.Seal(name, full.encode())}}, false},
		{"sealed as a session", "state-1", []cookie{{name, c.box.Seal(c.session[0], full.encode())}}, false},
		{"sealed, but no attempt", "state-1", []cookie{{name, c.box.Seal(name, []byte("state-1"))}}, false},
		{"sealed, and more", "state-1", []cookie{{name, c.box.Seal(name, append(full.encode(), 0))}}, false},
	} {
		a, err := c.Attempt(requestWith(row.cookies...), row.state)
		if row.found && (err != nil || a != full) || !row.found && (!errors.Is(err, ErrNoAttempt) || a != (Attempt{})) {
			t.Errorf("%s: Attempt = %+v, %v, want found %v", row.name, a, err, row.found)
		}
	}
}

func TestAttemptsAreLimitedToThree(t *testing.T) {
	c, clock := newCookies(t, site)
	b := newBrowser(t, site)
	states := []string{"first", "second", "third", "fourth", "fifth"}
	for i, state := range states {
		begin(t, c, b, Attempt{State: state, ReturnURL: "/" + state})
		if n := len(b.jar.Cookies(b.site)); n != min(i+1, 3) {
			t.Errorf("%d attempts: got %d cookies, want %d", i+1, n, min(i+1, 3))
		}
		clock.t = clock.t.Add(time.Second)
	}
	for i, state := range states {
		_, err := c.Attempt(b.request(), state)
		if (err == nil) != (i >= 2) {
			t.Errorf("%s of five: got %v, want the last three alone", state, err)
		}
	}
	// A restarted third attempt replaces itself only.
	begin(t, c, b, Attempt{State: "third", ReturnURL: "/again"})
	for state, want := range map[string]string{"third": "/again", "fourth": "/fourth", "fifth": "/fifth"} {
		if a, err := c.Attempt(b.request(), state); err != nil || a.ReturnURL != want {
			t.Errorf("%s: got %q, %v, want %q", state, a.ReturnURL, err, want)
		}
	}
}

func TestInvalidAttemptsAreDroppedFirst(t *testing.T) {
	c, clock := newCookies(t, site)
	at := func(state string, started time.Time) cookie {
		name := c.attemptName(state)
		return cookie{name, c.box.Seal(name, Attempt{State: state, Started: started}.encode())}
	}
	clock.t = start.Add(time.Hour)
	one, two := at("one", clock.t.Add(-time.Minute)), at("two", clock.t)
	stale, ahead := at("stale", start), at("ahead", clock.t.Add(time.Hour))
	broken, twice := cookie{c.attemptName("broken"), "x"}, at("twice", clock.t)
	notOurs := []cookie{{c.attempt + "short", "x"}, {c.attempt + "sixteen\r\nchars!!", "x"}, {c.attempt, ""},
		{"login-AAAAAAAAAAAAAAAA", "x"}, {c.session[0], "x"}, {"theme", "dark"}}
	brought := append(notOurs, ahead, twice, stale, one, broken, two, twice)
	h := http.Header{}
	if err := c.Begin(h, requestWith(brought...), Attempt{State: "new"}); err != nil {
		t.Fatal(err)
	}
	set, expired := cookiesSet(h)
	want := []string{ahead.name, twice.name, stale.name, broken.name}
	slices.Sort(want)
	slices.Sort(expired)
	if len(set) != 1 || set[0].name != c.attemptName("new") || !slices.Equal(expired, want) {
		t.Errorf("expired %q, want %q", expired, want)
	}
}

// Links from other sites must not fill a browser's request headers.
func TestLongReturnURLsAllowFewerAttempts(t *testing.T) {
	c, clock := newCookies(t, site)
	b := newBrowser(t, site)
	for i, state := range []string{"a", "b", "c", "d", "e"} {
		begin(t, c, b, Attempt{State: state, ReturnURL: strings.Repeat("/", []int{10, 500, 800, 300, 300}[i])})
		clock.t = clock.t.Add(time.Second)
		size := 0
		for _, c := range b.jar.Cookies(b.site) {
			size += sizeOf(c.Name, c.Value)
		}
		if _, err := c.Attempt(b.request(), state); err != nil || size > 1400 {
			t.Errorf("%s: got %v with %d bytes of cookies, want nil with at most 1400", state, err, size)
		}
	}
}

func TestAttemptTooLarge(t *testing.T) {
	c, _ := newCookies(t, site)
	largest := 0
	for n := 600; n < 1300; n++ {
		h := http.Header{}
		err := c.Begin(h, requestWith(), Attempt{State: "s", ReturnURL: strings.Repeat("/", n)})
		set, _ := cookiesSet(h)
		switch {
		case err == nil:
			largest = sizeOf(set[0].name, set[0].value)
		case !errors.Is(err, ErrTooLarge) || len(h) != 0:
			t.Errorf("got %v and %d cookies, want ErrTooLarge and none", err, len(set))
		}
	}
	if largest != 1400 {
		t.Errorf("largest attempt: got %d bytes, want 1400", largest)
	}
}

// A request with many invalid cookies costs a bounded number of decryptions and cookies set.
func TestManyAttemptsCostBoundedWork(t *testing.T) {
	c, _ := newCookies(t, site)
	var junk []cookie
	for i := range 1000 {
		junk = append(junk, cookie{c.attemptName(strings.Repeat("x", i)), "x"})
	}
	h := http.Header{}
	if err := c.Begin(h, requestWith(junk...), full); err != nil {
		t.Fatal(err)
	}
	if _, expired := cookiesSet(h); len(expired) != 16 {
		t.Errorf("got %d cookies expired, want 16", len(expired))
	}
}
