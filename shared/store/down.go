package store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/gomodule/redigo/redis"
)

var (
	errTooLarge   = errors.New("answer is too large")
	errUnexpected = errors.New("answer is not of the kind asked for")
)

// failed is the error of a step that err ended: ErrDown, or the context's when the
// caller's own time was over, which says nothing of the store.
func failed(ctx context.Context, step string, err error) error {
	deadline, ok := ctx.Deadline()
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("store: %s: %w", step, ctx.Err())
	case ok && !time.Now().Before(deadline): // a socket's timer may fire before the context's
		return fmt.Errorf("store: %s: %w", step, context.DeadlineExceeded)
	case errors.Is(err, ErrDown):
		return err
	}
	return down(step, err)
}

func down(step string, err error) error {
	return fmt.Errorf("%w: %s: %s", ErrDown, step, reason(err))
}

// reason puts err in words of our own. Redis quotes commands in its errors, keys and
// values with them, and certificates say what their maker likes.
func reason(err error) string {
	if e, ok := errors.AsType[redis.Error](err); ok {
		return "answered " + errorCode(string(e))
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return certificateReason(err)
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "does not speak TLS"
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return "refused the TLS handshake"
	}
	timeout, isNet := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), isNet && timeout.Timeout():
		return "timed out"
	case errors.Is(err, errTooLarge), errors.Is(err, errUnexpected):
		return err.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed"
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "host not found"
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno.Error()
	}
	return "answer is not a Redis's"
}

func certificateReason(err error) string {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "certificate is another host's"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "certificate is signed by an authority unknown here"
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return "certificate has expired or is not valid yet"
	}
	return "certificate is refused"
}

// errorCode is the first word of an error reply, by which Redis tells its errors
// apart: NOAUTH, WRONGPASS, OOM, READONLY.
func errorCode(reply string) string {
	code, _, _ := strings.Cut(reply, " ")
	if len(code) > 20 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || code == "" {
		return "an error"
	}
	return code
}
