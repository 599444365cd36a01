package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"palmail/charset"
	"palmail/diagnose"
	"palmail/steps"
)

// maxExplained is how much text explain reads, in bytes.
const maxExplained = 10 << 20

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
		Long: "Says what an error means: its cause, the remedy, and who can do it. The text may come from palmail, " +
			"from PAL's log, from a ticket or another product, " +
			"with anything around it; secrets and tokens in it are masked. It is read from FILE, from standard " +
			"input, or pasted when there is a terminal. Nothing is sent anywhere. " +
			"It ends with 0 when the cause is known and 1 when it is not.",
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
	text, err := a.explained(ctx, o.files)
	if err != nil {
		return err
	}
	root, others := diagnose.ExplainText(text, diagnose.Context{Stage: during, Now: now()})
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
		data []byte
		err  error
	}
	// A pipe that never ends cannot be interrupted; the read ends with the program then.
	done := make(chan result, 1)
	go func() {
		data, err := readAll(in, maxExplained, name)
		done <- result{data, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-done:
		text := charset.Decode(r.data)
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
	fmt.Fprintf(w, "%s\n", root.Cause)
	writeFinding(w, root)
	if len(others) > 0 {
		fmt.Fprintln(w, "\nAlso in this text:")
	}
	for _, f := range others {
		fmt.Fprintf(w, "  %s: %s\n", f.Cause, f.Title)
	}
}
