package diagnose

import (
	"context"
	"errors"
)

// Explain says what err means. A context.Canceled is not a failure: its
// Finding is empty.
func Explain(err error, c Context) Finding {
	if err == nil || errors.Is(err, context.Canceled) {
		return Finding{}
	}
	root, _ := ExplainText(err.Error(), c)
	return root
}

// ExplainText finds the failures in any text: the root one, then the others.
func ExplainText(text string, c Context) (root Finding, others []Finding) {
	return Finding{Cause: CauseUnknown}, nil
}

// Causes is the table of everything that can be recognised.
func Causes() []Entry { return nil }

// Support is what to put into a ticket.
func (f Finding) Support() string { return f.Title }
