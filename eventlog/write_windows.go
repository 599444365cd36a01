package eventlog

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows"
)

// sourceKey is where a source of the Application log is registered, under HKEY_LOCAL_MACHINE.
const sourceKey = `SYSTEM\CurrentControlSet\Services\EventLog\Application\` + Source

// Write adds an entry to the Application log, or returns ErrNotRegistered. Windows would write the entry of a source
// that is not registered too, but shows it as one whose description cannot be found. Source:
// https://learn.microsoft.com/windows/win32/eventlog/event-sources. It calls Windows directly, since
// golang.org/x/sys/windows/svc/eventlog and registry make the program 10 KB larger.
func Write(e Entry) error {
	if err := registered(); err != nil {
		return err
	}
	source, err := windows.UTF16PtrFromString(Source)
	if err != nil {
		return fmt.Errorf("naming the event source: %w", err)
	}
	text, err := windows.UTF16PtrFromString(e.Text)
	if err != nil {
		return fmt.Errorf("encoding the entry: %w", err)
	}
	log, err := windows.RegisterEventSource(nil, source)
	if err != nil {
		return fmt.Errorf("opening the Event Log: %w", err)
	}
	defer func() { _ = windows.DeregisterEventSource(log) }()
	kind := uint16(windows.EVENTLOG_WARNING_TYPE)
	if e.Serious {
		kind = windows.EVENTLOG_ERROR_TYPE
	}
	if err := windows.ReportEvent(log, kind, 0, e.ID, 0, 1, 0, &text, nil); err != nil {
		return fmt.Errorf("writing to the Event Log: %w", err)
	}
	return nil
}

func registered() error {
	name, err := windows.UTF16PtrFromString(sourceKey)
	if err != nil {
		return fmt.Errorf("naming the event source: %w", err)
	}
	var key windows.Handle
	err = windows.RegOpenKeyEx(windows.HKEY_LOCAL_MACHINE, name, 0, windows.KEY_QUERY_VALUE, &key)
	if errors.Is(err, windows.ERROR_FILE_NOT_FOUND) {
		return ErrNotRegistered
	}
	if err != nil {
		return fmt.Errorf("looking for the event source: %w", err)
	}
	_ = windows.RegCloseKey(key)
	return nil
}
