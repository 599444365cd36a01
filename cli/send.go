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

func (a *app) sendCommand() *cobra.Command {
	var asJSON, secretStdin bool
	var to string
	c := &cobra.Command{
		Use: "send", Short: "Send a test mail", Args: noArguments,
		Long: "Sends one real test mail as PAL would. In a terminal it opens the wizard's test screen; without one, or with --json, it sends and reports. " +
			"With all flags given it needs no keyring, so it runs on PAL's own server too.",
		Example: "palmail send\npalmail send --to you@agency.gov --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !asJSON && !secretStdin && (a.wantsLines() || a.inTerminal() && a.outTerminal()) {
				a.given.To = to
				return a.wizard(cmd.Context(), "test")
			}
			if to == "" {
				return usageError{errors.New("without the screens, --to says where the test mail goes")}
			}
			return a.onSubject(cmd.Context(), asJSON, secretStdin, func(ctx context.Context, x *store.Setup, wire m365.Options) error {
				return a.send(ctx, x, wire, to, asJSON, !secretStdin)
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "send and print one JSON document")
	c.Flags().BoolVar(&secretStdin, "secret-stdin", false, "read the client secret from standard input")
	c.Flags().StringVar(&to, "to", "", "the address to send to")
	return c
}

// send sends one mail, and with note keeps when that was.
func (a *app) send(ctx context.Context, x *store.Setup, wire m365.Options, to string, asJSON, note bool) error {
	sent, f, err := steps.SendTest(ctx, x, to, wire, now())
	if err != nil {
		var usage *steps.AddressError
		if errors.As(err, &usage) {
			return usageError{err}
		}
		return a.failed(asJSON, f, err)
	}
	if !a.demo && note {
		if err := a.store().Save(ctx, a.profile, x); err != nil {
			fmt.Fprintln(a.err, "palmail: the mail was accepted, but that could not be noted: "+firstLine(err.Error()))
		}
	}
	if asJSON {
		return printJSON(a.out, sent)
	}
	fmt.Fprintf(a.out, "Microsoft has accepted the mail to %s, reference %s. Accepted is not delivered: look into the inbox.\n", sent.To, sent.Reference)
	return nil
}
