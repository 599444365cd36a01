package steps

import (
	"fmt"
	"strings"
	"time"

	"palmail/clean"
	"palmail/store"
)

// Summary says, without any secret, what exists now, until when the secret
// lasts and what to do then, and how to go on. command is what starts palmail
// on this profile again and rotate what renews its secret; place is where the
// setup is kept, empty when nowhere.
func Summary(x *store.Setup, command, rotate, place string, now time.Time) string {
	var b strings.Builder
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintf(&b, "%-12s %s\n", label, clean.Line(text))
		}
	}
	next := nextStep(x)
	switch {
	case next == len(sequence) && x.LastTest.Arrived == "yes":
		fmt.Fprintf(&b, "PAL can send as %s. The test mail %s has arrived.\n\n", x.Mailbox, x.LastTest.Reference)
	case next == len(sequence):
		fmt.Fprintf(&b, "PAL is set up to send as %s. Nobody has said yet whether the test mail %s arrived.\n\n", x.Mailbox, x.LastTest.Reference)
	case x.Mailbox == "":
		return fmt.Sprintf("Nothing is set up yet. To begin: %s\n", command)
	default:
		fmt.Fprintf(&b, "The setup is not finished. Next: %s.\n\n", nextTitle(x))
	}
	line("Mailbox", x.Mailbox)
	line("PAL", x.PALURL)
	if x.TenantID != "" {
		line("Tenant", x.TenantID+cloudNote(x))
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
	line("Limit", limitLine(x))
	for _, secret := range []struct {
		label string
		x     store.Secret
	}{{"Secret", x.Secret}, {"New secret", x.Pending}, {"Old secret", x.Old}} {
		if !secret.x.Value.IsZero() {
			line(secret.label, secret.x.Description+", "+describeSecret(secret.x, now))
		}
	}
	if place != "" {
		line("Kept in", place)
	}
	b.WriteString("\n")
	switch {
	case place == "" && !x.PALSaved.IsZero():
		b.WriteString("Nothing was kept on this computer. PAL has what was put into it.\n")
	case place == "":
		b.WriteString("Nothing was kept on this computer.\n")
	}
	switch {
	case rotating(x) && place != "":
		fmt.Fprintf(&b, "A new secret is waiting: finish or undo. PAL's lasts until %s. To go on:\n\n    %s\n", day(x.Secret.Expires), rotate)
	case next < len(sequence) && place != "":
		fmt.Fprintf(&b, "To go on:\n\n    %s\n", command)
	case next == len(sequence) && !x.Secret.Expires.IsZero():
		fmt.Fprintf(&b, "Mail stops on %s. To renew the secret before that day:\n\n    %s\n", day(x.Secret.Expires), rotate)
	}
	if stage := x.Limit.Stage; place != "" && next == len(sequence) && !rotating(x) && (stage == store.LimitGranted || stage == store.LimitAlone) {
		fmt.Fprintf(&b, "\nThe limit to this mailbox is not finished. To go on:\n\n    %s\n", command)
	}
	if old := x.Old; !old.Value.IsZero() && old.Expires.After(now) {
		fmt.Fprintf(&b, "\nThe old secret (%s…, %s) still works. Once PAL sends with the new one, delete its row under Certificates & secrets.\n", old.Hint, old.Description)
	}
	return b.String()
}

func cloudNote(x *store.Setup) string {
	if x.Cloud == "" {
		return ""
	}
	return " in " + CloudOf(x).Label
}
