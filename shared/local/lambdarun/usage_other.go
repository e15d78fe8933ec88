//go:build !linux

package lambdarun

import "time"

func peakMemory(int) int64 { return 0 }

func cpuTime(int) time.Duration { return 0 }
