//go:build unix

package cli

import (
	"os"
	"os/exec"
)

// hasSignals says whether a process can be sent SIGTERM and SIGHUP here.
const hasSignals = true

// interruptible prepares a command that is going to be interrupted.
func interruptible(cmd *exec.Cmd) *exec.Cmd { return cmd }

// interrupt does to a running command what ctrl+c does.
func interrupt(cmd *exec.Cmd) error { return cmd.Process.Signal(os.Interrupt) }
