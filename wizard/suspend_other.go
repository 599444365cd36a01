//go:build !unix

package wizard

// suspendable returns false: this system has no job control.
func suspendable() bool { return false }
