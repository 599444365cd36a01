//go:build !windows

package store

import (
	"errors"
	"syscall"
)

// processAlive says whether a process with this ID is running on this machine.
// An ID that the system has reused for another process counts as alive.
func processAlive(pid int) bool {
	if pid <= 0 {
		return false
	}
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
