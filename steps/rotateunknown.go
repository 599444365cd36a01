package steps

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/steps/progress"
	"palmail/store"
)

const unknownHelp = "" +
	"palmail keeps a setup in the keyring of the computer and account that it was set up with. On another computer, or " +
	"after the profile was removed, nothing is known: neither which app PAL uses nor its secret.\n\n" +
	"None of these ways changes anything in PAL or in the tenant before you confirm it."

// Imported is a profile of a file that palmail export wrote.
type Imported struct {
	Profile string
	Setup   store.Setup
}

// Ways to a setup that this computer does not know.
const (
	optionPaste  = "paste"
	optionImport = "import"
	optionFirst  = "first"
)

// rotateUnknown is how `palmail rotate` opens with nothing stored: it says so,
// and leads to a setup whose secret can be renewed.
func (s *session) rotateUnknown(ctx context.Context) error {
	c := Choice{
		Frame: s.frame("rotate-unknown", PhaseNone, unknownHelp),
		Title: "This computer knows no setup of PAL",
		Why: fmt.Sprintf("Nothing is stored here for the profile %s. To renew a secret, palmail must know the app.",
			s.Profile),
		Options: []Option{
			{Key: optionSignIn, Text: "Sign in and find PAL's app in the tenant", Note: "an administrator's account"},
			{Key: optionPaste, Text: "Enter what PAL has", Note: "client ID, tenant ID and secret"},
			{Key: optionImport, Text: "Import a file of palmail export", Note: "from the computer that has the setup"},
			{Key: optionFirst, Text: "Set up PAL for the first time"},
		},
	}
	if s.OpenExport == nil {
		c.Options = slices.DeleteFunc(c.Options, func(o Option) bool { return o.Key == optionImport })
	}
	for {
		picked, err := s.choose(ctx, c)
		switch {
		case errors.Is(err, ErrBack):
			return ErrLeave
		case err != nil:
			return err
		}
		switch picked {
		case optionSignIn:
			err = s.findAppSigned(ctx)
		case optionPaste:
			err = s.enterWhatPALHas(ctx)
		case optionImport:
			err = s.importProfile(ctx)
		default:
			return s.firstSetup(ctx)
		}
		if !errors.Is(err, ErrBack) {
			return err
		}
		c.prefer(picked)
	}
}

func (s *session) firstSetup(ctx context.Context) error {
	if err := s.from(ctx, progress.Next(&s.setup), progress.Start); err != nil {
		return err
	}
	return s.offerLimit(ctx)
}

// startOnce asks for the mailbox and PAL's address, which every way needs.
func (s *session) startOnce(ctx context.Context) error {
	if progress.Start.Done(&s.setup) {
		return nil
	}
	return s.start(ctx)
}

// findAppSigned finds PAL's app with an administrator's account, and goes on as
// in a setup whose app is known: with a plan, and a new secret beside the others.
func (s *session) findAppSigned(ctx context.Context) error {
	if err := s.startOnce(ctx); err != nil {
		return err
	}
	if s.setup.ClientID == "" && s.Given.ClientID != "" {
		s.changeApp(tidyGUID(s.Given.ClientID))
	}
	if s.setup.ClientID == "" {
		admin, err := s.administrator(ctx)
		switch {
		case errors.Is(err, errPortal):
			return s.enterWhatPALHas(ctx)
		case err != nil:
			return err
		}
		if err := s.pickApp(ctx, admin); err != nil {
			return err
		}
	}
	s.setup.Mode = store.ModeSignIn
	if err := s.automatic(ctx); err != nil {
		return err
	}
	if err := s.saveOrAsk(ctx); err != nil {
		return err
	}
	return s.firstSetup(ctx)
}

// pickApp asks which of the apps that can be PAL's is.
func (s *session) pickApp(ctx context.Context, admin *m365.Admin) error {
	for {
		var apps []m365.App
		err := s.UI.Work(ctx, Work{
			Frame: s.frame("find-app", PhaseRegister, unknownHelp), Title: "Looking for PAL's app",
			Why: "By PAL's redirect URI, and by name. Nothing is changed by that.",
			Run: func(ctx context.Context, report Report) error {
				return task(report, "Apps with PAL's redirect URI or name", func(ctx context.Context) (err error) {
					apps, err = s.existingApps(ctx, admin)
					return err
				})(ctx)
			},
		})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			again, err := s.askAfterFailure(ctx, "The tenant cannot be read", s.explain(err, time.Time{}))
			if again {
				continue
			}
			if errors.Is(err, errPortal) {
				err = ErrBack
			}
			return err
		}
		c := Choice{
			Frame: s.frame("which-pal-app", PhaseRegister, unknownHelp), Title: "Which app does PAL use?",
			Why: "PAL shows it as OAuth Client ID, under General Settings, Mail Server Configuration.",
		}
		for _, a := range apps {
			c.Options = append(c.Options, Option{
				Key: a.ClientID, Text: a.Name + ", client ID " + a.ClientID, Note: secretsText(a.Secrets, s.Now()),
			})
		}
		if len(apps) == 0 {
			c.Title = "No app for PAL was found in this tenant"
			c.Text = "palmail looked for the redirect URI " + m365.RedirectURI(s.setup.PALURL) + " and for the name " +
				s.appName() + "."
		}
		c.Options = append(c.Options, Option{Key: optionBack, Text: "None of these: choose another way"})
		picked, err := s.choose(ctx, c)
		switch {
		case err != nil:
			return err
		case picked == optionBack:
			return ErrBack
		}
		i := slices.IndexFunc(apps, func(a m365.App) bool { return a.ClientID == picked })
		s.changeApp(picked)
		s.setup.AppName, s.setup.AppObjectID = apps[i].Name, apps[i].ObjectID
		return nil
	}
}

// enterWhatPALHas takes over a setup from PAL's own form, and renews its secret.
func (s *session) enterWhatPALHas(ctx context.Context) error {
	if err := s.startOnce(ctx); err != nil {
		return err
	}
	tenantID, opened := s.setup.TenantID, s.Now()
	var token m365.Token
	page := Page{
		Frame: s.frame("pal-has", PhasePAL, unknownHelp), Title: "Enter what PAL has",
		Why: s.sentTo("palmail signs in with these values, and then renews the secret."),
		Guide: staticGuide([]Instruction{
			{Text: "Open", LinkText: "PAL's administration", Link: s.setup.PALURL},
			{Text: "**General Settings** › **Mail Server Configuration**"},
			{Text: "Copy **OAuth Client ID**, **Tenant ID** and **Secret Key** to here"},
		}),
		Fields: []Field{
			{Key: "client-id", Label: "OAuth Client ID", Value: s.setup.ClientID, Tidy: tidyGUID,
				Shape: guidShape("OAuth Client ID")},
			{Key: "tenant-id", Label: "Tenant ID", Value: tenantID, Tidy: tidyGUID, Shape: guidShape("Tenant ID")},
			{Key: "secret", Label: "Secret Key", Hint: "paste the value that PAL has", Kind: SecretField,
				Shape: s.secretShape},
			{Key: "date", Label: "End date, if you know it", Hint: opened.AddDate(0, 0, 30).Format(dateLayouts[0]),
				Optional: true, Shape: knownDateShape},
		},
		Check: func(ctx context.Context, a Answers, report Report) Verdict {
			var v Verdict
			token, v = s.checkWhatPALHas(ctx, a, report)
			return v
		},
	}
	a, err := s.UI.Fill(ctx, page)
	if err != nil {
		return err
	}
	s.takeOver(a, token)
	if err := s.saveOrAsk(ctx); err != nil {
		return err
	}
	if err := s.rotate(ctx); err != nil {
		return err
	}
	return s.firstSetup(ctx)
}

func knownDateShape(text string, _ Answers) Verdict {
	if _, ok := parseDate(text); !ok && text != "" {
		return unknown("A date looks like 2027-05-22.")
	}
	return Verdict{State: Right}
}

// checkWhatPALHas signs in with PAL's values. That the secret has expired says
// that it is the right one, so that it can be renewed.
func (s *session) checkWhatPALHas(ctx context.Context, a Answers, report Report) (m365.Token, Verdict) {
	const text = "Signing in with PAL's values"
	report(Task{Key: text, State: Busy, Text: text})
	token, err := s.client().AppToken(ctx, a.Get("tenant-id"), a.Get("client-id"), a.Secret("secret"))
	if ctx.Err() != nil {
		return token, Verdict{}
	}
	if err == nil {
		report(Task{Key: text, State: Right, Text: "Signed in with PAL's values"})
		return token, right("PAL's values work.")
	}
	f := diagnose.Explain(err, diagnose.Context{
		Now: s.Now(), System: runtime.GOOS, Links: s.links(), Cloud: s.cloud().Label, Mailbox: s.setup.Mailbox,
		TenantID: a.Get("tenant-id"), ClientID: a.Get("client-id"),
	})
	if f.Cause == diagnose.CauseSecretExpired {
		report(Task{Key: text, State: Warn, Text: "The secret has expired"})
		return token, warn("This is PAL's secret, and it has expired. Continue to renew it.")
	}
	report(Task{Key: text, State: Wrong, Text: text + ": not done"})
	return token, verdict(&f)
}

// takeOver makes a setup of PAL's values.
func (s *session) takeOver(a Answers, token m365.Token) {
	now, value := s.Now().UTC(), a.Secret("secret")
	until, _ := parseDate(a.Get("date"))
	s.changeTenant(a.Get("tenant-id"))
	s.changeApp(a.Get("client-id"))
	x := &s.setup
	x.AppName, x.Mode = s.appName(), store.ModePortal
	x.Secret = store.Secret{Value: value, Hint: value.Hint(), Expires: until}
	x.AppProved, x.SecretProved, x.PALSaved = now, now, now
	if token.HasMailSend() {
		x.PermissionProved = now
	}
}

// importProfile takes over a setup from a file of palmail export.
func (s *session) importProfile(ctx context.Context) error {
	var found []Imported
	_, err := s.UI.Fill(ctx, Page{
		Frame: s.frame("import-file", PhaseNone, unknownHelp), Title: "Import a file of palmail export",
		Why: "On the computer that has the setup, run palmail export --output pal.age and copy the file here.",
		Fields: []Field{
			{Key: "file", Label: "File", Hint: "pal.age"},
			{Key: "phrase", Label: "Passphrase of the file", Kind: SecretField},
		},
		Check: func(ctx context.Context, a Answers, report Report) Verdict {
			const text = "Reading the file"
			report(Task{Key: text, State: Busy, Text: text})
			var err error
			if found, err = s.OpenExport(ctx, a.Get("file"), a.Secret("phrase")); err != nil {
				report(Task{Key: text, State: Wrong, Text: text + ": not done"})
				return wrong("%s.", strings.TrimSuffix(firstUpper(err.Error()), "."))
			}
			report(Task{Key: text, State: Right, Text: "Read the file"})
			return right("The file can be imported.")
		},
	})
	if err != nil {
		return err
	}
	picked, err := s.pickImported(ctx, found)
	if err != nil {
		return err
	}
	if err := s.acceptCustomCloud(ctx, picked); err != nil {
		return err
	}
	s.setup = picked.Setup
	s.setup.Revision = ""
	if err := s.saveOrAsk(ctx); err != nil {
		return err
	}
	s.stored = true
	if err := s.UI.Show(ctx, Notice{
		Frame: s.frame("imported", PhaseNone, unknownHelp), Title: "Imported the setup of " + s.setup.Mailbox,
		Text: "Delete the file now: its secrets work.\n\nFrom now on, renew this secret on one computer only.",
	}); err != nil && !errors.Is(err, ErrBack) {
		return err
	}
	return s.openStored(ctx)
}

// pickImported asks which profile of a file to take.
func (s *session) pickImported(ctx context.Context, found []Imported) (Imported, error) {
	if len(found) == 1 {
		return found[0], nil
	}
	c := Choice{
		Frame: s.frame("which-imported", PhaseNone, unknownHelp), Title: "Which profile?",
		Why: "The file has several. It is stored here as profile " + s.Profile + ".",
	}
	for _, p := range found {
		c.Options = append(c.Options, Option{
			Key: p.Profile, Text: p.Profile, Note: p.Setup.Mailbox + ", " + profileState(&p.Setup, s.Now()),
		})
	}
	c.prefer(s.Profile)
	picked, err := s.choose(ctx, c)
	if err != nil {
		return Imported{}, err
	}
	return found[slices.IndexFunc(found, func(p Imported) bool { return p.Profile == picked })], nil
}

// acceptCustomCloud asks before a setup is taken over whose secret does not go
// to Microsoft.
func (s *session) acceptCustomCloud(ctx context.Context, p Imported) error {
	c := CloudOf(&p.Setup)
	if !c.Custom {
		return nil
	}
	picked, err := s.choose(ctx, Choice{
		Frame: s.frame("imported-cloud", PhaseNone, unknownHelp), Title: "This setup uses a custom cloud",
		Why:  "It is the " + c.Label + ". palmail sends the secret to that host, which is not Microsoft's.",
		Text: fmt.Sprintf("Sign-in:  %s\nGraph:    %s\nPortal:   %s", c.Login, c.Graph, c.Portal),
		Options: []Option{
			{Key: optionLeave, Text: "Do not import it", Note: "nothing is changed"},
			{Key: "take", Text: "Import it", Note: "only if you know these hosts"},
		},
	})
	if err == nil && picked != "take" {
		err = ErrBack
	}
	return err
}

func firstUpper(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
