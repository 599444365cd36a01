//go:build !windows

package desktop

import (
	"context"
	"errors"
)

// openBySystem is not there: launchers are programs on this system.
func openBySystem(context.Context, string) error {
	return errors.New("this system opens addresses by programs")
}

// hasNoBrowser is for an edition of Windows.
func hasNoBrowser() bool { return false }
