package desktop

import (
	"os/exec"
	"syscall"
)

// detach keeps a ctrl+c in this console away from the launcher.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
