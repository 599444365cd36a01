package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"palmail/clean"
	"palmail/diagnose"
	"palmail/steps"
	"palmail/store"
	"palmail/wizard"
)

// failed reports a finding: as the one JSON document, or in words on standard
// error. It returns what ends the program with code 1.
func (a *app) failed(asJSON bool, f diagnose.Finding, err error) error {
	if stopped := a.stopped(err); stopped != nil {
		return stopped
	}
	if asJSON {
		if err := a.printFailure(f); err != nil {
			return err
		}
	} else {
		printFinding(a.err, f)
	}
	if errors.Is(err, store.ErrInUse) {
		return codeError{code: exitInUse}
	}
	return codeError{code: exitFailed}
}

// failureDocument is the one JSON document of a command that could not begin.
type failureDocument struct {
	OK       bool                  `json:"ok"`
	Checks   []steps.CheckItem     `json:"checks,omitempty"`   // of check: all skipped
	Profiles *[]steps.ProfileCheck `json:"profiles,omitempty"` // of check --all: none
	Finding  *diagnose.Finding     `json:"finding,omitempty"`
	State    string                `json:"state,omitempty"`  // where nothing is set up
	Detail   string                `json:"detail,omitempty"` // the same in words
}

func (a *app) failureDocument() failureDocument {
	var d failureDocument
	switch {
	case a.verb != "check":
	case a.everyProfile:
		d.Profiles = &[]steps.ProfileCheck{}
	default:
		d.Checks = steps.NoChecks().Checks
	}
	return d
}

// printFailure prints the one JSON document of a failure.
func (a *app) printFailure(f diagnose.Finding) error {
	steps.Orderly(&f)
	d := a.failureDocument()
	d.Finding = &f
	return printJSON(a.out, d)
}

// written counts what a command writes to standard output.
type written struct {
	io.Writer
	n int
}

func (w *written) Write(p []byte) (int, error) {
	w.n += len(p)
	return w.Writer.Write(p)
}

// printMissingDocument prints the JSON document of a command that ended before it
// printed one, as with a wrong command line.
func (a *app) printMissingDocument(ctx context.Context, err error) {
	text := clean.Masked(clean.Text(err.Error()))
	first, rest, _ := strings.Cut(text, "\npalmail: hint: ")
	f := diagnose.Finding{Cause: diagnose.CauseUnknown, Title: first, Who: "You"}
	var usage usageError
	switch {
	case interrupted(ctx, err):
		f.Title = "The command was interrupted"
	case errors.As(err, &usage), strings.HasPrefix(text, "unknown command"):
		f.Cause = diagnose.CauseUsage
		f.Remedy = []string{"Correct the command: palmail --help lists the commands and flags."}
	}
	if rest != "" {
		f.Remedy = strings.Split(rest, "\npalmail: hint: ")
	}
	if err := a.printFailure(f); err != nil {
		printError(a.err, err)
	}
}

// stopped returns err when it only says that the program was told to end.
func (a *app) stopped(err error) error {
	if isCanceled(err) {
		return err
	}
	return nil
}

// printFinding writes a finding for people.
func printFinding(w io.Writer, f diagnose.Finding) {
	fmt.Fprint(w, "palmail: ")
	writeFinding(w, f)
}

// writeFinding writes a finding without saying who speaks.
func writeFinding(w io.Writer, f diagnose.Finding) {
	fmt.Fprintln(w, clean.Line(f.Title))
	line := func(label, text string) {
		if text = clean.Line(strings.ReplaceAll(text, "**", "")); text != "" {
			fmt.Fprintf(w, "  %s%s\n", label, text)
		}
	}
	line("", f.Explanation)
	for i, step := range f.Remedy {
		line(fmt.Sprintf("%d. ", i+1), step)
	}
	line("Who can do it: ", f.Who)
	line("Where: ", f.Link)
	line("Codes: ", strings.Join(f.Codes, " "))
	line("Request ID: ", f.RequestID)
	line("Correlation ID: ", f.CorrelationID)
	line("Time: ", f.Time)
}

func isCanceled(err error) bool { return errors.Is(err, context.Canceled) }

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// printError writes an error for people, without control characters or secrets.
func printError(w io.Writer, err error) {
	var coded codeError
	if errors.As(err, &coded) && coded.error == nil {
		return
	}
	if errors.Is(err, wizard.ErrInterrupted) || errors.Is(err, context.Canceled) {
		return
	}
	var usage usageError
	text := clean.Masked(clean.Text(err.Error()))
	_, _ = fmt.Fprintf(w, "palmail: %s\n", strings.TrimSpace(text))
	if errors.As(err, &usage) || strings.HasPrefix(text, "unknown command") {
		_, _ = fmt.Fprintln(w, "palmail: hint: palmail --help lists the commands and flags")
	}
}
