//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package wizard

import "golang.org/x/sys/unix"

// echoOff has the terminal show nothing of what is typed from now on.
func echoOff(fd int) error {
	t, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return err
	}
	t.Lflag &^= unix.ECHO
	return unix.IoctlSetTermios(fd, setTermios, t)
}
