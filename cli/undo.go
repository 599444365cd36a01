package cli

import (
	"context"

	"github.com/spf13/cobra"

	"palmail/steps"
)

func (a *app) undoCommand() *cobra.Command {
	return &cobra.Command{
		Use: "undo", Short: "Remove from the tenant what palmail made there", Args: noArguments,
		Long: "Shows what palmail itself made in the tenant while you were signed in, and removes it after you have " +
			"typed the app's name and signed in. What it did not make stays. PAL cannot send any more after that.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.undo(cmd.Context()) },
	}
}

func (a *app) undo(ctx context.Context) error {
	return a.inWizard(ctx, "", steps.Undo)
}
