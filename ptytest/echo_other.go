//go:build !linux

package ptytest

// Echoes says whether the terminal shows by itself what is typed. Here that is
// not known, and it says no.
func (s *Terminal) Echoes() bool { return false }
