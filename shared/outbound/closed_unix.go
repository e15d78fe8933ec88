//go:build unix

package outbound

import "syscall"

// closed reports whether the other end has closed the idle connection, or sent
// bytes without a request, such as the alert that precedes the end of TLS. It
// peeks and takes no byte away from the connection's reader.
func (c *conn) closed() bool {
	socket, ok := c.Conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return true
	}
	var peekErr error
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		_, _, peekErr = syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	})
	return err != nil || peekErr != syscall.EAGAIN // nil: the end, or a byte
}
