package desktop

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// shellDeadline is how long ShellExecute can take: it returns when the browser
// was started, which a busy machine does slowly.
const shellDeadline = 10 * time.Second

// openBySystem has Windows open the address with the default browser. Unlike
// rundll32, which ends with 0 whatever happens, and whose use defenders report, it
// says whether anything was started. The address has been checked.
// https://learn.microsoft.com/windows/win32/api/shellapi/nf-shellapi-shellexecutew
func openBySystem(ctx context.Context, address string) error {
	verb, err := windows.UTF16PtrFromString("open")
	if err != nil {
		return err
	}
	target, err := windows.UTF16PtrFromString(address)
	if err != nil {
		return err
	}
	_, err = within(ctx, shellDeadline, func() (struct{}, error) {
		// Shell extensions can need COM, which belongs to a thread.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if windows.CoInitializeEx(0, windows.COINIT_APARTMENTTHREADED|windows.COINIT_DISABLE_OLE1DDE) == nil {
			defer windows.CoUninitialize()
		}
		return struct{}{}, windows.ShellExecute(0, verb, target, nil, nil, windows.SW_SHOWNORMAL)
	})
	switch {
	case errors.Is(err, windows.ERROR_NO_ASSOCIATION), errors.Is(err, windows.ERROR_FILE_NOT_FOUND):
		return ErrNoBrowser
	case err != nil:
		return fmt.Errorf("opening the browser: %w", err)
	}
	return nil
}

// hasNoBrowser says whether this is Windows Server without a desktop, which has
// no browser. InstallationType is Client, Server, or Server Core.
// https://learn.microsoft.com/windows-server/administration/server-core/what-is-server-core
var hasNoBrowser = sync.OnceValue(func() bool {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Windows NT\CurrentVersion`,
		registry.QUERY_VALUE)
	if err != nil {
		return false
	}
	defer key.Close()
	kind, _, err := key.GetStringValue("InstallationType")
	return err == nil && (kind == "Server Core" || kind == "Nano Server")
})
