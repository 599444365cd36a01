package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"palmail/steps"
	"palmail/steps/progress"
)

func (a *app) reportCommand() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use: "report", Short: "Write what was set up, for the change record", Args: noArguments,
		Long:    "Writes what was set up as Markdown: every object with its IDs, the secrets by description and date, the proofs. It holds no secret and asks nobody.",
		Example: "palmail report\npalmail report --output pal-mail.md",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.report(cmd.Context(), output) },
	}
	c.Flags().StringVarP(&output, "output", "o", "", "write to this file, which must not exist yet")
	return c
}

func (a *app) report(ctx context.Context, output string) error {
	x, err := a.stored(ctx)
	if err != nil {
		return a.failed(false, steps.StoreFinding(err, a.store().Place(), a.profile), err)
	}
	if x == nil {
		return a.notSetUp(false)
	}
	text := progress.ChangeRecord(x, steps.TenantOf(x), now())
	if output == "" {
		_, err := fmt.Fprint(a.out, text)
		return err
	}
	f, err := os.OpenFile(output, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) //nolint:gosec // it holds no secret, and is meant to be read by others
	if errors.Is(err, os.ErrExist) {
		return usageError{fmt.Errorf("--output: %s exists already", output)}
	}
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	if _, err := f.WriteString(text); err != nil {
		return errors.Join(fmt.Errorf("writing the report: %w", err), f.Close())
	}
	return f.Close()
}

func (a *app) undoCommand() *cobra.Command {
	return &cobra.Command{
		Use: "undo", Short: "Remove from the tenant what palmail made there", Args: noArguments,
		Long: "Shows what palmail itself made in the tenant while you were signed in, and removes it after you have typed the app's name and signed in. What it did not make stays. PAL cannot send any more after that.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.undo(cmd.Context()) },
	}
}

func (a *app) undo(ctx context.Context) error {
	return a.inWizard(ctx, "", steps.Undo)
}
