package steps

import (
	"context"
	"errors"

	"palmail/diagnose"
	"palmail/m365"
)

// lookAtMailbox looks the mailbox up with the administrator's token, which tells
// more than the refusal of a test mail does. Where it cannot be looked up, the
// test mail will say what is wrong with it.
func (s *session) lookAtMailbox(ctx context.Context, admin *m365.Admin, p *plan) error {
	m, err := admin.Mailbox(ctx, s.setup.Mailbox)
	if err != nil {
		s.Log.Warn("the mailbox could not be looked up", "err", err)
		return ctx.Err()
	}
	p.mailbox, p.mailboxKnown = m, true
	return nil
}

// mailboxFinding says what seems to be wrong with the mailbox, nil when nothing is.
func (s *session) mailboxFinding(p *plan) *diagnose.Finding {
	if !p.mailboxKnown {
		return nil
	}
	f := explainMailbox(s.setup.Mailbox, p.mailbox)
	if f != nil && p.mailbox.ObjectID != "" {
		f.Explanation += " It was looked up in the directory of " + p.org.DisplayName + "."
	}
	return f
}

// explainMailbox says why an address cannot be sent from, as far as the
// directory shows it, and nil where it shows nothing of the kind. A shared
// mailbox has neither a licence nor an account that can sign in, so that
// neither is a reason.
func explainMailbox(address string, m m365.Mailbox) *diagnose.Finding {
	f := &diagnose.Finding{Cause: diagnose.CauseMailboxNotInExchangeOnline, Who: "An Exchange administrator"}
	switch {
	case m.Exists && !m.Known:
		return nil // this account is not allowed to see it; the test mail will say
	case !m.Exists:
		f.Cause, f.Title = diagnose.CauseMailboxUnknown, "No account in this tenant has the address "+address
		f.Explanation = "It can be an alias, a group, a mailbox that is only on your own Exchange server, or a typing " +
			"mistake. PAL can send only from the main address of a mailbox in Exchange Online."
		f.Remedy = []string{
			"Look it up in the Exchange admin center under Recipients > Mailboxes.",
			"Choose **Use another mailbox**, and enter the mailbox's main address.",
		}
	case m.Kind == m365.MailboxGuest:
		f.Title = address + " is a guest account"
		f.Explanation = "A guest has its mailbox in another tenant, and PAL cannot send from there."
		f.Remedy = []string{"Choose **Use another mailbox**, and enter a mailbox of this tenant."}
	case !m.Licensed && m.Synced && m.Enabled:
		f.Title = address + " seems to be on your own Exchange server"
		f.Explanation = "The account comes from your own Active Directory and has no Exchange Online licence. Microsoft " +
			"Graph cannot send from a mailbox that is not in Exchange Online."
		f.Remedy = []string{
			"If it is a shared mailbox in Exchange Online, continue: that needs no licence.",
			"Otherwise have it moved to Exchange Online, or choose **Use another mailbox**.",
		}
	case !m.Licensed && m.PrimarySMTP == "":
		f.Title = address + " has no mailbox"
		f.Explanation = "The account has no mail address and no Exchange Online licence."
		f.Remedy = []string{
			"Assign it a licence with Exchange Online, or create a shared mailbox with this address, and wait a few minutes.",
			"Or choose **Use another mailbox**.",
		}
	default:
		return nil
	}
	return f
}

// settleMailbox shows what seems to be wrong with the mailbox, and lets the
// admin change it there. It returns errReadAgain when the tenant is to be read
// again.
func (s *session) settleMailbox(ctx context.Context, p *plan) error {
	f := s.mailboxFinding(p)
	if f == nil || s.acceptedMailbox == s.setup.Mailbox {
		return nil
	}
	for {
		// Another mailbox is asked for here, so that the sign-in is kept.
		picked, err := s.pick(ctx, Choice{
			Frame: s.frame("mailbox-finding", PhaseNone, testHelp), Title: "Check the mailbox", Finding: f,
			Why: "Nothing in the tenant has been changed yet.",
			Options: []Option{
				{Key: "another", Text: "Use another mailbox"},
				{Key: optionRetry, Text: "Look again", Note: "after it was corrected in Microsoft 365"},
				{Key: "continue", Text: "Continue with this mailbox", Note: "the test mail will show whether it works"},
				{Key: optionLeave, Text: "Leave", Note: "everything is kept"},
			},
		})
		switch {
		case err != nil:
			return err
		case picked == optionRetry:
			return errReadAgain
		case picked == "continue":
			s.acceptedMailbox = s.setup.Mailbox
			return nil
		case picked == optionLeave:
			return ErrLeave
		}
		err = s.askStart(ctx)
		if errors.Is(err, ErrBack) {
			continue
		}
		if err == nil {
			err = errReadAgain
		}
		return err
	}
}

// askStart asks once more for the mailbox and PAL's address, whatever the
// command line gave, and keeps the answers.
func (s *session) askStart(ctx context.Context) error {
	s.tried(PhaseNone)
	if err := s.start(ctx); err != nil {
		return err
	}
	return s.saveOrAsk(ctx)
}
