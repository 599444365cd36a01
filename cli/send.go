package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"palmail/m365"
	"palmail/steps"
	"palmail/store"
)

// sendOptions are the flags of send.
type sendOptions struct {
	subjectOptions
	to string // an address
}

func (a *app) sendCommand() *cobra.Command {
	var o sendOptions
	c := &cobra.Command{
		Use: "send", Short: "Send a test mail", Args: noArguments,
		Long: "Sends one real test mail as PAL would. In a terminal it opens the wizard's test screen; without one, " +
			"or with --json, it sends and reports. " +
			"With all flags given it needs no keyring, so it runs on PAL's own server too.",
		Example: "palmail send\npalmail send --to you@agency.gov --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !o.json && !o.secretStdin && (a.wantsLines() || a.inTerminal() && a.outTerminal()) {
				a.given.To = o.to
				return a.wizard(cmd.Context(), "test")
			}
			if o.to == "" {
				return usageError{errors.New("without the screens, --to says where the test mail goes")}
			}
			return a.onSubject(cmd.Context(), o.subjectOptions, func(ctx context.Context, x *store.Setup,
				wire m365.Options) error {
				return a.send(ctx, x, wire, o)
			})
		},
	}
	o.flags(c, "send and print one JSON document")
	c.Flags().StringVar(&o.to, "to", "", "the address to send to")
	return c
}

// send sends one mail and, when the secret is the stored one, keeps when that was.
func (a *app) send(ctx context.Context, x *store.Setup, wire m365.Options, o sendOptions) error {
	sent, f, err := steps.SendTest(ctx, x, o.to, wire, now())
	if err != nil {
		var usage *steps.AddressError
		if errors.As(err, &usage) {
			return usageError{err}
		}
		return a.failed(o.json, f, err)
	}
	if !a.demo && !o.secretStdin {
		if err := a.store().Save(ctx, a.profile, x); err != nil {
			fmt.Fprintln(a.err, "palmail: the mail was accepted, but that could not be noted: "+firstLine(err.Error()))
		}
	}
	if o.json {
		return printJSON(a.out, sent)
	}
	fmt.Fprintf(a.out, "Microsoft has accepted the mail to %s, reference %s. Accepted is not delivered: look into "+
		"the inbox.\n", sent.To, sent.Reference)
	return nil
}
