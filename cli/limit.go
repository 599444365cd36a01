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

// limitOptions are the flags of limit.
type limitOptions struct {
	script outputFile // only write the script; without a name, open the wizard
	undo   bool       // the script that takes the limit away again
}

func (a *app) limitCommand() *cobra.Command {
	o := limitOptions{script: outputFile{mode: readable}}
	c := &cobra.Command{
		Use: "limit", Short: "Narrow Mail.Send to the one mailbox, and prove it", Args: noArguments,
		Long: "Mail.Send lets whoever holds the secret send as any mailbox of the tenant. This leads through " +
			"narrowing it to PAL's mailbox with RBAC for Applications in Exchange Online: " +
			"a script for an Exchange administrator, then the consent in Entra is taken back, then the proof: this " +
			"mailbox may send, another may not. " +
			"Leave at any time; it goes on where it was left. With --output it only writes the script.",
		Example: "palmail limit\npalmail limit --output palmail-limit.ps1\npalmail limit --undo --output -",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.script.name == "" && (o.undo || o.script.force) {
				return usageError{
					fmt.Errorf("--undo and --force go with --output; without it, %s asks what to do",
						a.command(" limit")),
				}
			}
			if o.script.name == "" {
				return a.wizard(cmd.Context(), "limit")
			}
			return a.limitScript(cmd.Context(), o)
		},
	}
	o.script.flags(c, "only write the PowerShell script to this file, - for standard output")
	c.Flags().BoolVar(&o.undo, "undo", false, "with --output: the script that takes the limit away again")
	return c
}

// limitScript writes one of the two scripts without asking anybody.
func (a *app) limitScript(ctx context.Context, o limitOptions) error {
	if err := o.script.free(); err != nil {
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
	data, err := steps.LimitScript(ctx, x, a.wire(log), o.undo)
	if failure := (*diagnose.Failure)(nil); errors.As(err, &failure) {
		return a.cannot(false, err)
	}
	if err != nil {
		return err
	}
	if err := o.script.write(a.out, data); err != nil {
		return err
	}
	if !o.script.stdout() {
		fmt.Fprintf(a.out, "Wrote %s. An Exchange Administrator runs it in PowerShell:\n\n    powershell "+
			"-ExecutionPolicy RemoteSigned -File %s\n", o.script.name, exchange.Quote(o.script.name))
	}
	return nil
}
