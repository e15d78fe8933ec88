package lambdarun

import "time"

// usage is what processes have cost.
type usage struct {
	peak int64 // bytes resident, the most at any time
	cpu  time.Duration
}

func (u usage) plus(v usage) usage {
	return usage{peak: max(u.peak, v.peak), cpu: u.cpu + v.cpu}
}

// Starts returns how many processes have been started so far: 1 after Start, one
// more after each crash or timeout that was followed by an invoke.
func (f *Function) Starts() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.starts
}

// PeakMemory is the most bytes that any of the function's processes has had
// resident. A process that ended by itself, and was not killed by us, counts
// as of the last call. It is 0 on systems other than Linux.
func (f *Function) PeakMemory() int64 { return f.usage().peak }

// CPUTime is the user and system time of all the function's processes so far,
// their start included. On systems other than Linux a process counts when it
// has ended.
func (f *Function) CPUTime() time.Duration { return f.usage().cpu }

func (f *Function) usage() usage {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.process == nil {
		return f.past
	}
	return f.past.plus(f.process.usage())
}
