package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// describeMachine says on what the numbers were taken.
func describeMachine() string {
	return fmt.Sprintf("%s %s/%s, %d cores (%s), an fsync of 4 KB takes %s in %s",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), field("/proc/cpuinfo", "model name"), fsyncTime().Round(time.Microsecond), os.TempDir())
}

// field reads "name : value" of a file of /proc; "unknown" where there is none.
func field(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// peakMemory is the largest resident memory that a process has had, in KB.
func peakMemory(pid int) (int, error) {
	text, _, _ := strings.Cut(field(filepath.Join("/proc", strconv.Itoa(pid), "status"), "VmHWM"), " ")
	kb, err := strconv.Atoi(text)
	if err != nil {
		return 0, errors.New("this system does not tell a process's peak memory")
	}
	return kb, nil
}

// fsyncTime is the median of a few syncs of one block: what no durable write can be faster than.
func fsyncTime() time.Duration {
	f, err := os.CreateTemp("", "giberno-bench")
	if err != nil {
		return 0
	}
	defer os.Remove(f.Name())
	defer f.Close()
	var took []time.Duration
	block := make([]byte, 4096)
	for range 21 {
		began := time.Now()
		if _, err := f.Write(block); err != nil || f.Sync() != nil {
			return 0
		}
		took = append(took, time.Since(began))
	}
	return median(took)
}

// median is the middle one; of an even number the lower of the two.
func median[T int | int64 | float64 | time.Duration](values []T) T {
	own := slices.Clone(values)
	slices.Sort(own)
	return own[(len(own)-1)/2]
}
