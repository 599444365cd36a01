//go:build unix

package m365

import (
	"os/exec"
	"syscall"
)

// endWithChildren makes a cancelled az end with all it has started: az is a
// script, and the Python below it would go on.
func endWithChildren(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
