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

// signInAndApply signs in, shows the plan and carries it out. Where the tenant
// refuses, it leaves the rest to the portal, with what is done kept.
func (s *session) signInAndApply(ctx context.Context) error {
	admin, err := s.administrator(ctx)
	if err != nil {
		return s.toPortal(err)
	}
	p, err := s.prepare(ctx, admin)
	if errors.Is(err, errSignInAgain) || m365.SignedOut(err) {
		s.admin = nil // an earlier sign-in of this run has ended, or is another tenant's
		return errSignInAgain
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
			return nil
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

// prepare reads the tenant, says what is wrong with the mailbox, asks which app
// to use, and has the plan confirmed. Answers that change what was read have it
// read again; one that changes the tenant needs another sign-in.
func (s *session) prepare(ctx context.Context, admin *m365.Admin) (*plan, error) {
	for {
		p, err := s.planOnce(ctx, admin)
		var failed errUnread
		switch {
		case err == nil:
			return p, nil
		case errors.Is(err, errReadAgain):
			if s.foreignTenant(admin) != nil {
				return nil, errSignInAgain
			}
			continue
		case ctx.Err() != nil, errors.Is(err, ErrBack), !errors.As(err, &failed):
			return nil, err
		case m365.SignedOut(failed.error):
			return nil, failed.error
		}
		again, err := s.askAfterFailure(ctx, "The tenant cannot be read", s.explain(failed.error, time.Time{}))
		if !again {
			return nil, err
		}
	}
}

// planOnce makes a plan of one look at the tenant, and has it confirmed.
func (s *session) planOnce(ctx context.Context, admin *m365.Admin) (*plan, error) {
	p, err := s.survey(ctx, admin)
	if err != nil {
		return nil, errUnread{err}
	}
	if err := s.settleMailbox(ctx, p); err != nil {
		return nil, err
	}
	if err := s.chooseApp(ctx, p); err != nil {
		return nil, err
	}
	reading := Work{
		Frame: s.frame("survey-app", PhaseNone, howHelp), Title: "Reading the app", Why: "Nothing is changed by that.",
	}
	line := Task{Key: "app", Text: "Reading the permissions of the app", Limit: time.Minute}
	if err := s.withWaitScreen(ctx, reading, line, func(ctx context.Context) error {
		return s.inspect(ctx, admin, p)
	}); err != nil {
		return nil, errUnread{err}
	}
	return p, s.confirm(ctx, admin, p)
}

// errUnread says that the tenant could not be read, rather than that the admin
// was not asked.
type errUnread struct{ error }

func (e errUnread) Unwrap() error { return e.error }

// errReadAgain says that the tenant has to be read again: an answer was changed.
var errReadAgain = errors.New("the tenant has to be read again")

// askAfterFailure shows a failure and asks whether to try again, go to the portal or leave.
func (s *session) askAfterFailure(ctx context.Context, title string, f diagnose.Finding) (again bool, err error) {
	c := Choice{
		Frame: s.frame("refused", PhaseNone, howHelp), Title: title, Finding: &f,
		Options: []Option{
			{Key: optionRetry, Text: "Try again"},
			{Key: optionPortal, Text: "Go on in the portal", Note: "what is done is kept"},
			{Key: optionLeave, Text: "Leave", Note: "everything is kept"},
		},
	}
	if f.Cause == diagnose.CauseTokenLacksScope && s.at != "" {
		c.Options = append([]Option{s.signInAgainOption()}, c.Options...)
	}
	picked, err := s.choose(ctx, c)
	switch {
	case err == nil && picked == optionSignIn:
		return false, s.signInAgain()
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
	for _, err := range []error{no.app, no.secret, no.grant} {
		if s.missingScope(err) != "" {
			f := s.explain(err, time.Time{})
			return s.askAfterFailure(ctx, "Microsoft refuses the sign-in app", f)
		}
	}
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
		return s.askAfterFailure(ctx, s.secretFailed(), s.explain(no.secret, time.Time{}))
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

// secretFailed says how far a new secret has come that is of no use yet.
func (s *session) secretFailed() string {
	switch {
	case !s.setup.Pending.Value.IsZero():
		return "The secret was created, but it could not be verified"
	case !s.setup.Secret.Value.IsZero() && !s.setup.SecretProved.IsZero():
		return "The secret works, but a secret whose value was lost could not be removed"
	}
	return "The secret could not be created"
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
	s.listed = true
	if err := s.consentLink(ctx); err != nil && !errors.Is(err, ErrBack) {
		return false, err
	}
	return false, errPortal
}

// offerShorterLifetime offers the longest lifetime that the policy allows, or
// some shorter ones when the policy cannot be read.
func (s *session) offerShorterLifetime(ctx context.Context, p *plan, cause error) (bool, error) {
	f := s.explain(cause, time.Time{})
	f.Explanation += " A shorter secret has to be renewed more often." + policyNamed(cause)
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
		Title: "The tenant requires a shorter lifetime", Finding: &f,
	}
	for _, end := range ends {
		days := int(end.Sub(now) / (24 * time.Hour))
		c.Options = append(c.Options, Option{
			Key: end.Format(time.RFC3339), Text: fmt.Sprintf("%s, until %s", count(days, "day"), progress.Day(end)),
			Note: "a new secret " + renewalEvery(days),
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

// policyNamed is a sentence with the ID of the policy that a refusal names,
// empty if it names none.
func policyNamed(refusal error) string {
	if id := m365.RefusingPolicy(refusal); id != "" {
		return " The policy has the ID " + id + "."
	}
	return ""
}

// secretsForbidden says that only an exemption helps: the portal refuses a
// secret as well.
func (s *session) secretsForbidden(ctx context.Context, cause error) (bool, error) {
	f := s.explain(cause, time.Time{})
	f.Explanation += policyNamed(cause)
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
