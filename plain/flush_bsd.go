//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package plain

import (
	"os"

	"golang.org/x/sys/unix"
)

// readQueue is FREAD of sys/fcntl.h, which TIOCFLUSH takes for the queue of typed characters.
const readQueue = 1

// FlushInput drops what was typed on a terminal and has not been read.
func FlushInput(terminal *os.File) {
	_ = unix.IoctlSetPointerInt(int(terminal.Fd()), unix.TIOCFLUSH, readQueue)
}
