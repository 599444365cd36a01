package desktop

import (
	"os/exec"
	"syscall"
)

// detachedProcess is DETACHED_PROCESS: closing the console does not end the process
// (https://learn.microsoft.com/windows/win32/procthread/process-creation-flags).
const detachedProcess = 0x00000008

// withoutConsole lets a detached process outlive this console.
func withoutConsole(cmd *exec.Cmd) { cmd.SysProcAttr.CreationFlags |= detachedProcess }

// detach keeps a ctrl+c in this console away from the launcher.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
