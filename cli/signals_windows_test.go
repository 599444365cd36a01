package cli

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

const hasSignals = false

// interruptible prepares a command that is going to be interrupted: Windows
// interrupts all processes of a group, and this one gets its own.
func interruptible(cmd *exec.Cmd) *exec.Cmd {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
	return cmd
}

// interrupt does to a running command what ctrl+break does; Windows sends
// ctrl+c to no group but the sender's
// (https://learn.microsoft.com/windows/console/generateconsolectrlevent).
func interrupt(cmd *exec.Cmd) error {
	return windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(cmd.Process.Pid)) //nolint:gosec // an ID
}
