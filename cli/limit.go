package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"palmail/diagnose"
	"palmail/exchange"
	"palmail/steps"
)

func (a *app) limitCommand() *cobra.Command {
	var output string
	var undo, force bool
	c := &cobra.Command{
		Use: "limit", Short: "Narrow Mail.Send to the one mailbox, and prove it", Args: noArguments,
		Long: "Mail.Send lets whoever holds the secret send as any mailbox of the tenant. This leads through narrowing it to PAL's mailbox with RBAC for Applications in Exchange Online: " +
			"a script for an Exchange administrator, then the consent in Entra is taken back, then the proof: this mailbox may send, another may not. " +
			"Leave at any time; it goes on where it was left. With --output it only writes the script.",
		Example: "palmail limit\npalmail limit --output palmail-limit.ps1\npalmail limit --undo --output -",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if output == "" && (undo || force) {
				return usageError{fmt.Errorf("--undo and --force go with --output; without it, %s asks what to do", a.command(" limit"))}
			}
			if output == "" {
				return a.wizard(cmd.Context(), "limit")
			}
			return a.limitScript(cmd.Context(), output, undo, force)
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "only write the PowerShell script to this file, - for standard output")
	c.Flags().BoolVar(&undo, "undo", false, "with --output: the script that takes the limit away again")
	c.Flags().BoolVar(&force, "force", false, "with --output: replace the file when it exists")
	return c
}

// limitScript writes one of the two scripts without asking anybody.
func (a *app) limitScript(ctx context.Context, output string, undo, force bool) error {
	if err := freeOutput(output, force); err != nil {
		return err
	}
	x, err := a.storedWithSecret(ctx)
	if err != nil {
		return err
	}
	log, closeLog, err := a.openLog()
	if err != nil {
		return err
	}
	defer closeLog.Close()
	data, err := steps.LimitScript(ctx, x, a.wire(log), undo)
	if failure := (*diagnose.Failure)(nil); errors.As(err, &failure) {
		return a.cannot(false, err)
	}
	if err != nil {
		return err
	}
	// It is meant to be read by others, and holds no secret.
	if err := a.writeOutput(output, data, 0o644, force); err != nil {
		return err
	}
	if output != "-" {
		fmt.Fprintf(a.out, "Wrote %s. An Exchange Administrator runs it in PowerShell:\n\n    powershell -ExecutionPolicy RemoteSigned -File %s\n", output, exchange.Quote(output))
	}
	return nil
}
