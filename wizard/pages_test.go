package wizard

import (
	"context"
	"errors"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/secret"
	"palmail/steps"
)

// Made-up screens of every kind. value has the shape of a client secret.
const (
	value    = "abc8Q~theValueOfASecretWithFortyLetters12"
	secretID = "0d9a3f52-7f10-4a0e-9f2b-6c1d2e3f4a5b"
	portal   = "https://portal.azure.us/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/" +
		"3f1c8f0a-1111-4222-8333-44445555" + "9a20"
)

func frame(name string, ph steps.Phase, done ...steps.Phase) steps.Frame {
	f := steps.Frame{Name: name, Phase: ph, Done: map[steps.Phase]bool{}, Where: "agency.gov · GCC High",
		Help: "A client secret is the password with which PAL signs in.\n\nMicrosoft shows its value once."}
	for _, d := range done {
		f.Done[d] = true
	}
	return f
}

var badSecret = &diagnose.Finding{
	Cause: "secret-wrong", Title: "Microsoft does not know this secret",
	Explanation: "The tenant and the app are right, but the secret is not one of this app's.",
	Remedy: []string{
		"Open **Certificates & secrets** of this app.", "Choose **New client secret** and copy the column **Value**.",
		"Paste it here.",
	},
	Who: "an owner of the app, or an Application Administrator", Link: portal, Retry: true,
	Codes: []string{"AADSTS7000215"}, RequestID: "3ce379e4-441f-4eae-9730-fc0220183001",
	CorrelationID: "7d6f1a2b-0000-4000-8000-000000000001",
	Time:          "2026-11-23T21:40:00Z", Raw: "AADSTS7000215: Invalid client secret provided. Ensure the secret " +
		"being sent in the request is the client secret value, not the client secret ID.",
}

func secretShape(text string, _ steps.Answers) steps.Verdict {
	switch {
	case strings.Count(text, "-") == 4 && len(text) == 36:
		return steps.Verdict{State: steps.Wrong, Text: "This is the Secret ID. Copy the column to its left, **Value**."}
	case len(text) < 30:
		return steps.Verdict{State: steps.Unknown, Text: "A secret's value has about 40 characters."}
	case !strings.Contains(text, "Q~"):
		return steps.Verdict{
			State: steps.Warn, Text: "This does not look like a secret of Microsoft's, but may be one.",
		}
	}
	return steps.Verdict{State: steps.Right}
}

// secretPage is the page of the picture.
func secretPage(check func(context.Context, steps.Answers, steps.Report) steps.Verdict) steps.Page {
	return steps.Page{
		Frame: frame("secret", steps.PhaseSecret, steps.PhaseRegister),
		Title: "Create a client secret",
		Why:   "PAL signs in with it. Microsoft shows the value only once, so paste it here before you leave that page.",
		Guide: func(a steps.Answers) []steps.Instruction {
			return []steps.Instruction{
				{Text: "Open", LinkText: "Certificates & secrets", Link: portal, Note: "of PAL mail"},
				{Text: "Choose **New client secret**"},
				{Text: "Description", Copy: "PAL mail 2026-11"},
				{Text: "Expires", Copy: a.Get("expires") + " days", Note: "until 22 May 2027"},
				{Text: "Choose **Add**, then copy the column **Value**"},
			}
		},
		Fields: []steps.Field{
			{
				Key: "expires", Label: "Expires", Kind: steps.PickField, Options: []string{
					"90", "180", "365", "545", "730", "another date",
				}, Value: "180",
			},
			{
				Key: "date", Label: "Until", Hint: "2027-05-22", Shown: func(a steps.Answers) bool {
					return a.Get("expires") == "another date"
				},
			},
			{
				Key: "secret", Label: "Secret value", Hint: "paste the column Value", Kind: steps.SecretField,
				Shape: secretShape,
			},
		},
		Check: check,
		Practice: []steps.Practice{
			{Label: "do it right", Do: func(context.Context) (map[string]string, string, error) {
				return map[string]string{"secret": value + "\r\n"}, "A secret was added to PAL mail.", nil
			}},
			{Label: "copy the Secret ID instead of the Value",
				Do: func(context.Context) (map[string]string, string, error) {
					return map[string]string{"secret": secretID}, "", nil
				}},
			{Label: "be refused", Do: func(context.Context) (map[string]string, string, error) {
				return nil, "", errors.New("not an owner of PAL mail")
			}},
		},
	}
}

// mailPage has text fields only, one of them optional.
func mailPage() steps.Page {
	address := func(text string, _ steps.Answers) steps.Verdict {
		switch {
		case strings.Contains(text, " "):
			return steps.Verdict{State: steps.Wrong, Text: "An address has no spaces."}
		case !strings.Contains(text, "@"):
			return steps.Verdict{State: steps.Unknown, Text: "An address has an @ in it."}
		}
		return steps.Verdict{State: steps.Right}
	}
	return steps.Page{
		Frame: frame("start", steps.PhaseNone), Title: "Before you start", Why: "Two things that only you know.",
		Fields: []steps.Field{
			{Key: "mailbox", Label: "Mailbox", Hint: "noreply@agency.gov", Shape: address},
			{
				Key: "url", Label: "Application Admin URL", Hint: "https://pal.agency.gov/admin",
				Tidy: func(s string) string { return strings.TrimRight(s, "/") },
			},
			{Key: "note", Label: "Note", Optional: true},
		},
		Actions: []steps.Action{{Key: "ctrl+l", Word: "link", Label: "send the link to an administrator"}},
	}
}

// permissionPage has no field: its check waits by itself.
func permissionPage(check func(context.Context, steps.Answers, steps.Report) steps.Verdict) steps.Page {
	return steps.Page{
		Frame: frame("permission", steps.PhasePermission, steps.PhaseRegister, steps.PhaseSecret),
		Title: "Grant Mail.Send", Why: "The permission that lets PAL send as its mailbox.",
		Guide: func(steps.Answers) []steps.Instruction {
			return []steps.Instruction{
				{
					Text: "Open", LinkText: "API permissions", Link: "https://portal.azure.us/#view/permissions",
					Note: "of PAL mail",
				},
				{Text: "**Add a permission** › **Microsoft Graph** › **Application permissions**"},
				{Text: "Search **mail**, tick **Mail.Send**, choose **Add permissions**"},
				{Text: "**Grant admin consent for Agency**", Note: "  needs a Privileged Role Administrator"},
			}
		},
		Check:   check,
		Actions: []steps.Action{{Key: "ctrl+l", Word: "link", Label: "send the link to an administrator"}},
	}
}

func waitingCheck(ctx context.Context, _ steps.Answers, report steps.Report) steps.Verdict {
	report(steps.Task{Key: "token", State: steps.Busy, Text: "Signing in as PAL mail"})
	select {
	case <-time.After(300 * time.Millisecond):
	case <-ctx.Done():
		return steps.Verdict{}
	}
	report(steps.Task{Key: "token", State: steps.Right, Text: "Signed in as PAL mail"})
	report(steps.Task{Key: "wait", State: steps.Waiting, Text: "Waiting for Mail.Send to appear",
		Limit: 5 * time.Minute,
		Note:  "This goes on by itself. Microsoft takes up to a few minutes after consent."})
	report(steps.Task{Key: "slip", State: steps.Warn, Text: "Not there yet. The usual slips: **Delegated** instead " +
		"of **Application**, no **Grant admin consent**, another API than **Microsoft Graph**.",
		Note: "Look at the column Type of Mail.Send on that page."})
	<-ctx.Done()
	return steps.Verdict{}
}

var homeChoice = steps.Choice{
	Frame: steps.Frame{Name: "home", Where: "profile default"},
	Title: "PAL sends as noreply@agency.gov",
	Why:   "Agency · GCC High · app PAL mail 3f1c…9a20 · kept in the system keyring",
	Text: "▲ **The secret expires in 12 days, on 5 December 2026.** Mail stops that day.\n\n✓ Tenant and app found  " +
		"          ✓ Secret works\n✓ Mail.Send granted               ✓ Mailbox",
	Options: []steps.Option{
		{Text: "Renew the secret", Note: "the old one keeps working until PAL has the new one"},
		{Text: "Send a test mail"}, {Text: "Show the PAL settings again"}, {Text: "Limit Mail.Send to this mailbox"},
		{Text: "Remind me", Note: "a calendar entry 30, 7 and 1 days before"}, {Text: "Change an answer"},
	},
}

var handOff = steps.Notice{
	Frame: frame("hand-off", steps.PhasePAL, steps.PhaseRegister, steps.PhaseSecret, steps.PhasePermission),
	Title: "Fill in Mail Server Configuration", Why: "PAL reads its mail settings from this form.",
	Guide: []steps.Instruction{
		{
			Text: "Sign in to PAL as an administrator and open", LinkText: "General Settings",
			Link: "https://pal.agency.gov/admin",
		},
		{Text: "Choose **Mail Server Configuration**"},
		{Text: "Copy the four values, then choose **Save**"},
	},
	Values: []steps.Value{
		{Label: "OAuth Client ID", Text: "3f1c8f0a-1111-4222-8333-444455559a20"},
		{Label: "Tenant ID", Text: "72f988bf-86f1-41af-91ab-2d7cd011db47"},
		{Label: "Email Address", Text: "noreply@agency.gov"},
		{Label: "Secret Key", Secret: secret.New(value)},
	},
	Submit: "saved in PAL",
}

var registerWork = steps.Work{
	Frame: frame("register", steps.PhaseRegister), Title: "Registering PAL mail", Why: "In the tenant of agency.gov.",
	Run: func(ctx context.Context, report steps.Report) error {
		report(steps.Task{Key: "app", State: steps.Busy, Text: "Creating the app"})
		time.Sleep(800 * time.Millisecond)
		report(steps.Task{Key: "app", State: steps.Right, Text: "App **PAL mail** created"})
		report(steps.Task{
			Key: "sp", State: steps.Waiting, Text: "Waiting for its service principal", Limit: time.Minute,
			Note: "a new app takes some seconds to spread",
		})
		select {
		case <-time.After(30 * time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
		return nil
	},
}
