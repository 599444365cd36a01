package desktop

import (
	"os/exec"
	"syscall"
)

// browserDetach keeps a ctrl+c in this console away from the launcher.
func browserDetach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
