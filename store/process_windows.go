package store

import (
	"errors"
	"math"

	syswindows "golang.org/x/sys/windows"
)

// processAlive says whether a process with this ID is running on this machine.
// An ID that the system has reused for another process counts as alive.
func processAlive(pid int) bool {
	if pid <= 0 || int64(pid) > math.MaxUint32 {
		return false
	}
	h, err := syswindows.OpenProcess(syswindows.SYNCHRONIZE, false, uint32(pid)) //nolint:gosec // in range, see above
	if err != nil {
		// Somebody else's process is there, but may not be opened.
		return errors.Is(err, syswindows.ERROR_ACCESS_DENIED)
	}
	defer func() { _ = syswindows.CloseHandle(h) }()
	// A process that has ended stays openable while anybody holds a handle; its handle is signalled.
	event, err := syswindows.WaitForSingleObject(h, 0)
	return err == nil && event == uint32(syswindows.WAIT_TIMEOUT)
}
