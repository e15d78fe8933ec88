package lambdarun

import (
	"net"
	"sync"
	"sync/atomic"
)

// Network forwards TCP connections to an upstream, and ends them as connections end while
// Lambda freezes a function.
type Network struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	links []*link
}

// link is a forwarded connection.
type link struct {
	near, far net.Conn
	dropped   atomic.Bool
}

// StartNetwork listens on 127.0.0.1 and forwards to target, a host and port.
func StartNetwork(target string) (*Network, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n := &Network{listener: listener, target: target}
	go n.accept()
	return n, nil
}

// Address is the host and port that the network listens on.
func (n *Network) Address() string { return n.listener.Addr().String() }

// Hangup closes all connections, as an upstream does with those that are idle.
// New ones are forwarded.
func (n *Network) Hangup() {
	for _, l := range n.take() {
		l.close()
	}
}

// Drop forgets all connections without closing them, as a firewall does. What
// is sent on them is accepted and lost. New ones are forwarded.
func (n *Network) Drop() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range n.links {
		l.dropped.Store(true)
	}
}

// Close ends the network and all its connections.
func (n *Network) Close() error {
	err := n.listener.Close()
	n.Hangup()
	return err
}

func (n *Network) take() []*link {
	n.mu.Lock()
	defer n.mu.Unlock()
	links := n.links
	n.links = nil
	return links
}

func (n *Network) accept() {
	for {
		near, err := n.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", n.target)
		if err != nil {
			near.Close()
			continue
		}
		l := &link{near: near, far: far}
		n.mu.Lock()
		n.links = append(n.links, l)
		n.mu.Unlock()
		go l.forward(far, near)
		go l.forward(near, far)
	}
}

func (l *link) close() {
	l.near.Close()
	l.far.Close()
}

// forward copies bytes until the connection ends, or discards them when the
// connection has been dropped.
func (l *link) forward(to, from net.Conn) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if err == nil && !l.dropped.Load() {
			_, err = to.Write(b[:n])
		}
		if err != nil && l.dropped.Load() {
			return // the other side must not see it
		}
		if err != nil {
			l.close()
			return
		}
	}
}
