//go:build !unix

package m365

import "os/exec"

// endWithChildren does nothing: here only az itself is ended, and what it has
// started ends when it has asked.
func endWithChildren(*exec.Cmd) {}
