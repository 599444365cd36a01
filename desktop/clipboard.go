package desktop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/atotto/clipboard"
)

// clipboardDeadline bounds one use of the clipboard: wl-copy and xclip wait for
// a display server that does not always answer, and the library cannot stop them.
// Tests on a busy machine set more.
var clipboardDeadline = 2 * time.Second

// ErrNoClipboard is returned where no clipboard of the admin's own screen can
// be reached from here; the terminal itself is often able to copy and paste.
var ErrNoClipboard = errors.New("no clipboard can be reached from here; only the terminal itself can copy and paste")

// oneClipboard keeps reading and writing apart: a helper that hangs blocks both.
var oneClipboard exclusive

// CopyText puts text on the clipboard of this machine within two seconds and
// returns where it went, in words. The error never contains the text.
func CopyText(ctx context.Context, text string) (where string, err error) {
	_, err = useClipboard(ctx, func() (string, error) { return "", clipboard.WriteAll(text) })
	switch {
	case errors.Is(err, ErrNoClipboard):
		return "", err
	case err != nil:
		return "", fmt.Errorf("copying to the clipboard: %w", err)
	}
	return "the clipboard", nil
}

// ReadClipboard returns the text on the clipboard of this machine within two
// seconds. It is uncleaned, of any length, and can be a secret.
func ReadClipboard(ctx context.Context) (string, error) {
	text, err := useClipboard(ctx, clipboard.ReadAll)
	switch {
	case errors.Is(err, ErrNoClipboard):
		return "", err
	case err != nil:
		return "", fmt.Errorf("reading the clipboard: %w", err)
	}
	return text, nil
}

func useClipboard(ctx context.Context, call func() (string, error)) (string, error) {
	if !clipboardReaches(runtime.GOOS, os.Getenv, inWSL(os.Getenv)) || clipboard.Unsupported {
		return "", ErrNoClipboard
	}
	return oneClipboard.within(ctx, clipboardDeadline, call)
}

// clipboardReaches says whether the clipboard of this machine is the admin's own.
// Over SSH it is not, even with a display: a copy would succeed on the wrong machine.
func clipboardReaches(goos string, env func(string) string, wsl bool) bool {
	switch {
	case overSSH(env):
		return false
	case goos == "windows", goos == "darwin", wsl:
		return true
	}
	return hasDisplay(env)
}
