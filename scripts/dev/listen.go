package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"
)

// listen opens the site's address and returns the origin that browsers use for
// it. For localhost it takes both loopback addresses, since browsers try both
// and another program on one of them would get some of the requests.
func listen(addr string) (listeners []net.Listener, origin string, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, "", fmt.Errorf("-addr %s: want host:port, such as localhost:8888", addr)
	}
	first := addr
	if host == "localhost" {
		first = net.JoinHostPort("127.0.0.1", port)
	}
	l, err := net.Listen("tcp", first)
	if err != nil {
		return nil, "", explain(err, "-addr", addr)
	}
	listeners = append(listeners, l)
	number := l.Addr().(*net.TCPAddr).Port
	if host == "localhost" {
		l, err := net.Listen("tcp", net.JoinHostPort("::1", strconv.Itoa(number)))
		if errors.Is(err, syscall.EADDRINUSE) {
			closeAll(listeners)
			return nil, "", explain(err, "-addr", addr)
		} else if err == nil { // else: a machine without IPv6
			listeners = append(listeners, l)
		}
	}
	return listeners, originOf(host, number), nil
}

// originOf names loopback and unspecified addresses localhost: the name, apart
// from the embedded Kinde's 127.0.0.1, makes the two cross-site as they are in
// production.
func originOf(host string, port int) string {
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		host = "localhost"
	}
	if port == 80 { // an origin never names its scheme's own port
		return "http://" + host
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(port))
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		l.Close()
	}
}

// explain adds what to do about an address that cannot be listened on.
func explain(err error, flag, addr string) error {
	if !errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s %s: %w", flag, addr, err)
	}
	return fmt.Errorf("%s is taken: another program listens there, perhaps a second dev; "+
		"stop it or choose another address with %s", addr, flag)
}
