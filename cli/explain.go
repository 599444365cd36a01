package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"palmail/charset"
	"palmail/diagnose"
	"palmail/steps"
)

// explainOptions are the argument and the flags of explain.
type explainOptions struct {
	files  []string // at most one
	during string   // a stage
	json   bool
}

func (a *app) explainCommand() *cobra.Command {
	var o explainOptions
	c := &cobra.Command{
		Use:   "explain [FILE|-]",
		Short: "Say what an error text means",
		Long: "Says what an error means: its cause, the remedy, and who can do it. The text can come from palmail, " +
			"PAL's log, a ticket or another product, with anything around it, or be a mail that came back or the " +
			"headers of one that arrived (--during bounce). Secrets and tokens in it are masked. It is read from " +
			"FILE, from standard input, or pasted when there is a terminal. Nothing is sent anywhere. " +
			"The exit code is 0 when the cause is known and 1 when it is not.",
		Example: "palmail explain pal.log\npalmail explain --during send --json < error.txt",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{errors.New("one file, or - for standard input")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.files = args
			return a.explain(cmd.Context(), o)
		},
	}
	c.Flags().StringVar(&o.during, "during", "", "what was being done: "+stageNames())
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON document")
	return c
}

func stageNames() string {
	var names []string
	for _, s := range diagnose.Stages {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

func (a *app) explain(ctx context.Context, o explainOptions) error {
	during := diagnose.Stage(strings.ToLower(o.during))
	if during != "" && !slices.Contains(diagnose.Stages, during) {
		return usageError{fmt.Errorf("--during %s: it is one of %s", during, stageNames())}
	}
	if len(o.files) == 0 && a.inTerminal() && !o.json && (a.outTerminal() || a.wantsLines()) {
		return a.explainPasted(ctx, during)
	}
	// A log passes through in pieces; collecting them early keeps the program
	// small on a server, for some milliseconds more.
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	text, err := a.explained(ctx, o.files)
	if err != nil {
		return err
	}
	root, others := diagnose.ExplainText(text, diagnose.Context{Stage: during, Now: now()})
	steps.FillRemedies(&root, steps.RemedyValues{ClientID: a.given.ClientID, Mailbox: a.given.Mailbox})
	if o.json {
		steps.Orderly(&root)
		if err := printJSON(a.out, root); err != nil {
			return err
		}
	} else {
		printExplained(a.out, root, others)
	}
	return explainedCode(root)
}

func explainedCode(f diagnose.Finding) error {
	if f.Cause == diagnose.CauseUnknown {
		return codeError{code: exitFailed}
	}
	return nil
}

// explained reads the text to explain from a file or from standard input.
func (a *app) explained(ctx context.Context, args []string) (string, error) {
	var in io.Reader = a.in
	name := "standard input"
	if len(args) == 1 && args[0] != "-" {
		f, err := os.Open(args[0])
		if err != nil {
			return "", usageError{err}
		}
		defer f.Close()
		in, name = f, args[0]
	}
	type result struct {
		text string
		err  error
	}
	// A pipe that never ends cannot be interrupted; the read ends with the program then.
	done := make(chan result, 1)
	go func() {
		text, err := diagnose.Excerpt(in)
		switch {
		case errors.Is(err, diagnose.ErrTooLarge):
			err = usageError{fmt.Errorf("%s is larger than 10 MB: cut out the part around the failure", name)}
		case err != nil:
			err = fmt.Errorf("reading %s: %w", name, err)
		}
		done <- result{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-done:
		text := charset.Decode([]byte(r.text))
		if r.err == nil && strings.TrimSpace(text) == "" {
			r.err = usageError{errors.New("there is no text to explain in " + name)}
		}
		return text, r.err
	}
}

// explainPasted asks for the text on a screen, or line by line.
func (a *app) explainPasted(ctx context.Context, during diagnose.Stage) error {
	log, closeLog, err := a.openLog()
	if err != nil {
		return err
	}
	defer closeLog.Close()
	var root diagnose.Finding
	var others []diagnose.Finding
	err = a.show(ctx, log, func(ctx context.Context, ui steps.UI) (err error) {
		root, others, err = steps.ExplainPasted(ctx, ui, during, now)
		return err
	})
	if err != nil {
		return howLeft(ctx, err)
	}
	if !a.wantsLines() {
		printExplained(a.out, root, others)
	}
	return explainedCode(root)
}

func printExplained(w io.Writer, root diagnose.Finding, others []diagnose.Finding) {
	writeFinding(w, root)
	fmt.Fprintf(w, "  Cause: %s\n", root.Cause)
	if len(others) > 0 {
		fmt.Fprintln(w, "\nAlso in this text:")
	}
	for _, f := range others {
		fmt.Fprintf(w, "  %s (%s)\n", f.Title, f.Cause)
	}
}
