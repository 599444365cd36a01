//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly && !windows

package wizard

// echoOff: on other systems the echo goes when the reading begins.
func echoOff(int) error { return nil }
