package lambdarun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// MaxPayload is the largest event and the largest response of a synchronous
// invocation, in bytes.
const MaxPayload = 6 << 20

// initLimit is Lambda's limit until a new process requests its first event.
const initLimit = 10 * time.Second

var (
	// ErrExited means that the process ended before it responded.
	ErrExited = errors.New("lambdarun: the function's process exited")
	// ErrTimedOut means that the function outlasted its timeout, or its
	// start Lambda's 10 seconds. The process has been killed.
	ErrTimedOut = errors.New("lambdarun: the function timed out")
	// ErrTooLarge means that the event is over MaxPayload.
	ErrTooLarge = errors.New("lambdarun: the event is over 6 MB")
	// ErrClosed means that Close was called.
	ErrClosed = errors.New("lambdarun: the function is closed")
)

// FunctionError is an error or a panic that the function reported to the Runtime API.
type FunctionError struct {
	Type    string // errorType
	Message string // errorMessage
}

func (e *FunctionError) Error() string {
	return fmt.Sprintf("lambdarun: the function failed: %s: %s", e.Type, e.Message)
}

// Options are the options of Start.
type Options struct {
	// Binary is the built function.
	Binary string
	// Dir is the process's working directory; empty means the binary's own
	// folder, which is what /var/task is on Lambda.
	Dir string
	// Env is the process's environment, as "NAME=value", besides the variables
	// that Lambda sets. Nothing is inherited. If Env is nil, only PATH, LANG
	// and TZ are set, as on Lambda, so that a setting that is missing on the
	// host is missing here.
	Env []string
	// MemoryMB is the memory size that the function sees; 0 means 128. It is
	// not enforced.
	MemoryMB int
	// Timeout is the Lambda timeout of one invoke; 0 means 10 s.
	Timeout time.Duration
	// Output receives the process's standard output and standard error, and
	// Handler's errors, one write at a time. If nil, they are discarded.
	Output io.Writer
}

// Function is a function ready to be invoked. Its methods may be called from
// several goroutines.
type Function struct {
	opts Options
	// running is held by the current invocation. A Lambda instance receives one event at
	// a time; where Lambda would start another instance, callers wait.
	running chan struct{}
	closed  chan struct{}
	closing sync.Once
	took    atomic.Int64 // nanoseconds; see Duration

	mu      sync.Mutex
	process *process // nil after a crash or a timeout, until the next invoke
	starts  int
	past    usage // of the processes that have ended
}

// Start runs the binary and returns when it requests its first event. ctx bounds the start
// alone; Close ends the function.
//
// The error is a *FunctionError when the function reported a failed init,
// and wraps ErrExited or ErrTimedOut when the process ended or did not ask
// for an event within 10 seconds.
func Start(ctx context.Context, o Options) (*Function, error) {
	binary, err := filepath.Abs(o.Binary)
	if err != nil {
		return nil, fmt.Errorf("lambdarun: %w", err)
	}
	o.Binary = binary
	if o.Dir == "" {
		o.Dir = filepath.Dir(binary)
	}
	if o.MemoryMB == 0 {
		o.MemoryMB = 128
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Output == nil {
		o.Output = io.Discard
	}
	o.Output = &lockedWriter{to: o.Output}
	f := &Function{opts: o, running: make(chan struct{}, 1), closed: make(chan struct{})}
	if _, err := f.restart(ctx); err != nil {
		return nil, err
	}
	return f, nil
}

// Invoke passes the event to the function and returns its response. Calls run
// one after the other. A process that has ended since the last invocation is
// replaced first.
//
// The error is a *FunctionError, or wraps ErrExited, ErrTimedOut, ErrTooLarge,
// ErrClosed or ctx's error. When ctx ends first, Invoke returns and the function
// continues, as on Lambda; the next invocation waits for it.
func (f *Function) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	if len(event) > MaxPayload {
		return nil, ErrTooLarge
	}
	select {
	case f.running <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-f.closed:
		return nil, ErrClosed
	}
	done := make(chan outcome, 1)
	go func() {
		payload, err := f.invoke(event)
		<-f.running
		done <- outcome{payload: payload, err: err}
	}()
	select {
	case o := <-done:
		return o.payload, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Duration returns how long the last event took, as Lambda counts it: from
// passing the event to the process until its response has arrived.
func (f *Function) Duration() time.Duration { return time.Duration(f.took.Load()) }

// invoke runs one event. The caller holds f.running.
func (f *Function) invoke(event []byte) ([]byte, error) {
	inv := newInvocation(event, f.opts.Timeout)
	timer := time.NewTimer(f.opts.Timeout)
	defer timer.Stop()
	p, err := f.deliver(inv, timer)
	if err != nil {
		return nil, err
	}
	timer.Reset(f.opts.Timeout) // the function's time starts when it has the event
	select {
	case o := <-inv.done:
		f.took.Store(int64(o.took))
		return o.payload, o.err
	case <-p.exited:
		f.retire(p)
		select {
		case o := <-inv.done: // it responded, then exited
			f.took.Store(int64(o.took))
			return o.payload, o.err
		default:
			return nil, fmt.Errorf("%w during an invoke: %s", ErrExited, p.ending)
		}
	case <-timer.C:
		return nil, f.timeOut(p)
	case <-f.closed:
		return nil, ErrClosed
	}
}

// deliver waits until a process has taken the event, and starts one if necessary.
func (f *Function) deliver(inv *invocation, timer *time.Timer) (*process, error) {
	for range 2 {
		p, err := f.alive()
		if err != nil {
			return nil, err
		}
		timer.Reset(f.opts.Timeout) // a start has a limit of its own
		select {
		case p.api.events <- inv:
			return p, nil
		case <-p.exited: // between two invokes: the event goes to the next process
			f.retire(p)
		case <-timer.C: // still busy after its last response
			return nil, f.timeOut(p)
		case <-f.closed:
			return nil, ErrClosed
		}
	}
	return nil, fmt.Errorf("%w twice without taking the event", ErrExited)
}

func (f *Function) timeOut(p *process) error {
	f.retire(p)
	return fmt.Errorf("%w after %v", ErrTimedOut, f.opts.Timeout)
}

// alive returns the running process, or a new one.
func (f *Function) alive() (*process, error) {
	f.mu.Lock()
	p := f.process
	f.mu.Unlock()
	if p != nil && !p.gone() {
		return p, nil
	}
	if p != nil {
		f.retire(p)
	}
	return f.restart(context.Background())
}

// restart starts a process and waits until it requests an event.
func (f *Function) restart(ctx context.Context) (*process, error) {
	p, err := startProcess(f.opts)
	if err != nil {
		return nil, fmt.Errorf("lambdarun: %w", err)
	}
	f.mu.Lock()
	f.process = p
	f.starts++
	f.mu.Unlock()
	if err := f.initialized(ctx, p); err != nil {
		f.retire(p)
		return nil, err
	}
	return p, nil
}

func (f *Function) initialized(ctx context.Context, p *process) error {
	limit := time.NewTimer(initLimit)
	defer limit.Stop()
	select {
	case <-p.api.ready:
		return nil
	case err := <-p.api.initError:
		return err
	case <-p.exited:
		select {
		case err := <-p.api.initError:
			return err
		default:
			return fmt.Errorf("%w before its first event: %s", ErrExited, p.ending)
		}
	case <-limit.C:
		return fmt.Errorf("%w: no request for an event within %v", ErrTimedOut, initLimit)
	case <-f.closed:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retire kills the process, unless it has exited, and adds up its usage.
func (f *Function) retire(p *process) {
	p.stop()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.process == p {
		f.process = nil
		f.past = f.past.plus(p.usage())
	}
}

// Close kills the process and its children, and waits until they have ended. An invoke in progress ends with ErrClosed.
// Further calls do nothing.
func (f *Function) Close() error {
	f.closing.Do(func() {
		close(f.closed)
		f.running <- struct{}{} // the running invocation ends; no other begins
		f.mu.Lock()
		p := f.process
		f.mu.Unlock()
		if p != nil {
			f.retire(p)
		}
	})
	return nil
}

// Freeze stops the process, as Lambda does between invocations, until Thaw. An
// invoke meanwhile waits. The error is errors.ErrUnsupported except on Unix, and
// wraps ErrExited when no process is running.
func (f *Function) Freeze() error { return f.signal(freeze) }

// Thaw continues a process that Freeze has stopped.
func (f *Function) Thaw() error { return f.signal(thaw) }

func (f *Function) signal(send func(*os.Process) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.process == nil || f.process.gone() {
		return ErrExited
	}
	return send(f.process.cmd.Process)
}

// nameOf returns the function's name in the process's environment.
func nameOf(binary string) string {
	return strings.TrimSuffix(filepath.Base(binary), ".exe")
}

// lockedWriter serializes the writes of the process and of this package.
type lockedWriter struct {
	mu sync.Mutex
	to io.Writer
}

func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}
