package progress

import (
	"fmt"
	"strings"
	"time"

	"palmail/clean"
	"palmail/store"
)

// SummaryContext is what a Summary needs to know beyond the record.
type SummaryContext struct {
	Command string // starts palmail on this profile again
	Rotate  string // renews its secret
	Place   string // where the setup is kept, empty when nowhere
	Cloud   string // the cloud's label, empty when it is not known
	Now     time.Time
}

// Summary says, without any secret, what exists now, until when the secret
// lasts and what to do then, and how to go on.
func Summary(x *store.Setup, c SummaryContext) string {
	var b strings.Builder
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintf(&b, "%-12s %s\n", label, clean.Line(text))
		}
	}
	finished := Next(x) == Finished
	switch {
	case finished && x.LastTest.Arrived == "yes":
		fmt.Fprintf(&b, "PAL can send as %s. The test mail %s has arrived.\n\n", x.Mailbox, x.LastTest.Reference)
	case finished:
		fmt.Fprintf(&b, "PAL is set up to send as %s. Nobody has said yet whether the test mail %s arrived.\n\n",
			x.Mailbox, x.LastTest.Reference)
	case x.Mailbox == "":
		return fmt.Sprintf("Nothing is set up yet. To begin: %s\n", c.Command)
	default:
		fmt.Fprintf(&b, "The setup is not finished. Next: %s.\n\n", NextTitle(x))
	}
	line("Mailbox", x.Mailbox)
	line("PAL", x.PALURL)
	if x.TenantID != "" {
		line("Tenant", x.TenantID+cloudNote(x, c.Cloud))
	}
	if x.ClientID != "" {
		line("App", x.AppName+", client ID "+x.ClientID)
	}
	if x.AppObjectID != "" {
		line("", "app registration, object ID "+x.AppObjectID)
	}
	if x.ServicePrincipalID != "" {
		line("", "enterprise application, object ID "+x.ServicePrincipalID)
	}
	if x.GrantID != "" {
		line("Mail.Send", "granted, assignment "+x.GrantID)
	}
	line("Limit", LimitLine(x))
	for _, secret := range []struct {
		label string
		x     store.Secret
	}{{"Secret", x.Secret}, {"New secret", x.Pending}, {"Old secret", x.Old}} {
		if !secret.x.Value.IsZero() {
			line(secret.label, secret.x.Description+", "+Describe(secret.x, c.Now))
		}
	}
	if c.Place != "" {
		line("Kept in", c.Place)
	}
	b.WriteString("\n")
	switch {
	case c.Place == "" && !x.PALSaved.IsZero():
		b.WriteString("Nothing was kept on this computer. PAL has what was put into it.\n")
	case c.Place == "":
		b.WriteString("Nothing was kept on this computer.\n")
	}
	switch {
	case Rotating(x) && c.Place != "":
		fmt.Fprintf(&b, "A new secret is waiting: finish or undo. PAL's lasts until %s. To go on:\n\n    %s\n",
			Day(x.Secret.Expires), c.Rotate)
	case !finished && c.Place != "":
		fmt.Fprintf(&b, "To go on:\n\n    %s\n", c.Command)
	case finished && !x.Secret.Expires.IsZero():
		fmt.Fprintf(&b, "Mail stops on %s. To renew the secret before that day:\n\n    %s\n", Day(x.Secret.Expires),
			c.Rotate)
	}
	if stage := x.Limit.Stage; c.Place != "" && finished && !Rotating(x) &&
		(stage == store.LimitGranted || stage == store.LimitAlone) {
		fmt.Fprintf(&b, "\nThe limit to this mailbox is not finished. To go on:\n\n    %s\n", c.Command)
	}
	if old := x.Old; !old.Value.IsZero() && old.Expires.After(c.Now) {
		fmt.Fprintf(&b, "\nThe old secret (%s…, %s) still works. Once PAL sends with the new one, delete its row "+
			"under Certificates & secrets.\n", old.Hint, old.Description)
	}
	return b.String()
}

func cloudNote(x *store.Setup, label string) string {
	if x.Cloud == "" {
		return ""
	}
	return " in " + label
}
