package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"palmail/clean"
	"palmail/steps"
	"palmail/steps/progress"
	"palmail/store"
)

func (a *app) statusCommand() *cobra.Command {
	var o statusOptions
	var all bool
	c := &cobra.Command{
		Use: "status", Short: "Say what is stored and how long the secret lasts; asks nobody", Args: noArguments,
		Long: "Says what is stored for the profile and how long its secret lasts, without asking anybody. " +
			"It ends with 0 when all is well, 3 when the secret ends within the warning time, 4 when nothing is set up, the setup is unfinished, or the secret has expired. " +
			"With --all it does so for every profile and ends with the worst: 4, then 1 for one that cannot be read, then 3. " +
			"With --notify it also sends a warning through the very mailbox, once when 30, 7 and 1 days are left and at most once a day; " +
			"only then does it speak to Microsoft. docs/monitoring.md has lines for schedulers.",
		Example: "palmail status\npalmail status --json --warn-days 14\npalmail status --all --notify you@agency.gov",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkNotify(o.notify); err != nil {
				return err
			}
			if !all {
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
	c.Flags().BoolVar(&all, "all", false, "every profile")
	c.Flags().StringVar(&o.notify, "notify", "", "send a warning to this address when one is due")
	return c
}

// statusOptions are the flags of status.
type statusOptions struct {
	json     bool
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
	} else if err = printStatus(a.out, st.Status, a.command("")); err == nil {
		a.printWarning("Warning     ", st.Warning)
	}
	if err != nil {
		return err
	}
	return outcomeError(st.Outcome(o.warnDays))
}

// stored returns the profile's setup, nil when there is none.
func (a *app) stored(ctx context.Context) (*store.Setup, error) {
	if a.demo {
		x, err := a.practiceSetup()
		return &x, err
	}
	x, err := a.store().Load(ctx, a.profile)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return &x, err
}

// storedWithSecret returns the profile's setup, which has come as far as its
// secret, or says what is missing.
func (a *app) storedWithSecret(ctx context.Context) (*store.Setup, error) {
	x, err := a.stored(ctx)
	switch {
	case err != nil:
		return nil, a.failed(false, steps.StoreFinding(err, a.store().Place(), a.profile), err)
	case x == nil:
		return nil, a.notSetUp(false)
	case x.Secret.Value.IsZero():
		return nil, codeError{exitUnfinished, fmt.Errorf("the setup has no client secret yet\npalmail: hint: %s goes on with it", a.command(""))}
	}
	return x, nil
}

func printStatus(w io.Writer, st progress.Status, command string) error {
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
	p("Cloud", st.Cloud)
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

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func (a *app) forgetCommand() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "forget", Short: "Remove the profile from the keyring", Args: noArguments,
		Long: "Removes what palmail keeps about the profile from the keyring, the secret included. " +
			"Nothing changes in Microsoft Entra or in PAL: mail goes on. Without --yes it asks for the profile's name.",
		Example: "palmail forget --profile branch\npalmail forget --yes",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.forget(cmd.Context(), yes) },
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

func (a *app) forget(ctx context.Context, yes bool) error {
	st := a.store()
	if !yes {
		if !a.inTerminal() {
			return usageError{errors.New("nobody is there to confirm: add --yes to remove the profile without being asked")}
		}
		fmt.Fprintf(a.out, "This removes the profile %s from %s. The app and its secret at Microsoft stay.\nType the profile's name to go on: ", a.profile, st.Place())
		line, err := a.readLine(ctx)
		if err != nil {
			return err
		}
		if clean.Pasted(line) != a.profile {
			return errors.New("not removed: that was not the profile's name")
		}
	}
	err := st.Delete(ctx, a.profile)
	switch {
	case errors.Is(err, store.ErrNotFound):
		fmt.Fprintf(a.out, "There is no profile %s in %s.\n", a.profile, st.Place())
		return codeError{code: exitUnfinished}
	case err != nil:
		return a.failed(false, steps.StoreFinding(err, st.Place(), a.profile), err)
	}
	fmt.Fprintf(a.out, "Removed the profile %s from %s.\n", a.profile, st.Place())
	return nil
}
