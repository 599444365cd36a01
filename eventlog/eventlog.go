// Package eventlog writes to the Windows Event Log.
package eventlog

import "errors"

// Source is the name under which entries stand in the Application log. The per-machine installer registers it, with
// EventCreate.exe as its message file: it shows the text of the events 1 to 1000 as it is.
const Source = "palmail"

// The reasons why nothing was written.
var (
	ErrNotWindows    = errors.New("only Windows has an Event Log")
	ErrNotRegistered = errors.New("the event source palmail is not registered on this computer")
)

// Entry is one entry of the log.
type Entry struct {
	ID      uint32 // 1 to 1000
	Serious bool   // an error, otherwise a warning
	Text    string
}
