package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"palmail/clean"
	"palmail/diagnose"
	"palmail/m365"
	"palmail/steps"
	"palmail/steps/progress"
	"palmail/store"
)

// checkOptions are the flags of check.
type checkOptions struct {
	subjectOptions
	all      bool // every profile
	warnDays int
}

func (a *app) checkCommand() *cobra.Command {
	var o checkOptions
	c := &cobra.Command{
		Use: "check", Short: "Prove everything without sending anything", Args: noArguments,
		Long: "Proves, in order: that Microsoft is reached, that the tenant, the app, the secret, the permission and " +
			"the mailbox are right. Nothing is sent. " +
			"With all flags given it needs no keyring, so it runs on PAL's own server too. " +
			"It ends with 0 when all holds, 1 when something does not, 3 when the secret ends within the warning " +
			"time, 4 when nothing is set up or the secret has expired. " +
			"With --all it proves every profile, eight at a time, and ends with the worst: 4, then 1, then 3.",
		Example: "palmail check\npalmail check --all --json\n" +
			"palmail check --cloud gcc-high --tenant-id ID --client-id ID --mailbox noreply@agency.gov " +
			"--secret-stdin < secret.txt",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !o.all {
				return a.onSubject(cmd.Context(), o.subjectOptions, func(ctx context.Context, x *store.Setup,
					wire m365.Options) error {
					return a.check(ctx, x, wire, o)
				})
			}
			if err := a.onlyAll(cmd, "secret-stdin", "cloud"); err != nil {
				return err
			}
			return a.checkAll(cmd.Context(), o)
		},
	}
	o.flags(c, "print one JSON document")
	c.Flags().IntVar(&o.warnDays, "warn-days", 30, "warn when the secret ends within so many days")
	c.Flags().BoolVar(&o.all, "all", false, "every profile")
	return c
}

func (a *app) check(ctx context.Context, x *store.Setup, wire m365.Options, o checkOptions) error {
	report := steps.Check(ctx, x, wire, now())
	err := ctx.Err()
	if err != nil {
		return err
	}
	if o.json {
		err = printJSON(a.out, report)
	} else {
		printCheck(a.out, report)
	}
	if err != nil {
		return err
	}
	expired := !x.Secret.Expires.IsZero() && progress.ExpiryOutcome(x.Secret, now(), 0) == progress.Expired
	switch {
	case !report.OK && (report.Expired() || expired):
		return codeError{code: outcomeCode(progress.Expired)}
	case !report.OK:
		return codeError{code: exitFailed}
	}
	if x.Secret.Expires.IsZero() {
		return nil
	}
	outcome := progress.ExpiryOutcome(x.Secret, now(), o.warnDays)
	if outcome != progress.Good && !o.json {
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
	explained := map[string]bool{} // one cause that fails several checks is explained once
	for _, c := range r.Checks {
		if c.Finding == nil {
			continue
		}
		key := string(c.Finding.Cause)
		if c.Finding.Cause == diagnose.CauseUnknown {
			key += c.Finding.Title
		}
		if !explained[key] {
			explained[key] = true
			fmt.Fprintln(w)
			printFinding(w, *c.Finding)
		}
	}
}

const (
	checkWidth = 8 // how many profiles `check --all` asks about at once
	// checkLimit is how long one profile's checks take at most. The slowest that
	// were seen took half of it: every call timed out, and was repeated.
	checkLimit = 3 * time.Minute
)

func (a *app) checkAll(ctx context.Context, o checkOptions) error {
	log, closeLog, err := a.openLog()
	if err != nil {
		return err
	}
	defer closeLog.Close()
	k, err := a.shelf(ctx)
	if err != nil {
		return err
	}
	all, rest, err := a.loadAll(ctx, k)
	if err != nil {
		return err
	}
	list, outcome, good := []steps.ProfileCheck{}, progress.Good, 0
	checked := func(r steps.ProfileCheck) {
		list = append(list, r)
		outcome = progress.Worse(outcome, r.Outcome())
		if r.OK {
			good++
		}
		if !o.json {
			printProfileCheck(a.out, r)
		}
	}
	err = steps.CheckAll(ctx, all, steps.CheckAllOptions{
		M365: a.wire(log), Width: checkWidth, Limit: checkLimit,
		WarnDays: o.warnDays, Now: now(), Place: k.Place(), Checked: checked,
	})
	if err != nil {
		return err
	}
	if o.json {
		err = printJSON(a.out, struct {
			OK       bool                 `json:"ok"`
			Profiles []steps.ProfileCheck `json:"profiles"`
			unread
		}{good == len(all) && good > 0 && rest.Finding == nil, list, rest})
	} else {
		fmt.Fprintf(a.out, "\n%s: %d hold, %d do not.\n", profiles(len(list)), good, len(list)-good)
		rest.print(a.err)
	}
	if err != nil {
		return err
	}
	if len(all) == 0 && rest.Finding == nil {
		outcome = progress.Unfinished
	}
	return rest.ending(outcome)
}

// printProfileCheck is one line when all holds, and the failed proofs when not.
func printProfileCheck(w io.Writer, r steps.ProfileCheck) {
	state := "ok"
	if !r.OK {
		state = "FAILED"
	}
	detail := ""
	switch left := r.DaysLeft; {
	case left == nil:
	case *left < 0:
		detail = "secret expired"
	default:
		detail = fmt.Sprintf("secret ends in %d days", *left)
	}
	if r.Finding != nil {
		detail = clean.Line(r.Finding.Title)
	}
	fmt.Fprintf(w, "%-8s %-20s %s\n", state, r.Profile, detail)
	for _, c := range r.Checks {
		if !c.OK && !c.Skipped {
			fmt.Fprintf(w, "         %-11s %s\n", c.Name, clean.Line(c.Detail))
		}
	}
}
