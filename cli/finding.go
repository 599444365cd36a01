package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"palmail/clean"
	"palmail/diagnose"
	"palmail/steps"
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

// readLine reads one line of standard input, at most 4 KiB, until ctx ends.
// The read itself cannot be interrupted; when ctx ends first it is left
// behind, and ends with the program.
func (a *app) readLine(ctx context.Context) (string, error) {
	type result struct {
		line string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := bufio.NewReader(io.LimitReader(a.in, 4<<10)).ReadString('\n')
		if err == io.EOF && line != "" {
			err = nil
		}
		done <- result{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-done:
		if r.err != nil {
			return "", fmt.Errorf("reading standard input: %w", r.err)
		}
		return r.line, nil
	}
}
