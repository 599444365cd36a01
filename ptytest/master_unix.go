//go:build unix

package ptytest

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// pollable returns master as a file whose reads do not hold it open: closing
// it must reach the program at once, and a blocking read would keep it.
func pollable(master *os.File) (*os.File, error) {
	defer master.Close()
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("duplicating the pty: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("making the pty pollable: %w", err)
	}
	return os.NewFile(uintptr(fd), master.Name()), nil
}

// setSize sets the window's size, without File.Fd, which would make reads block.
func setSize(master *os.File, cols, rows int) error {
	raw, err := master.SyscallConn()
	if err != nil {
		return err
	}
	size := unix.Winsize{Col: uint16(cols), Row: uint16(rows)}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &size) })
	if err != nil {
		return err
	}
	return failed
}
