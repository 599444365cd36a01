package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"palmail/clean"
	"palmail/diagnose"
	"palmail/steps"
	"palmail/steps/progress"
	"palmail/store"
)

// keeper is where setups are kept: the system's keyring, or memory.
type keeper interface {
	steps.Store
	steps.Shelf
}

// store is where setups are kept: never in the keyring under --demo.
func (a *app) store() steps.Store { return a.keeper() }

func (a *app) keeper() keeper {
	switch {
	case a.demo:
		return store.NewMemory()
	case a.keyring != nil:
		return a.keyring
	}
	return store.NewKeyring(store.Options{})
}

// shelf is the keeper for commands that read what is stored; in the practice
// tenant the finished setup is in it.
func (a *app) shelf(ctx context.Context) (keeper, error) {
	k := a.keeper()
	if a.demo {
		x, err := a.practiceSetup()
		if err != nil {
			return nil, err
		}
		return k, k.Save(ctx, a.profile, &x)
	}
	return k, nil
}

const (
	checkWidth = 8 // how many profiles `check --all` asks about at once
	// checkLimit is how long one profile's checks take at most. The slowest that
	// were seen took half of it: every call timed out, and was repeated.
	checkLimit = 3 * time.Minute
)

// onlyAll refuses --all beside flags that speak of one profile.
func (a *app) onlyAll(cmd *cobra.Command, flags ...string) error {
	for _, name := range append(flags, "profile", "mailbox", "pal-url", "tenant-id", "client-id") {
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed {
			return usageError{fmt.Errorf("--all and --%s do not go together", name)}
		}
	}
	return nil
}

// unread is the part of a document on all profiles that says why some of them
// could not be read.
type unread struct {
	Finding *diagnose.Finding `json:"finding,omitempty"`
	NotRead []string          `json:"not_read,omitempty"`
}

// loadAll reads every profile. When the keyring itself does not let it, what
// could be read is returned with the reason.
func (a *app) loadAll(ctx context.Context, k keeper) (all []steps.Stored, rest unread, err error) {
	all, names, err := steps.LoadAll(ctx, k)
	if err != nil {
		if ctx.Err() != nil {
			return nil, unread{}, ctx.Err()
		}
		f := steps.StoreFinding(err, k.Place(), a.profile)
		steps.Orderly(&f)
		return all, unread{&f, names}, nil
	}
	return all, unread{}, nil
}

// printUnread says it once, however many profiles it is about.
func (u unread) print(w io.Writer) {
	if u.Finding == nil {
		return
	}
	printFinding(w, *u.Finding)
	if n := len(u.NotRead); n > 0 {
		fmt.Fprintf(w, "  Not read: %s, from %s on.\n", profiles(n), u.NotRead[0])
	}
}

func profiles(n int) string {
	if n == 1 {
		return "1 profile"
	}
	return strconv.Itoa(n) + " profiles"
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

// ending is what the command ends with, where what could be read came to outcome.
func (u unread) ending(outcome progress.Outcome) error {
	if u.Finding != nil {
		outcome = progress.Worse(outcome, progress.Failed)
	}
	return outcomeError(outcome)
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
	fmt.Fprintf(w, "\n%s: %d well, %d within %d days of the end, %d not set up, unfinished or expired, %d unreadable or not warned.\n",
		profiles(len(list)), counts[exitDone], counts[exitSoon], warnDays, counts[exitUnfinished], counts[exitFailed])
}

func (a *app) checkAll(ctx context.Context, asJSON bool, warnDays int) error {
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
		if !asJSON {
			printProfileCheck(a.out, r)
		}
	}
	err = steps.CheckAll(ctx, all, steps.CheckAllOptions{
		M365: a.wire(log), Width: checkWidth, Limit: checkLimit,
		WarnDays: warnDays, Now: now(), Place: k.Place(), Checked: checked,
	})
	if err != nil {
		return err
	}
	if asJSON {
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

// warn sends the warning of one profile when it is due.
func (a *app) warn(ctx context.Context, k keeper, profile string, x *store.Setup, o statusOptions) (*steps.Warning, error) {
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
