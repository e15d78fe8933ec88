package lambdarun

import (
	"os/exec"
	"sync"
	"sync/atomic"
	"time"
)

// process is one run of the binary. It has its own Runtime API, so that a process
// that is exiting cannot take an event of the next one.
type process struct {
	cmd      *exec.Cmd
	api      *runtimeAPI
	stopping sync.Once
	peak     atomic.Int64 // the last reading of peakMemory

	exited chan struct{} // closed when the process has ended; the rest may be read then
	ending string        // how it ended, such as "exit status 1"
	cpu    time.Duration
}

func startProcess(o Options) (*process, error) {
	api, err := listen(nameOf(o.Binary))
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(o.Binary)
	cmd.Dir = o.Dir
	cmd.Env = environment(o, api.address())
	cmd.Stdout, cmd.Stderr = o.Output, o.Output
	// A child of the function may keep the pipe open after it: do not wait.
	cmd.WaitDelay = time.Second
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		api.close()
		return nil, err
	}
	p := &process{cmd: cmd, api: api, exited: make(chan struct{})}
	go p.wait()
	return p, nil
}

func (p *process) wait() {
	// The error repeats the state or concerns the pipe.
	_ = p.cmd.Wait()
	killGroup(p.cmd.Process) // its remaining children
	p.api.close()
	p.ending = p.cmd.ProcessState.String()
	p.cpu = p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
	close(p.exited)
}

// stop kills the process and its children if it still runs, and waits for its end.
func (p *process) stop() {
	p.stopping.Do(func() {
		if !p.gone() {
			p.usage() // the kernel forgets the peak with the process
			killGroup(p.cmd.Process)
		}
	})
	<-p.exited
}

func (p *process) gone() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// usage returns the process's usage so far, or its total.
func (p *process) usage() usage {
	if p.gone() {
		return usage{peak: p.peak.Load(), cpu: p.cpu}
	}
	pid := p.cmd.Process.Pid
	p.peak.Store(max(p.peak.Load(), peakMemory(pid)))
	return usage{peak: p.peak.Load(), cpu: cpuTime(pid)}
}
