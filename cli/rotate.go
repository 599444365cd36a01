package cli

import (
	"github.com/spf13/cobra"
)

func (a *app) rotateCommand() *cobra.Command {
	return &cobra.Command{
		Use: "rotate", Short: "Renew the client secret", Args: noArguments,
		Long: "Puts a new client secret in the place of the one that PAL uses: it is made, kept beside the old one, " +
			"proved, put into PAL and tested; only then the old one is deleted. " +
			"Leave at any time: the next start offers to finish or undo, and until the end both secrets work.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.wizard(cmd.Context(), "rotate") },
	}
}
