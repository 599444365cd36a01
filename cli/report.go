package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"palmail/steps"
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
	text := steps.ChangeRecord(x, now())
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
