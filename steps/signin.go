package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/steps/progress"
	"palmail/store"
)

const howHelp = "" +
	"Signing in is the shorter way: palmail registers the app, makes the secret and grants the " +
	"permission, after it has shown you what it will change and you have said yes. It needs an account " +
	"that may register apps; for the consent, a Privileged Role Administrator or Global Administrator.\n\n" +
	"Guided through the portal you do the same yourself, and palmail checks each step. You can change to " +
	"the portal at any step.\n\n" +
	"The sign-in is used for this set-up only. Its tokens stay in memory and are gone when palmail ends. " +
	"In the tenant's sign-in log it appears under the name of the app that is used for signing in."

// how asks whether to sign in or to be guided, and in the first case does it all.
func (s *session) how(ctx context.Context) error {
	c := Choice{
		Frame: s.frame("how", PhaseNone, howHelp),
		Title: "How do you want to do it?",
		Why:   "Either way, every step is checked, and nothing in the tenant changes until you confirm.",
		Options: []Option{
			{Key: optionSignIn, Text: "Sign in and let palmail do it", Note: "needs an administrator's account"},
			{Key: optionPortal, Text: "Be guided through the portal", Note: "you do it, palmail checks it"},
		},
	}
	if s.setup.ClientID != "" && s.setup.AppProved.IsZero() {
		c.Text, c.Optional = "The app with the client ID "+s.setup.ClientID+" is used, either way.", true
		c.prefer(optionPortal)
	}
	if s.setup.Mode == store.ModePortal {
		c.prefer(optionPortal)
	}
	picked, err := s.choose(ctx, c)
	switch {
	case err != nil:
		return err
	case picked == optionPortal:
		s.setup.Mode = store.ModePortal
		return nil
	}
	s.setup.Mode = store.ModeSignIn
	return s.automatic(ctx)
}

// signInstead is offered on the pages of the portal's way.
var signInstead = Action{Key: "ctrl+g", Word: "sign-in", Label: "sign in instead"}

// switchedTo does by signing in what a guided page was about to do. It reports
// whether that page's own step is settled now.
func (s *session) switchedTo(ctx context.Context, stage progress.Stage) (bool, error) {
	mode := s.setup.Mode
	s.setup.Mode = store.ModeSignIn
	err := s.automatic(ctx)
	if errors.Is(err, ErrBack) {
		s.setup.Mode, err = mode, nil
	}
	return stage.Done(&s.setup), err
}

// signInMethod is one way of signing in.
type signInMethod struct {
	key, text, note string

	run func(*session, context.Context) (*m365.Admin, error)
}

var (
	byBrowser = signInMethod{"browser", "In the browser", "opens Microsoft's sign-in page", (*session).signInByBrowser}
	byAzure   = signInMethod{
		"azure-cli", "With the Azure CLI's session", "az is signed in on this computer", (*session).signInByAzure,
	}
	byDevice = signInMethod{
		"device-code", "With a code, on any device", "many agencies block this way", (*session).signInByDevice,
	}
)

// signInMethods lists the ways of signing in, the best first for where palmail runs.
func (s *session) signInMethods(ctx context.Context) []signInMethod {
	var all []signInMethod
	if s.BrowserHere {
		all = append(all, byBrowser)
	}
	if s.Portal == nil && m365.AzureCLIPresent(ctx) {
		all = append(all, byAzure)
	}
	all = append(all, byDevice)
	if !s.BrowserHere {
		all = append(all, signInMethod{
			byBrowser.key, byBrowser.text, "works only if a browser on this computer can be reached", byBrowser.run,
		})
	}
	return all
}

// signIn asks how to sign in and does it, until somebody is signed in to the
// right tenant. ErrBack goes back to the question before.
func (s *session) signIn(ctx context.Context) (*m365.Admin, error) {
	var f *diagnose.Finding
	attempts, proposed, said := signInAttempts{}, "", ""
	for {
		ways := s.signInMethods(ctx)
		choice := Choice{
			Frame: s.frame("sign-in", PhaseNone, howHelp),
			Title: "Sign in as an administrator",
			Why: fmt.Sprintf("To the tenant of %s. The sign-in log will name the app %s.",
				domainOf(s.setup.Mailbox), m365.SignInAppName(s.SignInClientID)),
			Finding: f, Practice: s.practice("sign-in"), Text: strings.TrimSpace(said + "\n" + attempts.text(ways)),
		}
		for _, w := range ways {
			choice.Options = append(choice.Options, Option{Key: w.key, Text: w.text, Note: w.note})
		}
		choice.Options = append(choice.Options, Option{Key: optionPortal, Text: "Be guided through the portal instead"})
		choice.prefer(proposed)
		said = ""
		picked, err := s.choose(ctx, choice)
		switch {
		case err != nil:
			return nil, err
		case picked == optionPortal:
			return nil, errPortal
		}
		at := optionAt(choice.Options, picked)
		admin, err := ways[at].run(s, ctx)
		switch {
		case errors.Is(err, ErrBack):
			f, attempts[picked] = nil, "" // Microsoft's page may have refused it without telling palmail
			proposed = attempts.next(ways)
			continue
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err == nil:
			if f = s.foreignTenant(admin); f == nil {
				s.setup.SignedInAs, s.scopes = admin.Account().Username, admin.Account().Scopes
				return admin, s.warnOfClock(ctx) // before an end date is computed
			}
			continue
		}
		found := s.explainSignIn(s.explain(err, time.Time{}), err)
		f, proposed = &found, picked
		if hasCorrection(found.Cause, changeCloud) {
			switched, err := s.useOwnCloud(ctx)
			if err != nil {
				return nil, err
			}
			if switched {
				f, said = nil, "The tenant is in **"+s.cloud().Label+"**. palmail uses that cloud from now on."
			}
		}
		if reason, refused := m365.SignInRefused(err); refused {
			attempts[picked] = reason
			proposed = attempts.next(ways)
		}
	}
}

// errPortal says that the admin wants to be guided through the portal after all.
var errPortal = errors.New("guided through the portal instead")

// foreignTenant is a finding when the account belongs to another tenant than the
// mailbox, nil when not.
func (s *session) foreignTenant(admin *m365.Admin) *diagnose.Finding {
	a := admin.Account()
	if strings.EqualFold(a.TenantID, s.setup.TenantID) {
		return nil
	}
	return &diagnose.Finding{
		Cause: diagnose.CauseUserNotInTenant, Title: a.Username + " is signed in to another tenant",
		Explanation: fmt.Sprintf("The app must be registered in the tenant %s of %s; this sign-in is for %s. Nothing "+
			"was changed.", s.setup.TenantID, s.setup.Mailbox, a.TenantID),
		Remedy: []string{
			"Sign in with an account of the mailbox's tenant.",
			"If the tenant is the wrong one, go back to the first page and press ctrl+e there.",
		}, Who: "You",
	}
}

func (s *session) signInOptions() m365.SignInOptions {
	return m365.SignInOptions{TenantID: s.setup.TenantID, ClientID: s.SignInClientID, LoginHint: s.setup.SignedInAs}
}

// signedIn is how a sign-in has ended: with an administrator, or an error.
type signedIn struct {
	admin *m365.Admin
	err   error
}

func (s *session) signInByBrowser(ctx context.Context) (*m365.Admin, error) {
	address := make(chan string, 1)
	result := make(chan signedIn, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		admin, err := s.client().SignInBrowser(ctx, s.signInOptions(), func(ctx context.Context, url string) error {
			address <- url
			return nil
		})
		result <- signedIn{admin, err}
	}()
	var link string
	select {
	case link = <-address:
	case ended := <-result:
		return nil, ended.err
	}
	opened := ""
	if err := s.openInBrowser(ctx, link); err != nil {
		opened = "The browser could not be opened from here: open the address yourself, on this computer."
	}
	return s.waitForSignIn(ctx, cancel, result, Page{
		Frame:    s.frame("sign-in-browser", PhaseNone, howHelp),
		Title:    "Sign in in the browser",
		Why:      "Microsoft's page asks for your account. Come back here when it says that you are signed in.",
		Guide:    staticGuide([]Instruction{{Text: "Open", LinkText: "the sign-in page", Link: link, Note: opened}}),
		Practice: s.practiceWith("sign-in-browser", map[string]string{"link": link}),
	}, 15*time.Minute)
}

// openInBrowser opens an address, and fails where there is no browser.
func (s *session) openInBrowser(ctx context.Context, address string) error {
	if s.Open == nil {
		return errors.New("no browser")
	}
	return s.Open(ctx, address)
}

func (s *session) signInByAzure(ctx context.Context) (admin *m365.Admin, err error) {
	err = s.UI.Work(ctx, Work{
		Frame: s.frame("sign-in-azure", PhaseNone, howHelp), Title: "Asking the Azure CLI",
		Why: "Its session is used, nothing of it is kept.",
		Run: func(ctx context.Context, report Report) error {
			report(Task{Key: "az", State: Busy, Text: "Asking az for a token"})
			admin, err = s.client().SignInAzureCLI(ctx, s.signInOptions())
			return err
		},
	})
	return admin, err
}

func (s *session) signInByDevice(ctx context.Context) (*m365.Admin, error) {
	codes := make(chan m365.DeviceCode, 1)
	result := make(chan signedIn, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		admin, err := s.client().SignInDeviceCode(ctx, s.signInOptions(), func(c m365.DeviceCode) { codes <- c })
		result <- signedIn{admin, err}
	}()
	var code m365.DeviceCode
	err := s.UI.Work(ctx, Work{
		Frame: s.frame("sign-in-code-wait", PhaseNone, howHelp), Title: "Asking for a code",
		Run: func(ctx context.Context, report Report) error {
			report(Task{Key: "code", State: Busy, Text: "Asking Microsoft for a code"})
			select {
			case code = <-codes:
				return nil
			case ended := <-result:
				result <- ended
				return ended.err
			case <-ctx.Done():
				return ctx.Err()
			}
		},
	})
	if err != nil {
		cancel()
		if ended := <-result; ended.err == nil {
			s.Log.Info("signed in and left at once")
		}
		return nil, err
	}
	return s.waitForSignIn(ctx, cancel, result, Page{
		Frame: s.frame("sign-in-code", PhaseNone, howHelp),
		Title: "Type " + code.Code + " at " + code.URL,
		Why:   "Do it only because you started this yourself: whoever types a code signs in whoever shows it.",
		Guide: staticGuide([]Instruction{
			{Text: "Open", LinkText: code.URL, Link: code.URL},
			{Text: "Type the code", Copy: code.Code},
			{Text: "Sign in as an administrator", Note: "and come back here"},
		}),
		Picture:  qrCode(code.URL),
		Practice: s.practiceWith("sign-in-code", map[string]string{"user-code": code.Code, "link": code.URL}),
	}, time.Until(code.Expires))
}

// waitForSignIn shows p until the sign-in that reports to result has ended,
// and ends it when the admin goes back.
func (s *session) waitForSignIn(ctx context.Context, cancel context.CancelFunc, result chan signedIn, p Page,
	limit time.Duration) (*m365.Admin, error) {
	var outcome signedIn
	p.Check = func(ctx context.Context, _ Answers, report Report) Verdict {
		report(Task{
			Key: "wait", State: Waiting, Text: "Waiting for you to sign in", Limit: limit,
			Note: "This goes on by itself.",
		})
		select {
		case outcome = <-result:
			result <- outcome
		case <-ctx.Done():
			return Verdict{}
		}
		if outcome.err != nil { // the question before this page says why
			return Verdict{State: Right, Text: "The sign-in has ended.", Auto: true}
		}
		return Verdict{State: Right, Text: "You are signed in.", Auto: true}
	}
	p.Submit = "choose another way"
	_, err := s.UI.Fill(ctx, p)
	cancel()
	ended := <-result
	switch {
	case ended.err == nil: // also where the admin went back or left just then
		return ended.admin, nil
	case err != nil:
		return nil, err
	}
	return nil, ended.err
}
