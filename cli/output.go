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
		steps.Orderly(&f)
		if err := printJSON(a.out, struct {
			OK      bool             `json:"ok"`
			Finding diagnose.Finding `json:"finding"`
		}{false, f}); err != nil {
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
