package steps

import (
	"context"
	"errors"
	"fmt"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/steps/progress"
	"palmail/store"
)

// automatic signs in, shows the plan and carries it out. Where the tenant
// refuses, it leaves the rest to the portal, with what is done kept.
func (s *session) automatic(ctx context.Context) error {
	admin, err := s.administrator(ctx)
	if err != nil {
		return s.toPortal(err)
	}
	p, err := s.prepare(ctx, admin)
	if m365.SignedOut(err) { // an earlier sign-in of this run has ended
		s.admin = nil
		return s.automatic(ctx)
	}
	if err != nil {
		return s.toPortal(err)
	}
	for {
		no, err := s.apply(ctx, admin, p)
		if err != nil {
			return err
		}
		if err := s.saveOrAsk(ctx); err != nil {
			return err
		}
		if m365.SignedOut(no.app) || m365.SignedOut(no.secret) || m365.SignedOut(no.grant) {
			s.admin = nil
			if admin, err = s.administrator(ctx); err != nil {
				return s.toPortal(err)
			}
			continue
		}
		again, err := s.refused(ctx, p, no)
		if err != nil {
			return s.toPortal(err)
		}
		if !again {
			return s.lookAtMailbox(ctx, admin)
		}
	}
}

// toPortal turns errPortal into an answer: the setup goes on in the portal.
func (s *session) toPortal(err error) error {
	if errors.Is(err, errPortal) {
		s.setup.Mode = store.ModePortal
		return nil
	}
	return err
}

// prepare reads the tenant, asks which app to use, and has the plan confirmed.
func (s *session) prepare(ctx context.Context, admin *m365.Admin) (*plan, error) {
	for {
		p, err := s.survey(ctx, admin)
		if err == nil {
			if err = s.chooseApp(ctx, p); err == nil {
				err = s.inspect(ctx, admin, p)
			}
		}
		if err == nil {
			return p, s.confirm(ctx, admin, p)
		}
		if ctx.Err() != nil || errors.Is(err, ErrBack) || errors.Is(err, errPortal) || m365.SignedOut(err) {
			return nil, err
		}
		if again, err := s.askAfterFailure(ctx, "The tenant cannot be read", s.explain(err, time.Time{})); !again {
			return nil, err
		}
	}
}

// askAfterFailure shows a failure and asks whether to try again, go to the portal or leave.
func (s *session) askAfterFailure(ctx context.Context, title string, f diagnose.Finding) (again bool, err error) {
	picked, err := s.choose(ctx, Choice{
		Frame: s.frame("refused", PhaseNone, howHelp), Title: title, Finding: &f,
		Options: []Option{
			{Key: optionRetry, Text: "Try again"},
			{Key: optionPortal, Text: "Go on in the portal", Note: "what is done is kept"},
			{Key: optionLeave, Text: "Leave", Note: "everything is kept"},
		},
	})
	switch {
	case err != nil:
		return false, err
	case picked == optionPortal:
		return false, errPortal
	case picked == optionLeave:
		return false, ErrLeave
	}
	return true, nil
}

// refused asks what to do about the first thing that the tenant did not allow.
func (s *session) refused(ctx context.Context, p *plan, no refusals) (again bool, err error) {
	switch {
	case no.app != nil && m365.IsDenied(no.app):
		return s.mayNotRegister(ctx, no.app)
	case no.app != nil:
		return s.askAfterFailure(ctx, "The app could not be registered", s.explain(no.app, time.Time{}))
	case no.secret != nil && m365.SecretLifetimeRefused(no.secret):
		return s.offerShorterLifetime(ctx, p, no.secret)
	case no.secret != nil && m365.SecretsForbidden(no.secret):
		return s.secretsForbidden(ctx, no.secret)
	case no.secret != nil:
		return s.askAfterFailure(ctx, "The secret could not be made", s.explain(no.secret, time.Time{}))
	case no.grant != nil && m365.IsDenied(no.grant):
		return s.mayNotConsent(ctx, no.grant)
	case no.grant != nil:
		var late errNoRoleYet
		if errors.As(no.grant, &late) && late.finding != nil {
			return s.askAfterFailure(ctx, "Mail.Send did not appear yet", *late.finding)
		}
		return s.askAfterFailure(ctx, "Mail.Send could not be granted", s.explain(no.grant, time.Time{}))
	}
	return false, nil
}

// mayNotRegister has somebody else register the app; palmail goes on with its
// client ID.
func (s *session) mayNotRegister(ctx context.Context, cause error) (bool, error) {
	f := s.explain(cause, time.Time{})
	text := fmt.Sprintf(`Please register an app for PAL, our public request portal, in our tenant %s.

Name: %s
Supported account types: this organizational directory only (single tenant)
Redirect URI: platform Web, %s

Then send me its Application (client) ID, and make me (%s) its owner so that I can make its secret.

It takes the role Application Developer or higher: Entra ID, App registrations, New registration.`,
		s.setup.TenantID, s.appName(), m365.RedirectURI(s.setup.PALURL), s.setup.SignedInAs)
	err := s.UI.Show(ctx, Notice{
		Frame: s.frame("may-not-register", PhaseRegister, registerHelp),
		Title: "Your account may not register apps", Finding: &f,
		Text:   "Send this to somebody who may. When you have the client ID, go on: the next page takes it.",
		Values: []Value{{Label: "Message", Text: text}},
		Submit: "go on with a client ID",
	})
	if err != nil {
		return false, err
	}
	return false, errPortal
}

// mayNotConsent has somebody else consent; the permission page has the link and
// waits.
func (s *session) mayNotConsent(ctx context.Context, cause error) (bool, error) {
	f := s.explain(cause, time.Time{})
	picked, err := s.choose(ctx, Choice{
		Frame: s.frame("may-not-consent", PhasePermission, permissionHelp),
		Title: "The consent needs another administrator", Finding: &f,
		Text: "Everything else is done and kept.",
		Options: []Option{
			{Key: "link", Text: "Get a link and a message for them", Note: "and wait for the consent"},
			{Key: optionRetry, Text: "Try again", Note: "after your role is activated"},
			{Key: optionLeave, Text: "Leave", Note: "palmail goes on from here"},
		},
	})
	switch {
	case err != nil:
		return false, err
	case picked == optionRetry:
		return true, nil
	case picked == optionLeave:
		return false, ErrLeave
	}
	if err := s.consentLink(ctx); err != nil && !errors.Is(err, ErrBack) {
		return false, err
	}
	return false, errPortal
}

// offerShorterLifetime offers the longest lifetime that the policy allows, or
// some shorter ones when the policy cannot be read.
func (s *session) offerShorterLifetime(ctx context.Context, p *plan, cause error) (bool, error) {
	f := s.explain(cause, time.Time{})
	now := s.serverNow().Truncate(time.Second)
	var ends []time.Time
	for _, days := range []int{90, 60, 30} {
		if end := now.AddDate(0, 0, days); end.Before(p.expires) {
			ends = append(ends, end)
		}
	}
	if len(ends) == 0 {
		ends = []time.Time{now.AddDate(0, 0, 30)}
	}
	if limit := p.maxDays(now); limit > 1 && now.AddDate(0, 0, limit).Before(p.expires) {
		ends = []time.Time{now.AddDate(0, 0, limit)}
	}
	c := Choice{
		Frame: s.frame("shorter", PhaseSecret, secretHelp),
		Title: "The tenant allows only a shorter life", Finding: &f,
	}
	for _, end := range ends {
		days := int(end.Sub(now) / (24 * time.Hour))
		c.Options = append(c.Options, Option{
			Key: end.Format(time.RFC3339), Text: fmt.Sprintf("%d days, until %s", days, progress.Day(end)),
		})
	}
	c.Options = append(c.Options, Option{Key: optionPortal, Text: "Go on in the portal"})
	picked, err := s.choose(ctx, c)
	switch {
	case err != nil:
		return false, err
	case picked == optionPortal:
		return false, errPortal
	}
	p.expires, err = time.Parse(time.RFC3339, picked)
	return err == nil, err
}

// secretsForbidden says that only an exemption helps: the portal refuses a
// secret as well.
func (s *session) secretsForbidden(ctx context.Context, cause error) (bool, error) {
	f := s.explain(cause, time.Time{})
	picked, err := s.choose(ctx, Choice{
		Frame: s.frame("secrets-forbidden", PhaseSecret, secretHelp),
		Title: "This tenant forbids client secrets", Finding: &f,
		Text: "The portal would refuse it as well. Ask for an exemption of this app; PAL knows no other way to " +
			"sign in.",
		Options: []Option{
			{Key: optionRetry, Text: "Try again", Note: "with the exemption"},
			{Key: optionLeave, Text: "Leave", Note: "everything is kept"},
		},
	})
	if err == nil && picked == optionLeave {
		err = ErrLeave
	}
	return err == nil, err
}

// lookAtMailbox reads about the mailbox with the administrator's token, which tells more
// than the refusal of a test mail would.
func (s *session) lookAtMailbox(ctx context.Context, admin *m365.Admin) error {
	var m m365.Mailbox
	err := s.UI.Work(ctx, Work{
		Frame: s.frame("mailbox", PhaseNone, testHelp), Title: "Looking at the mailbox",
		Run: func(ctx context.Context, report Report) error {
			return task(report, "Looking up "+s.setup.Mailbox, func(ctx context.Context) (err error) {
				m, err = admin.Mailbox(ctx, s.setup.Mailbox)
				return err
			})(ctx)
		},
	})
	if err != nil {
		s.Log.Warn("the mailbox could not be looked up", "err", err)
		return ctx.Err() // the test send will say what is wrong with it
	}
	f := mailboxFinding(s.setup.Mailbox, m)
	if f == nil {
		return nil
	}
	return ignoreBack(s.UI.Show(ctx, Notice{
		Frame: s.frame("mailbox-finding", PhaseNone, testHelp), Title: f.Title, Finding: f,
		Submit: "go on all the same",
	}))
}

func ignoreBack(err error) error {
	if errors.Is(err, ErrBack) {
		return nil
	}
	return err
}

// mailboxFinding says why the mailbox cannot send, nil when nothing is known
// against it.
func mailboxFinding(address string, m m365.Mailbox) *diagnose.Finding {
	f := &diagnose.Finding{Cause: diagnose.CauseMailboxNotInExchangeOnline, Who: "An Exchange administrator"}
	switch {
	case m.Exists && !m.Known:
		return nil // not allowed to look; the test send will say
	case !m.Exists:
		f.Cause, f.Title = diagnose.CauseMailboxUnknown, address+" is no account of this tenant"
		f.Explanation = "It may be an alias or a group, or not exist. PAL needs the main address of a mailbox."
		f.Remedy = []string{
			"Look it up in the Exchange admin center under Recipients.",
			"Use the mailbox's main address: start palmail and change the first answer.",
		}
	case m.Kind == m365.MailboxGuest:
		f.Title, f.Explanation = address+" is a guest account", "A guest has its mailbox in another tenant."
		f.Remedy = []string{"Use a mailbox of this tenant."}
	case !m.Licensed && m.Kind != m365.MailboxShared:
		f.Title = address + " has no Exchange Online licence"
		f.Explanation = "Without a mailbox in Exchange Online the test mail will be refused."
		f.Remedy = []string{"Give it a licence, or make it a shared mailbox, and wait some minutes."}
	default:
		return nil
	}
	return f
}
