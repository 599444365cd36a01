package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"palmail/clean"
	"palmail/steps"
	"palmail/steps/progress"
	"palmail/store"
)

func (a *app) statusCommand() *cobra.Command {
	var o statusOptions
	c := &cobra.Command{
		Use: "status", Short: "Say what is stored and how long the secret lasts; asks nobody", Args: noArguments,
		Long: "Says what is stored for the profile and how long its secret lasts, without asking anybody. " +
			"It ends with 0 when all is well, 3 when the secret ends within the warning time, 4 when nothing is set " +
			"up, the setup is unfinished, or the secret has expired. " +
			"With --all it does so for every profile and ends with the worst: 4, then 1 for one that cannot be read, " +
			"then 3. " +
			"With --notify it also sends a warning through the very mailbox, once when 30, 7 and 1 days are left and " +
			"at most once a day; " +
			"only then does it speak to Microsoft. docs/monitoring.md has lines for schedulers.",
		Example: "palmail status\npalmail status --json --warn-days 14\npalmail status --all --notify you@agency.gov",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkNotify(o.notify); err != nil {
				return err
			}
			if !o.all {
				return a.status(cmd.Context(), o)
			}
			if err := a.onlyAll(cmd); err != nil {
				return err
			}
			return a.statusAll(cmd.Context(), o)
		},
	}
	c.Flags().BoolVar(&o.json, "json", false, "print one JSON document")
	c.Flags().IntVar(&o.warnDays, "warn-days", 30, "warn when the secret ends within so many days")
	c.Flags().BoolVar(&o.all, "all", false, "every profile")
	c.Flags().StringVar(&o.notify, "notify", "", "send a warning to this address when one is due")
	a.eventLogFlag(c)
	return c
}

// statusOptions are the flags of status.
type statusOptions struct {
	json     bool
	all      bool // every profile
	warnDays int
	notify   string // an address, or empty
}

func (a *app) status(ctx context.Context, o statusOptions) error {
	x, err := a.stored(ctx)
	if err != nil {
		return a.failed(o.json, steps.StoreFinding(err, a.store().Place(), a.profile), err)
	}
	st := steps.ProfileStatus{Status: progress.StatusOf(a.profile, x, now())}
	if o.notify != "" && x != nil {
		k, err := a.shelf(ctx)
		if err != nil {
			return err
		}
		if st.Warning, err = a.warn(ctx, k, a.profile, x, o); err != nil {
			return err
		}
	}
	if o.json {
		err = printJSON(a.out, struct {
			progress.Status
			Warning *steps.Warning `json:"warning,omitempty"`
		}{st.Status, st.Warning})
	} else if err = printStatus(a.out, st.Status, cloudLabel(x), a.command("")); err == nil {
		a.printWarning("Warning     ", st.Warning)
	}
	if err != nil {
		return err
	}
	return outcomeError(st.Outcome(o.warnDays))
}

func printStatus(w io.Writer, st progress.Status, cloud, command string) error {
	if st.State == progress.StateNone {
		_, err := fmt.Fprintf(w, "Profile %s: nothing is set up. To begin: %s\n", st.Profile, command)
		return err
	}
	p := func(label, text string) {
		if text != "" {
			fmt.Fprintf(w, "%-11s %s\n", label, clean.Line(text))
		}
	}
	p("Profile", st.Profile)
	p("State", st.State)
	if st.NextStep != "" {
		p("Next", st.NextStep+"  (to go on: "+command+")")
	}
	p("Mailbox", st.Mailbox)
	p("PAL", st.PALURL)
	p("Cloud", cloud)
	p("Tenant ID", st.TenantID)
	p("Client ID", st.ClientID)
	p("Secret", secretLine(st.Secret))
	p("Old secret", secretLine(st.Old))
	if l := st.Limit; l != nil {
		p("Limit", fmt.Sprintf("to this mailbox, %s since %s", l.State, l.Since))
	}
	if t := st.LastTest; t != nil {
		outcome := "accepted"
		if !t.OK {
			outcome = "did not arrive, or was not accepted"
		}
		p("Last test", fmt.Sprintf("%s to %s, reference %s, %s", t.At, t.To, t.Reference, outcome))
	}
	return nil
}

// cloudLabel is the cloud of a setup as people read it, empty when none is known.
func cloudLabel(x *store.Setup) string {
	if x == nil {
		return ""
	}
	return steps.CloudOf(x).Label
}

func secretLine(s *progress.SecretStatus) string {
	switch {
	case s == nil:
		return ""
	case s.Expires == "":
		return fmt.Sprintf("%s, %s…, end unknown", s.Description, s.Hint)
	case s.DaysLeft < 0:
		return fmt.Sprintf("%s, %s…, expired %s", s.Description, s.Hint, s.Expires)
	}
	return fmt.Sprintf("%s, %s…, expires %s, %d days left", s.Description, s.Hint, s.Expires, s.DaysLeft)
}

func (a *app) statusAll(ctx context.Context, o statusOptions) error {
	k, err := a.shelf(ctx)
	if err != nil {
		return err
	}
	all, rest, err := a.loadAll(ctx, k)
	if err != nil {
		return err
	}
	list := steps.StatusOfAll(all, k.Place(), now())
	if o.notify != "" {
		for n, p := range all {
			if p.Setup == nil {
				continue
			}
			if list[n].Warning, err = a.warn(ctx, k, p.Profile, p.Setup, o); err != nil {
				return err
			}
		}
	}
	if o.json {
		err = printJSON(a.out, struct {
			Profiles []steps.ProfileStatus `json:"profiles"`
			unread
		}{list, rest})
	} else {
		printStatuses(a.out, list, o.warnDays)
		for _, st := range list {
			a.printWarning(st.Profile+": ", st.Warning)
		}
		rest.print(a.err)
		if len(list) == 0 && rest.Finding == nil {
			fmt.Fprintf(a.out, "No profile is set up. To begin: %s\n", a.command(""))
		}
	}
	if err != nil {
		return err
	}
	outcome := progress.Good
	if len(list) == 0 && rest.Finding == nil {
		outcome = progress.Unfinished
	}
	for _, st := range list {
		outcome = progress.Worse(outcome, st.Outcome(o.warnDays))
	}
	return rest.ending(outcome)
}

func printStatuses(w io.Writer, list []steps.ProfileStatus, warnDays int) {
	if len(list) == 0 {
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "PROFILE\tSTATE\tSECRET ENDS\tDAYS LEFT\tMAILBOX")
	counts := map[int]int{} // by exit code
	for _, st := range list {
		state, ends, left := st.State, "", ""
		if s := st.Secret; s != nil && s.Expires != "" {
			ends, left = s.Expires[:len("2026-11-23")], strconv.Itoa(s.DaysLeft)
			if s.DaysLeft < 0 {
				left = "expired"
			}
		}
		mailbox := clean.Line(st.Mailbox)
		if st.Finding != nil {
			mailbox = clean.Line(st.Finding.Title)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", st.Profile, state, ends, left, mailbox)
		counts[outcomeCode(st.Outcome(warnDays))]++
	}
	_ = t.Flush()
	fmt.Fprintf(w, "\n%s: %d well, %d within %d days of the end, %d not set up, unfinished or expired, %d unreadable "+
		"or not warned.\n",
		profiles(len(list)), counts[exitDone], counts[exitSoon], warnDays, counts[exitUnfinished], counts[exitFailed])
}

// warn sends the warning of one profile when it is due.
func (a *app) warn(ctx context.Context, k keeper, profile string, x *store.Setup,
	o statusOptions) (*steps.Warning, error) {
	log, closeLog, err := a.openLog()
	if err != nil {
		return nil, err
	}
	defer closeLog.Close()
	limited, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	w := steps.Notify(limited, k, profile, x, steps.NotifyOptions{
		M365: a.wire(log), To: o.notify, WarnDays: o.warnDays, Now: now(),
	})
	return &w, ctx.Err()
}

func (a *app) printWarning(before string, w *steps.Warning) {
	if w == nil {
		return
	}
	fmt.Fprintln(a.out, before+clean.Line(w.Detail))
	if w.Finding != nil {
		printFinding(a.err, *w.Finding)
	}
}

// checkNotify refuses an address that is none, before anything is asked.
func checkNotify(address string) error {
	if address == "" {
		return nil
	}
	if err := steps.CheckAddress(address); err != nil {
		return usageError{fmt.Errorf("--notify %w", err)}
	}
	return nil
}
