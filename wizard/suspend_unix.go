//go:build unix

package wizard

import (
	"os"

	"golang.org/x/sys/unix"
)

// suspendable returns whether a shell with job control can continue this process:
// a parent in the same session with a process group of its own. To a process group without one (orphaned, as
// when a terminal started the program itself) the system delivers no stop
// signal, and waiting for the wake-up would last for ever (POSIX, 2.4.3).
func suspendable() bool {
	parent := os.Getppid()
	ours, err := unix.Getsid(0)
	if err != nil {
		return false
	}
	theirs, err := unix.Getsid(parent)
	if err != nil || theirs != ours {
		return false
	}
	group, err := unix.Getpgid(parent)
	return err == nil && group != unix.Getpgrp()
}
