package cli

import (
	"github.com/spf13/cobra"
)

func (a *app) revokeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "revoke", Short: "Delete a leaked client secret now, then create a new one", Args: noArguments,
		Long: "For a secret that another person can have read. After you have typed its first characters, palmail " +
			"deletes it and PAL stops sending mail. Then palmail shows where to look in the sign-in log, has a line for " +
			"the incident report, and leads you to a new secret. Leave at any time: the next start continues. " +
			"To replace a secret that did not leak, use palmail rotate: mail does not stop then.",
		Example: "# practise it\npalmail revoke --demo",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.wizard(cmd.Context(), "revoke") },
	}
}
