//go:build !windows

package eventlog

// Write returns ErrNotWindows.
func Write(Entry) error { return ErrNotWindows }
