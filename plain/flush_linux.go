package plain

import (
	"os"

	"golang.org/x/sys/unix"
)

// FlushInput drops what was typed on a terminal and has not been read.
func FlushInput(terminal *os.File) {
	_ = unix.IoctlSetInt(int(terminal.Fd()), unix.TCFLSH, unix.TCIFLUSH)
}
