//go:build !windows

package desktop

import (
	"os/exec"
	"syscall"
)

// withoutConsole does nothing: a process with a session of its own outlives the terminal.
func withoutConsole(*exec.Cmd) {}

// detach gives the launcher a session of its own: it has no terminal to
// draw on, and ctrl+c here does not end it. Without Stdin, Stdout and Stderr
// os/exec connects it to the null device.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
}
