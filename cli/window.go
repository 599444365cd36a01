package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"palmail/plain"
)

// stopLimit is how long leaving the screens waits for what is under way; zero is the wizard's own limit. Windows
// ends a program 5 seconds after its window was closed, and sooner at the end of a session. Source:
// https://learn.microsoft.com/windows/console/handlerroutine#timeouts.
func stopLimit(goos string) time.Duration {
	if goos == "windows" {
		return 3 * time.Second
	}
	return 0
}

// leaveOldConsole turns to questions line by line in a window that refuses control sequences, and says so.
func (a *app) leaveOldConsole() {
	if a.window.Escapes || a.wantsLines() {
		return
	}
	a.plain = true
	fmt.Fprintln(a.out, "This window cannot show palmail's screens, so palmail asks line by line (--plain).\n"+
		"To see the screens, clear \"Use legacy console\" in the window's properties, or use Windows Terminal.")
}

// keepWindow waits for a key before a window closes that was opened for this run only: after a double-click
// nobody could read the summary otherwise. When the window is being closed, it does not wait.
func (a *app) keepWindow(ctx context.Context) {
	if !a.window.Own || ctx.Err() != nil || !a.inTerminal() || !a.outTerminal() {
		return
	}
	fmt.Fprint(a.out, "\nPress any key to close this window. ")
	waitForKey(ctx, a.in)
}

// waitForKey returns after the next key or the end of ctx. Keys typed before do not count. The read cannot be
// interrupted; when ctx ends first it is left behind, and ends with the program.
func waitForKey(ctx context.Context, in *os.File) {
	state, err := term.MakeRaw(int(in.Fd()))
	if err == nil {
		defer func() { _ = term.Restore(int(in.Fd()), state) }()
	}
	plain.FlushInput(in)
	pressed := make(chan struct{})
	go func() {
		defer close(pressed)
		_, _ = in.Read(make([]byte, 16))
	}()
	select {
	case <-pressed:
	case <-ctx.Done():
	}
}
