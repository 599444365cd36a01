package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"palmail/clean"
	"palmail/diagnose"
	"palmail/m365"
	"palmail/secret"
	"palmail/steps"
	"palmail/steps/progress"
	"palmail/store"
)

func (a *app) checkCommand() *cobra.Command {
	var asJSON, secretStdin, all bool
	var warnDays int
	c := &cobra.Command{
		Use: "check", Short: "Prove everything without sending anything", Args: noArguments,
		Long: "Proves, in order: that Microsoft is reached, that the tenant, the app, the secret, the permission and the mailbox are right. Nothing is sent. " +
			"With all flags given it needs no keyring, so it runs on PAL's own server too. " +
			"It ends with 0 when all holds, 1 when something does not, 3 when the secret ends within the warning time, 4 when nothing is set up or the secret has expired. " +
			"With --all it proves every profile, eight at a time, and ends with the worst: 4, then 1, then 3.",
		Example: "palmail check\npalmail check --all --json\n" +
			"palmail check --cloud gcc-high --tenant-id ID --client-id ID --mailbox noreply@agency.gov --secret-stdin < secret.txt",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !all {
				return a.onSubject(cmd.Context(), asJSON, secretStdin, func(ctx context.Context, x *store.Setup, wire m365.Options) error {
					return a.check(ctx, x, wire, asJSON, warnDays)
				})
			}
			if err := a.onlyAll(cmd, "secret-stdin", "cloud"); err != nil {
				return err
			}
			return a.checkAll(cmd.Context(), asJSON, warnDays)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	c.Flags().BoolVar(&secretStdin, "secret-stdin", false, "read the client secret from standard input")
	c.Flags().IntVar(&warnDays, "warn-days", 30, "warn when the secret ends within so many days")
	c.Flags().BoolVar(&all, "all", false, "every profile")
	return c
}

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

// subject puts together what is to be proved: what is stored, with the flags
// over it. The keyring is not touched when the flags say everything.
func (a *app) subject(ctx context.Context, secretStdin bool, log *slog.Logger) (*store.Setup, error) {
	var x *store.Setup
	g := a.given
	if !secretStdin || g.ClientID == "" || g.Mailbox == "" {
		var err error
		if x, err = a.stored(ctx); err != nil {
			return nil, err
		}
	}
	if x == nil {
		if g.ClientID == "" && g.Mailbox == "" {
			return nil, nil
		}
		x = &store.Setup{}
	}
	cloud, err := a.cloudFlag()
	if err != nil {
		return nil, err
	}
	var value secret.Value
	if secretStdin {
		text, err := readAll(a.in, 4<<10, "standard input")
		if err != nil {
			return nil, usageError{fmt.Errorf("--secret-stdin: %w", err)}
		}
		if value = secret.New(clean.Pasted(string(text))); value.IsZero() {
			return nil, usageError{errors.New("--secret-stdin: standard input was empty")}
		}
	}
	if err := steps.Override(ctx, x, steps.OverrideOptions{M365: a.wire(log), Given: g, Cloud: cloud, Secret: value}); err != nil {
		var f *diagnose.Failure
		if errors.As(err, &f) {
			return nil, err
		}
		return nil, usageError{err}
	}
	return x, nil
}

// onSubject has do work on what is to be proved, with the log open.
func (a *app) onSubject(ctx context.Context, asJSON, secretStdin bool, do func(context.Context, *store.Setup, m365.Options) error) error {
	log, closeLog, err := a.openLog()
	if err != nil {
		return err
	}
	defer closeLog.Close()
	x, err := a.subject(ctx, secretStdin, log)
	if err != nil {
		return a.cannot(asJSON, err)
	}
	if x == nil {
		return a.notSetUp(asJSON)
	}
	return do(ctx, x, a.wire(log))
}

func (a *app) check(ctx context.Context, x *store.Setup, wire m365.Options, asJSON bool, warnDays int) error {
	report := steps.Check(ctx, x, wire, now())
	err := ctx.Err()
	if err != nil {
		return err
	}
	if asJSON {
		err = printJSON(a.out, report)
	} else {
		printCheck(a.out, report)
	}
	if err != nil {
		return err
	}
	if !report.OK {
		return codeError{code: exitFailed}
	}
	if x.Secret.Expires.IsZero() {
		return nil
	}
	outcome := progress.ExpiryOutcome(x.Secret, now(), warnDays)
	if outcome != progress.Good && !asJSON {
		fmt.Fprintln(a.err, "palmail: the secret ends soon: "+progress.Lasts(x.Secret, now()))
	}
	return outcomeError(outcome)
}

func printCheck(w io.Writer, r steps.CheckReport) {
	for _, c := range r.Checks {
		state := "ok"
		switch {
		case c.Skipped:
			state = "skipped"
		case !c.OK:
			state = "FAILED"
		}
		fmt.Fprintf(w, "%-8s %-11s %s\n", state, c.Name, clean.Line(c.Detail))
	}
	for _, c := range r.Checks {
		if c.Finding != nil {
			fmt.Fprintln(w)
			printFinding(w, *c.Finding)
		}
	}
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

// cannot reports why the check or the send could not even begin.
func (a *app) cannot(asJSON bool, err error) error {
	var usage usageError
	if errors.As(err, &usage) || isCanceled(err) {
		return err
	}
	var f *diagnose.Failure
	if errors.As(err, &f) {
		return a.failed(asJSON, diagnose.Explain(err, diagnose.Context{Now: now()}), err)
	}
	return a.failed(asJSON, steps.StoreFinding(err, a.store().Place(), a.profile), err)
}

func (a *app) notSetUp(asJSON bool) error {
	if asJSON {
		if err := printJSON(a.out, struct {
			OK     bool   `json:"ok"`
			State  string `json:"state"`
			Detail string `json:"detail"`
		}{false, progress.StateNone, "nothing is set up for this profile"}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.err, "palmail: nothing is set up for the profile %s\npalmail: hint: %s sets it up; or give --mailbox, --client-id, --tenant-id and --secret-stdin\n", a.profile, a.command(""))
	}
	return codeError{code: exitUnfinished}
}

func isCanceled(err error) bool { return errors.Is(err, context.Canceled) }

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
