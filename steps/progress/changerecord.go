package progress

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"palmail/clean"
	"palmail/exchange"
	"palmail/store"
)

// Tenant is what a change record says of the tenant that the record itself does
// not hold.
type Tenant struct {
	Cloud       string // its label, e.g. "GCC High"; empty when it is not known
	RedirectURI string // that PAL's address makes; empty when that is not known
}

// ChangeRecord is what was set up, as Markdown for the change record. It holds no secret.
func ChangeRecord(x *store.Setup, in Tenant, now time.Time) string {
	var b strings.Builder
	table := func(rows ...[2]string) {
		b.WriteString("| | |\n|---|---|\n")
		for _, r := range rows {
			if r[1] != "" {
				fmt.Fprintf(&b, "| %s | %s |\n", r[0], cell(r[1]))
			}
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "# PAL mail through Microsoft 365: %s\n\nWritten by palmail on %s.\n\n", cell(x.Mailbox),
		now.UTC().Format("2 January 2006, 15:04 UTC"))
	b.WriteString("## What it is for\n\n")
	table([2]string{"Mailbox that PAL sends from", x.Mailbox}, [2]string{"PAL, Application Admin URL", x.PALURL},
		[2]string{"Set up", wayNote(x, now)})
	b.WriteString("## Objects in the tenant\n\n")
	table([2]string{
		"Organisation", x.Organisation,
	}, [2]string{"Cloud", in.Cloud}, [2]string{"Directory (tenant) ID", x.TenantID},
		[2]string{"App registration", x.AppName}, [2]string{
			"Application (client) ID", x.ClientID,
		}, [2]string{"Object ID of the app registration", x.AppObjectID},
		[2]string{
			"Redirect URI (platform Web)", in.RedirectURI,
		}, [2]string{"Object ID of the enterprise application", x.ServicePrincipalID},
		[2]string{"Permission", permissionLine(x)}, [2]string{"ID of the app role assignment", x.GrantID},
		[2]string{"Made by palmail", strings.Join(strings.Fields(x.Made), ", ")},
		[2]string{"Not made by palmail", adoptedNote(x)})
	b.WriteString("## Client secrets\n\nThe values are in PAL and in the keyring of the computer that palmail ran " +
		"on, nowhere else.\n\n")
	b.WriteString("| | Description | Begins with | Secret ID | Made | Ends |\n|---|---|---|---|---|---|\n")
	for _, s := range []struct {
		label string
		x     store.Secret
	}{{"In use", x.Secret}, {"New, not in use yet", x.Pending}, {"Old", x.Old}} {
		if !s.x.Value.IsZero() {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", s.label, cell(s.x.Description), cell(s.x.Hint),
				cell(s.x.KeyID), DayUTC(s.x.Created), DayUTC(s.x.Expires))
		}
	}
	b.WriteString("\n## Proofs\n\n")
	table([2]string{
		"App found in the tenant", moment(x.AppProved),
	}, [2]string{"Secret signed in", moment(x.SecretProved)},
		[2]string{
			"Permission seen", moment(x.PermissionProved),
		}, [2]string{"Saved in PAL", moment(x.PALSaved)}, [2]string{"Test mail", testLine(x.LastTest)})
	if text := limitRecord(x); text != "" {
		b.WriteString(text)
	}
	if lines := History(x); len(lines) > 0 {
		b.WriteString("## What happened\n\n")
		for _, l := range lines {
			fmt.Fprintf(&b, "- %s\n", cell(l))
		}
		b.WriteString("\n")
	}
	b.WriteString("## What to remember\n\n")
	if !x.Secret.Expires.IsZero() {
		fmt.Fprintf(&b, "- Mail stops on %s, when the secret ends. `palmail rotate` renews it.\n",
			Day(x.Secret.Expires))
	}
	switch {
	case x.LimitedByExchange:
		b.WriteString("- Whoever grants admin consent for this app again ends the limit: what Entra and Exchange " +
			"grant adds up.\n")
	default:
		b.WriteString("- Mail.Send as an application permission allows to send as any mailbox of the tenant. " +
			"`palmail limit` narrows it to the one mailbox, by Exchange's RBAC for Applications.\n")
	}
	b.WriteString("- `palmail check` proves all of this again at any time, without sending.\n")
	return b.String()
}

// limitRecord is what an auditor asks about the limit: what is granted, and how that was proved.
func limitRecord(x *store.Setup) string {
	if x.Limit.Stage == "" && !x.LimitedByExchange {
		return ""
	}
	entra, granted := "Mail.Send with admin consent: any mailbox", "not proved"
	if x.LimitedByExchange {
		entra = "nothing that sends mail: the consent is taken back"
	}
	if x.Limit.Stage == store.LimitProved {
		granted = "proved on " + moment(x.Limit.At)
	}
	if x.Limit.Stage == store.LimitUndoing {
		granted = LimitLine(x)
	}
	var b strings.Builder
	b.WriteString("## Limit to one mailbox\n\n| | |\n|---|---|\n")
	for _, r := range [][2]string{
		{"Granted in Entra", entra},
		{"Granted in Exchange", "role Application Mail.Send, scope " + exchange.Limit{Mailbox: x.Mailbox}.Filter()},
		{"State", granted},
		{"Must be allowed", x.Mailbox},
		{"Must be refused", x.Limit.Other},
		{
			"How it is proved", "a fresh token without the role Mail.Send, and two sendMail calls without " +
				"recipients, which deliver nothing",
		},
	} {
		if r[1] != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", r[0], cell(r[1]))
		}
	}
	return b.String() + "\n"
}

// cell makes text from outside plain text of Markdown, also inside a table.
func cell(s string) string { return inMarkdown(clean.Line(s)) }

// inMarkdown escapes what can begin something in Markdown, so that a name that
// somebody else has given becomes no link, image or HTML in the change record
// (https://spec.commonmark.org/0.31.2/#backslash-escapes). What GitHub makes a
// link of without any sign, addresses and www
// (https://github.github.com/gfm/#autolinks-extension-), is broken up in the
// same way. The rest stays as it is, because many read the source.
func inMarkdown(s string) string {
	const always = "\\`*_{}[]<>()#+!|~&@$^"
	var b strings.Builder
	runes := []rune(s)
	at := func(i int) rune {
		if i < 0 || i >= len(runes) {
			return ' '
		}
		return runes[i]
	}
	word := func(i int) bool { return unicode.IsLetter(at(i)) || unicode.IsDigit(at(i)) }
	for i, r := range runes {
		switch {
		case strings.ContainsRune(always, r), r == ':' && !unicode.IsDigit(at(i+1)) && at(i+1) != ' ',
			(r == '-' || r == '=') && (!word(i-1) || !word(i+1)),
			r == '.' && (unicode.ToLower(at(i-1)) == 'w' || !word(i+1)):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func permissionLine(x *store.Setup) string {
	switch {
	case x.PermissionProved.IsZero():
		return ""
	case x.LimitedByExchange:
		return "Mail.Send by Exchange's RBAC for Applications"
	}
	return "Microsoft Graph, Application, Mail.Send, with admin consent"
}

func testLine(t store.Test) string {
	if t.At.IsZero() {
		return ""
	}
	line := fmt.Sprintf("%s to %s, reference %s", moment(t.At), t.To, t.Reference)
	switch {
	case !t.Accepted:
		return line + ", not accepted"
	case t.Arrived == "yes":
		return line + ", arrived"
	case t.Arrived == "no":
		return line + ", accepted, not seen in the inbox"
	}
	return line + ", accepted"
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}

// DayUTC formats a date in UTC for people, "" for none.
func DayUTC(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return Day(t.UTC())
}

func adoptedNote(x *store.Setup) string {
	if x.AppAdopted {
		return "the app registration, which was in the tenant before"
	}
	return ""
}
