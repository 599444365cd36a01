package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"palmail/steps/progress"
	"palmail/store"
	"palmail/wizard"
)

// usageError is a wrong command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// codeError ends the program with a code of its own; a nil error prints nothing.
type codeError struct {
	code int
	error
}

// Error implements error, also where there is nothing to say but the code.
func (e codeError) Error() string {
	if e.error == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.error.Error()
}

func (e codeError) Unwrap() error { return e.error }

// The exit codes; see the README.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitSoon        = 3
	exitUnfinished  = 4
	exitInUse       = 5
	exitInterrupted = 130
)

// outcomeCode is the exit code of how a profile stands.
func outcomeCode(o progress.Outcome) int {
	switch o {
	case progress.Good:
		return exitDone
	case progress.ExpiresSoon:
		return exitSoon
	case progress.Unfinished, progress.Expired:
		return exitUnfinished
	}
	return exitFailed
}

// outcomeError ends the program with the code of how the profiles stand, nil for a good outcome.
func outcomeError(o progress.Outcome) error {
	if o == progress.Good {
		return nil
	}
	return codeError{code: outcomeCode(o)}
}

func exitCode(ctx context.Context, err error) int {
	var usage usageError
	var coded codeError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &coded):
		return coded.code
	case errors.As(err, &usage), strings.HasPrefix(err.Error(), "unknown command"):
		return exitUsage
	case interrupted(ctx, err):
		return exitInterrupted
	case errors.Is(err, store.ErrInUse):
		return exitInUse
	}
	return exitFailed
}

// interrupted says whether err means that the admin or the system ended the program.
func interrupted(ctx context.Context, err error) bool {
	return errors.Is(err, wizard.ErrInterrupted) || ctx.Err() != nil && errors.Is(err, context.Canceled)
}
