package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"palmail/exchange"
	"palmail/m365"
	"palmail/store"
)

// grantByExchange hands the script over and waits until somebody says that it has run.
func (s *session) grantByExchange(ctx context.Context) error {
	if err := s.knowPrincipal(ctx); err != nil {
		return err
	}
	c := Choice{
		Frame: s.frame("limit", PhaseNone, limitHelp),
		Title: "Let Exchange grant it for this mailbox",
		Why:   "A script for an Exchange Administrator, or a member of Organization Management.",
		Text: "It looks before it makes anything, and may be run again. It makes three things in Exchange Online: a " +
			"pointer to the app's enterprise application, " +
			"a scope with **" + s.setup.Mailbox + "** alone in it, and the role **" + exchange.Role +
			"** in that scope. At its end the table must say **InScope True**.\n\n" +
			"Mail goes on meanwhile: nothing is taken away yet.",
		Options: []Option{
			{Key: scriptShow, Text: "Show the script", Note: "to read or copy it"},
			{Key: scriptWrite, Text: "Write it to a file", Note: "to run it, or send it on"},
			{Key: scriptHasRun, Text: "It has run, and InScope is True"},
			{Key: optionLeave, Text: "Leave", Note: "palmail goes on from here"},
		},
		Practice: s.practiceLimit("limit"),
	}
	picked, err := s.handScript(ctx, c, limitScript)
	switch {
	case err != nil:
		return err
	case picked == optionLeave:
		return ErrLeave
	}
	s.limitAt(store.LimitGranted, store.EventLimitGranted)
	return nil
}

// Keys of the options that hand a script over.
const (
	scriptShow   = "show-script"
	scriptWrite  = "write-script"
	scriptHasRun = "script-has-run"
)

// exchangeScript is one that palmail writes for an Exchange administrator.
type exchangeScript struct {
	file     string // what the name of its file begins with
	whole    func(exchange.Limit) (string, error)
	commands func(exchange.Limit) ([]string, error)
}

var (
	limitScript = exchangeScript{"palmail-limit", exchange.Limit.Script, exchange.Limit.Commands}
	undoScript  = exchangeScript{"palmail-limit-undo", exchange.Limit.Undo, exchange.Limit.UndoCommands}
)

// handScript shows or writes a script as the admin picks those options of c,
// and returns the key of the option that is picked in the end.
func (s *session) handScript(ctx context.Context, c Choice, x exchangeScript) (string, error) {
	for {
		picked, err := s.choose(ctx, c)
		switch {
		case err != nil:
			return "", err
		case picked == scriptShow:
			err = s.showScript(ctx, x)
		case picked == scriptWrite:
			err = s.writeScript(ctx, x)
		default:
			return picked, nil
		}
		switch {
		case err == nil:
			c.prefer(scriptHasRun)
		case !errors.Is(err, ErrBack):
			return "", err
		}
	}
}

// exchangeLimit is what the scripts are written from.
func exchangeLimit(x *store.Setup) exchange.Limit {
	return exchange.Limit{
		ClientID: x.ClientID, ServicePrincipalID: x.ServicePrincipalID, DisplayName: x.AppName, Mailbox: x.Mailbox,
		Other: x.Limit.Other, TenantID: x.TenantID, Environment: CloudOf(x).ExchangeEnvironment,
	}
}

// needPrincipal finds the enterprise application where no earlier run has, as
// when somebody else has limited the app.
func (s *session) needPrincipal(ctx context.Context) error {
	if s.setup.ServicePrincipalID != "" {
		return nil
	}
	return s.knowPrincipal(ctx)
}

// knowPrincipal finds the object ID of the enterprise application, which
// Exchange knows the app by. The app's own token has it, so the admin cannot confuse it
// with the app registration's. Without a token palmail asks for it.
func (s *session) knowPrincipal(ctx context.Context) error {
	err := s.UI.Work(ctx, Work{
		Frame: s.frame("limit-look", PhaseNone, limitHelp), Title: "Looking up the enterprise application",
		Run: func(ctx context.Context, report Report) error {
			return task(report, "Its Object ID, from the app's own token", func(ctx context.Context) error {
				t, err := s.appToken(ctx, s.secretInUse())
				if err == nil && t.ServicePrincipalID != "" {
					s.setup.ServicePrincipalID = t.ServicePrincipalID
				}
				return err
			})(ctx)
		},
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, ErrBack):
		return err
	case s.setup.ServicePrincipalID != "":
		return nil
	}
	return s.askPrincipal(ctx)
}

// askPrincipal asks for the object ID, and knows the IDs that are taken for it.
func (s *session) askPrincipal(ctx context.Context) error {
	x := &s.setup
	a, err := s.UI.Fill(ctx, Page{
		Frame: s.frame("limit-id", PhaseNone, limitHelp),
		Title: "The Object ID of the enterprise application",
		Why:   "Exchange knows the app by this ID. It is not the one that App registrations shows.",
		Guide: staticGuide([]Instruction{
			{
				Text: "Open", LinkText: "Enterprise applications", Link: s.cloud().EnterpriseAppsLink(x.TenantID),
				Note: "under Entra ID",
			},
			{Text: "Choose **" + s.appName() + "**"},
			{Text: "Copy **Object ID** from its **Overview**"},
		}),
		Fields: []Field{{
			Key: "service-principal-id", Label: "Object ID", Hint: "from Enterprise applications",
			Tidy: tidyGUID,
			Shape: func(text string, a Answers) Verdict {
				switch id, _ := m365.ParseGUID(text); {
				case id != "" && id == x.ClientID:
					return wrong("This is the Application (client) ID. Copy the line below it, **Object ID**.")
				case id != "" && id == x.TenantID:
					return wrong("This is the Directory (tenant) ID. Copy **Object ID**.")
				case id != "" && id == x.AppObjectID:
					return wrong("This is the Object ID of the app registration. Copy the one under **Enterprise " +
						"applications**.")
				}
				return guidShape("Object ID")(text, a)
			},
		}},
		Practice: s.practiceLimit("limit-id"),
	})
	if err == nil {
		s.setup.ServicePrincipalID = a.Get("service-principal-id")
	}
	return err
}

// showScript shows a script, whole and as its bare commands.
func (s *session) showScript(ctx context.Context, x exchangeScript) error {
	l := exchangeLimit(&s.setup)
	whole, err := x.whole(l)
	if err != nil {
		return s.noScript(ctx, err)
	}
	short, err := x.commands(l)
	if err != nil {
		return s.noScript(ctx, err)
	}
	return s.UI.Show(ctx, Notice{
		Frame: s.frame("limit-script", PhaseNone, limitHelp), Title: "The script for Exchange Online PowerShell",
		Why: "Run it as a file; the bare commands do the same without looking first.",
		Values: []Value{
			{Label: "Script", Text: strings.ReplaceAll(whole, "\r\n", "\n")},
			{Label: "Commands", Text: strings.Join(short, "\n")},
		},
		Submit: "go back",
	})
}

// noScript says which of the values has no place in a script.
func (s *session) noScript(ctx context.Context, cause error) error {
	return s.UI.Show(ctx, Notice{
		Frame: s.frame("limit-no-script", PhaseNone, limitHelp), Title: "There is no script for these values",
		Text: "What does not fit: " + cause.Error() +
			".\n\nStart palmail, choose Change an answer, and put it right.",
		Submit: "go back",
	})
}

// writeScript writes a script to a file that the admin names.
func (s *session) writeScript(ctx context.Context, x exchangeScript) error {
	text, err := x.whole(exchangeLimit(&s.setup))
	if err != nil {
		return s.noScript(ctx, err)
	}
	name := x.file + "-" + s.Profile + ".ps1"
	why := "There is no secret in it."
	for {
		a, err := s.UI.Fill(ctx, Page{
			Frame: s.frame("limit-file", PhaseNone, limitHelp),
			Title: "Write the script to a file", Why: why,
			Fields: []Field{{
				Key: "file", Label: "File", Hint: name, Value: name,
				Shape: func(text string, _ Answers) Verdict {
					if text == "" {
						return unknown("Give it a name that ends in .ps1.")
					}
					if !strings.HasSuffix(strings.ToLower(text), ".ps1") {
						return unknown("PowerShell runs files whose name ends in .ps1.")
					}
					return Verdict{State: Right}
				},
			}},
			Submit: "write it",
		})
		if err != nil {
			return err
		}
		name = a.Get("file")
		path, err := s.writeFile(name, exchange.File(text))
		if err != nil {
			why = fmt.Sprintf("It was not written: %v.", err)
			continue
		}
		return s.UI.Show(ctx, Notice{
			Frame: s.frame("limit-written", PhaseNone, limitHelp), Title: "Written",
			Text: "To run it, in PowerShell:",
			Values: []Value{
				{Label: "File", Text: path},
				{Label: "Command", Text: "powershell -ExecutionPolicy RemoteSigned -File " + exchange.Quote(path)},
			},
			Submit: "go back",
		})
	}
}

func (s *session) writeFile(name string, data []byte) (string, error) {
	if s.WriteFile == nil {
		return "", errors.New("files cannot be written from here")
	}
	return s.WriteFile(name, data)
}

// practiceLimit tells the practice portal what the limit is about.
func (s *session) practiceLimit(screen string) []Practice {
	x := &s.setup
	return s.practiceWith(screen, map[string]string{
		"client-id": x.ClientID, "mailbox": x.Mailbox, "other-mailbox": x.Limit.Other,
		"service-principal-id": x.ServicePrincipalID,
	})
}

// LimitScript returns the file with which an Exchange administrator limits the
// app to its mailbox, or with undo takes that away again. Where the object ID
// of the enterprise application is not known, the app's own token is asked for it.
func LimitScript(ctx context.Context, setup *store.Setup, o m365.Options, undo bool) ([]byte, error) {
	known := *setup
	if known.ServicePrincipalID == "" {
		t, err := m365.New(CloudOf(setup), o).AppToken(ctx, setup.TenantID, setup.ClientID, setup.Secret.Value)
		if err != nil {
			return nil, err
		}
		known.ServicePrincipalID = t.ServicePrincipalID
	}
	x := limitScript
	if undo {
		x = undoScript
	}
	text, err := x.whole(exchangeLimit(&known))
	if err != nil {
		return nil, fmt.Errorf("writing the script: %w", err)
	}
	return exchange.File(text), nil
}
