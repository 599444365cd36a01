package steps

import (
	"context"
	"time"

	"palmail/diagnose"
	"palmail/store"
)

const mailboxHelp = "" +
	"palmail asks Microsoft whether the app can send as the mailbox. The message has no recipient, so " +
	"nothing can be delivered.\n\n" +
	"A mailbox that does not exist, is on the agency's own Exchange server, or has no Exchange Online " +
	"licence cannot send through Microsoft 365. A shared mailbox needs no licence."

// mailboxWait is how long the check of the mailbox waits for Exchange. It can
// be repeated, and the test mail waits longer.
const mailboxWait = 20 * time.Second

// checkMailbox checks the mailbox before the admin fills in PAL's form, once a
// run for each mailbox and app. After signing in, the survey of the tenant has done so.
func (s *session) checkMailbox(ctx context.Context) error {
	judged := s.setup.Mailbox + " " + s.setup.ClientID
	if s.judged == judged || s.setup.Mode == store.ModeSignIn {
		return nil
	}
	for {
		f, err := s.askExchange(ctx)
		if err != nil {
			return err
		}
		if f == nil {
			s.judged = judged
			return nil
		}
		again, err := s.mailboxRefused(ctx, f)
		if err != nil {
			return err
		}
		if !again {
			s.judged = judged
			return nil
		}
	}
}

// askExchange asks whether the app can send as the mailbox. nil means that it
// can, or that Exchange only needs more time for a new consent: the test mail
// waits for that.
func (s *session) askExchange(ctx context.Context) (f *diagnose.Finding, err error) {
	err = s.UI.Work(ctx, Work{
		Frame: s.frame("mailbox-check", PhasePermission, mailboxHelp),
		Title: "Checking the mailbox",
		Why:   "Nothing is sent: the message has no recipient.",
		Run: func(ctx context.Context, report Report) (err error) {
			f, err = s.retry(ctx, report, retryTask{
				task: "Asking whether the app can send as " + s.setup.Mailbox, done: "The app can send as " +
					s.setup.Mailbox,
				failed: "Not confirmed that the app can send as " + s.setup.Mailbox, limit: mailboxWait,
				note: "Exchange can take some minutes after the consent.",
				try:  s.probe, changed: s.setup.PermissionProved,
				retryable: func(f diagnose.Finding) bool { return f.Retry && !consentSpreads(f, s.newConsent()) },
			})
			return err
		},
	})
	if f != nil && consentSpreads(*f, s.newConsent()) {
		s.Log.Info("Exchange does not follow the consent yet", "cause", f.Cause)
		f = nil
	}
	return f, err
}

// newConsent says whether the permission was granted so recently that Exchange
// may not follow it yet.
func (s *session) newConsent() bool {
	return s.Now().Sub(s.setup.PermissionProved) < time.Hour && !s.setup.LimitedByExchange
}

// consentSpreads says whether a refusal can come from a consent that Exchange does not know yet.
func consentSpreads(f diagnose.Finding, newConsent bool) bool {
	return newConsent && (f.Cause == diagnose.CauseMailSendNotGranted || f.Cause == diagnose.CauseNotReplicatedYet)
}

// mailboxRefused asks what to do about a mailbox that cannot send. Its options
// include the change of the mailbox where the finding is about that.
func (s *session) mailboxRefused(ctx context.Context, f *diagnose.Finding) (again bool, err error) {
	c := s.withCorrections(Choice{
		Frame: s.frame("mailbox-refused", PhasePermission, mailboxHelp),
		Title: "PAL cannot send from this mailbox yet", Finding: f,
		Text: "Nothing has been entered in PAL yet.",
		Options: []Option{
			{Key: optionRetry, Text: "Try again", Note: "after the mailbox was corrected"},
			{Key: "unproved", Text: "Continue anyway", Note: "the test mail will show whether it works"},
			{Key: optionLeave, Text: "Leave", Note: "everything is kept"},
		},
	})
	c.prefer(changeMailbox.action.Key)
	picked, err := s.choose(ctx, c)
	switch {
	case err != nil:
		return false, err
	case picked == optionLeave:
		return false, ErrLeave
	}
	return picked == optionRetry, nil
}
