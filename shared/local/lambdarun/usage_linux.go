package lambdarun

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

// peakMemory reads the high-water mark of a running process. The rusage that
// comes with its end will not do: it starts from our own size at the fork.
func peakMemory(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, found := bytes.Cut(status, []byte("\nVmHWM:"))
	if !found {
		return 0
	}
	line, _, _ := bytes.Cut(rest, []byte(" kB"))
	kilobytes, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 10, 64)
	if err != nil {
		return 0
	}
	return kilobytes << 10
}

// cpuTime reads the CPU clock of a running process, exact to the nanosecond
// where /proc/<pid>/stat counts in hundredths of a second. The clock's number
// is made from the pid as clock_getcpuclockid(3) makes it.
func cpuTime(pid int) time.Duration {
	const cpuClock = 2 // CPUCLOCK_SCHED
	var ts syscall.Timespec
	_, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME,
		uintptr(^pid<<3|cpuClock), uintptr(unsafe.Pointer(&ts)), 0)
	if errno != 0 {
		return 0
	}
	return time.Duration(ts.Nano())
}
