package ptytest

import "golang.org/x/sys/unix"

// Echoes says whether the terminal shows by itself what is typed.
func (s *Terminal) Echoes() bool {
	s.t.Helper()
	raw, err := s.master.SyscallConn()
	if err != nil {
		s.t.Fatal(err)
	}
	echoes := false
	err = raw.Control(func(fd uintptr) {
		var mode *unix.Termios
		if mode, err = unix.IoctlGetTermios(int(fd), unix.TCGETS); err == nil {
			echoes = mode.Lflag&unix.ECHO != 0
		}
	})
	if err != nil {
		s.t.Fatalf("asking the terminal for its mode: %v", err)
	}
	return echoes
}
