//go:build !windows

package store

import (
	"errors"
	"syscall"
)

// processAlive says whether a process of this number runs on this machine. A number
// that the system has given to another process since counts as alive.
func processAlive(pid int) bool {
	if pid <= 0 {
		return false
	}
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
