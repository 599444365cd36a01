package cli

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"palmail/calendar"
	"palmail/steps"
	"palmail/store"
)

// remindOptions are the flags of remind.
type remindOptions struct{ file outputFile }

func (a *app) remindCommand() *cobra.Command {
	o := remindOptions{file: outputFile{mode: readable}}
	c := &cobra.Command{
		Use: "remind", Short: "Write a calendar file that reminds of the secret's end", Args: noArguments,
		Long: "Writes an iCalendar file for Outlook, Google Calendar and others: reminders 30, 7 and 1 days before " +
			"the client secret ends, and its end. " +
			"Importing it again replaces the entries. There is no secret in it, and it asks nobody.",
		Example: "palmail remind\npalmail remind --output pal.ics",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.remind(cmd.Context(), o) },
	}
	o.file.flags(c, "write to this file, - for standard output (palmail-PROFILE.ics)")
	return c
}

func (a *app) remind(ctx context.Context, o remindOptions) error {
	if o.file.name == "" {
		o.file.name = "palmail-" + a.profile + ".ics"
	}
	if err := o.file.free(); err != nil {
		return err
	}
	x, err := a.storedWithSecret(ctx)
	switch {
	case err != nil:
		return err
	case x.Secret.Expires.IsZero():
		return errors.New("the end of the client secret is not known: it stands in the portal, in the column Expires " +
			"of Certificates & secrets")
	case !x.Secret.Expires.After(now()):
		return codeError{
			exitUnfinished, fmt.Errorf("the client secret has expired, so there is nothing to be reminded "+
				"of\npalmail: hint: %s renews it", a.command(" rotate")),
		}
	}
	if err := o.file.write(a.out, calendar.File(a.reminder(x))); err != nil {
		return err
	}
	if !o.file.stdout() {
		fmt.Fprintf(a.out, "Wrote %s. Import it into the calendar that whoever renews the secret looks at.\n",
			o.file.name)
	}
	return nil
}

// reminder says in words what ends, when, and what to do.
func (a *app) reminder(x *store.Setup) calendar.Reminder {
	text := []string{
		fmt.Sprintf("The client secret with which PAL signs in as %s ends on %s. From then on PAL sends no mail.",
			x.Mailbox, x.Secret.Expires.UTC().Format("2 January 2006 at 15:04 UTC")),
		"",
		"What to do: on the computer where palmail is set up, run " + a.command(" rotate") +
			". The old secret works until its end. After that, run " + a.command(" remind") +
			" for the new one, and delete these entries.",
		"",
	}
	line := func(label, value string) {
		if value != "" {
			text = append(text, label+": "+value)
		}
	}
	line("PAL", x.PALURL)
	line("App", x.AppName)
	line("Client ID", x.ClientID)
	line("Tenant ID", x.TenantID)
	line("Cloud", cloudLabel(x))
	line("Secret", x.Secret.Description)
	line("Secret ID", x.Secret.KeyID)
	return calendar.Reminder{
		Key: reminderKey(a.profile, x), Ends: x.Secret.Expires, Before: steps.WarningDays, Now: now(),
		Subject: "PAL's mail from " + x.Mailbox + " stops: the client secret ends",
		Text:    strings.Join(text, "\n"),
	}
}

// reminderKey is the same for every file about this secret of this profile,
// also when its end is corrected. Guided, the Secret ID is not known.
func reminderKey(profile string, x *store.Setup) string {
	key := x.Secret.KeyID
	if key == "" {
		key = x.Secret.Created.UTC().Format(time.RFC3339) + x.Secret.Hint
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{profile, x.TenantID, x.ClientID, key}, "\n")))
	return fmt.Sprintf("%x", sum[:10])
}
