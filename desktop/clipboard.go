package desktop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/atotto/clipboard"
)

// clipboardDeadline bounds one copy: wl-copy and xclip wait for a display
// server that may not answer.
const clipboardDeadline = 2 * time.Second

// ErrNoClipboard is returned by CopyText where no clipboard of the admin's own
// screen can be reached from here; the terminal may still be asked to copy.
var ErrNoClipboard = errors.New("no clipboard can be reached from here; only the terminal itself can copy")

// clipboardBusy is true while a copy is under way, or hangs.
var clipboardBusy atomic.Bool

// CopyText puts text on the clipboard of this machine and returns where it
// went, in words. The error never contains the text.
func CopyText(ctx context.Context, text string) (how string, err error) {
	return copyText(ctx, text)
}

func copyText(ctx context.Context, text string) (string, error) {
	if !clipboardHere(runtime.GOOS, os.Getenv, browserInWSL(os.Getenv)) || clipboard.Unsupported {
		return "", ErrNoClipboard
	}
	if !clipboardBusy.CompareAndSwap(false, true) {
		return "", errors.New("the clipboard still hangs from the last copy")
	}
	ctx, cancel := context.WithTimeout(ctx, clipboardDeadline)
	defer cancel()
	done := make(chan error, 1)
	// The library takes no context and its helper program cannot be stopped
	// from here, so past the deadline this goroutine is left behind, and
	// clipboardBusy sees to it that there is never a second one.
	go func() {
		defer clipboardBusy.Store(false)
		done <- clipboard.WriteAll(text)
	}()
	select {
	case err := <-done:
		if err != nil {
			return "", fmt.Errorf("copying to the clipboard: %w", err)
		}
		return "the clipboard", nil
	case <-ctx.Done():
		return "", fmt.Errorf("copying to the clipboard: %w", ctx.Err())
	}
}

// clipboardHere says whether the clipboard of this machine is the admin's own.
// Over SSH it is not, even with a display: a copy would succeed on the wrong machine.
func clipboardHere(goos string, env func(string) string, wsl bool) bool {
	switch {
	case browserOverSSH(env):
		return false
	case goos == "windows", goos == "darwin", wsl:
		return true
	}
	return browserDisplay(env)
}
