//go:build !unix

package wizard

// suspendable: this system stops no process from its terminal.
func suspendable() bool { return false }
