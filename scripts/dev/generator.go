package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"regexp"
	"strconv"
	"sync"
	"time"
)

// endTime is how long a generator's server may take to end.
const endTime = 3 * time.Second

// generator is a site generator's development server, which serves the pages in place of
// a published folder. Its WebSocket, by which pages reload, passes through.
type generator struct {
	line string // the command
	cmd  *exec.Cmd
	log  *lines

	mu    sync.Mutex
	port  int           // 0 until it is known
	known chan struct{} // closed then
	proxy http.Handler  // set then
}

// portTime is how long a request waits for the port.
const portTime = 20 * time.Second

// startGenerator runs the command line in dir. With port 0 the port is the one of the
// first local address that the command prints.
func startGenerator(dir, line string, port int, screen *terminal) (*generator, error) {
	g := &generator{line: line, cmd: shell(line), log: screen.named("site"), known: make(chan struct{})}
	g.setPort(port)
	g.cmd.Dir = dir
	g.cmd.Stdout = generatorOutput{g}
	g.cmd.Stderr = g.cmd.Stdout
	g.cmd.WaitDelay = endTime
	if err := g.cmd.Start(); err != nil {
		return nil, fmt.Errorf("-site-command %q: %w", line, err)
	}
	return g, nil
}

// run waits until the command or ctx ends, and leaves no process behind.
func (g *generator) run(ctx context.Context) error {
	ended := make(chan error, 1)
	go func() { ended <- g.cmd.Wait() }()
	defer g.log.flush()
	select {
	case err := <-ended:
		killGroup(g.cmd.Process)
		if err == nil {
			return fmt.Errorf("-site-command %q has ended", g.line)
		}
		return fmt.Errorf("-site-command %q: %w", g.line, err)
	case <-ctx.Done():
	}
	endGroup(g.cmd.Process)
	select {
	case <-ended:
	case <-time.After(endTime):
		killGroup(g.cmd.Process)
		<-ended
	}
	killGroup(g.cmd.Process) // what outlived the shell
	return nil
}

// setPort sets the port, unless it is known.
func (g *generator) setPort(port int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if port == 0 || g.port != 0 {
		return
	}
	g.port = port
	// localhost, because some servers listen on ::1 alone. The request's own Host stays:
	// it is localhost too.
	target := &url.URL{Scheme: "http", Host: "localhost:" + strconv.Itoa(port)}
	g.proxy = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		FlushInterval: -1, // server-sent events
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			g.unavailable(w, fmt.Sprintf("The site's server at %s does not respond: %v", target, err))
		},
	}
	close(g.known)
}

func (g *generator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case <-g.known:
	case <-r.Context().Done():
		return
	case <-time.After(portTime):
		g.unavailable(w, fmt.Sprintf("%q has not printed its address yet. -site-port names its port.", g.line))
		return
	}
	control := http.NewResponseController(w) // streams have no time limit
	_ = control.SetReadDeadline(time.Time{})
	_ = control.SetWriteDeadline(time.Time{})
	g.proxy.ServeHTTP(w, r)
}

// unavailable responds with a page that the browser reloads in a second.
func (g *generator) unavailable(w http.ResponseWriter, text string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Refresh", "1")
	http.Error(w, text, http.StatusServiceUnavailable)
}

var (
	localAddress = regexp.MustCompile(`https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):(\d{1,5})\b`)
	styling      = regexp.MustCompile("\x1b\\[[0-9;]*m")
)

// generatorOutput shows what the command prints and finds its address there.
type generatorOutput struct{ g *generator }

func (o generatorOutput) Write(p []byte) (int, error) {
	n, err := o.g.log.Write(p)
	if found := localAddress.FindSubmatch(styling.ReplaceAll(p, nil)); found != nil {
		if port, err := strconv.Atoi(string(found[1])); err == nil && port <= 65535 {
			o.g.setPort(port)
		}
	}
	return n, err
}
