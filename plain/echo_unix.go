//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package plain

import "golang.org/x/sys/unix"

// echoOff has the terminal show nothing of what is typed from now on, and hand
// it over by lines.
func echoOff(fd int) error {
	t, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return err
	}
	t.Lflag &^= unix.ECHO
	t.Lflag |= unix.ICANON | unix.ISIG
	t.Iflag |= unix.ICRNL
	return unix.IoctlSetTermios(fd, setTermios, t)
}
