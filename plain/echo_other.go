//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly && !windows

package plain

import "errors"

// echoOff has other systems take the secret from standard input only.
func echoOff(int) error { return errors.ErrUnsupported }
