package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/store"
)

const testHelp = "" +
	"First palmail asks, with a message that has no recipient, whether the app may send as the mailbox. " +
	"Nothing can be delivered by that.\n\n" +
	"Then it sends one real mail, with a short reference in its subject, to the address you give. Use " +
	"your own: you have to look whether it arrives. Microsoft accepting a mail does not mean that it is " +
	"delivered."

// consentSpread is how long Exchange may take to honour a consent. Vendors tell their
// admins up to an hour; the screen goes on waiting when asked to.
const consentSpread = 10 * time.Minute

// test proves that the app may send, sends one mail, and asks whether it arrived.
func (s *session) test(ctx context.Context) error {
	to := s.setup.AdminAddress
	if s.Given.To != "" {
		to = s.Given.To
	}
	for {
		a, err := s.fill(ctx, Page{
			Frame: s.frame("test", PhaseTest, testHelp),
			Title: "Send a test mail",
			Why:   "To an address whose inbox you can look into: your own, as a rule.",
			Fields: []Field{{
				Key: "to", Label: "Send it to", Hint: "you@" + domainOf(s.setup.Mailbox), Value: to,
				Shape: func(text string, a Answers) Verdict {
					if strings.EqualFold(text, s.setup.Mailbox) {
						return warn("This is the system mailbox itself. Another mailbox proves more.")
					}
					return addressShape(text, a)
				},
			}},
			Check: func(ctx context.Context, _ Answers, report Report) Verdict {
				return s.waitForProbe(ctx, report)
			},
			Submit:   "send",
			Practice: s.practice("test"),
		})
		if err != nil {
			return err
		}
		to = a.Get("to")
		s.setup.AdminAddress = to
		again, err := s.sendAndAsk(ctx, to)
		if err != nil || !again {
			return err
		}
	}
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return domain
}

// waitForProbe asks whether the app can send as the mailbox, and waits
// longer when the permission is new.
func (s *session) waitForProbe(ctx context.Context, report Report) Verdict {
	a := retryTask{
		task: "Asking whether the app may send as " + s.setup.Mailbox, done: "The app may send as " + s.setup.Mailbox,
		failed: "Could not verify that the app can send as " + s.setup.Mailbox, limit: 20 * time.Second,
		note: "Exchange may take some minutes after the consent, at times an hour.",
		try:  s.probeRecent, poll: pollDear,
	}
	if s.Now().Sub(s.setup.PermissionProved) < time.Hour {
		a.changed, a.limit = s.setup.PermissionProved, consentSpread
	}
	f, err := s.retry(ctx, report, a)
	switch {
	case err != nil:
		return Verdict{}
	case f != nil:
		return verdict(f)
	}
	return right("Microsoft allows it. Nothing was sent yet.")
}

// probeRecent is probe with the token that proved the permission a moment ago;
// after a refusal the next attempt is made with a new one.
func (s *session) probeRecent(ctx context.Context) error {
	t, err := s.recentToken(ctx, s.secretInUse())
	if err != nil {
		return err
	}
	if err := s.client().ProbeSend(ctx, t, s.setup.Mailbox); err != nil {
		s.dropToken()
		return err
	}
	return nil
}

// sendAndAsk sends the mail and asks whether it arrived. again means that the
// admin wants to send another one.
func (s *session) sendAndAsk(ctx context.Context, to string) (again bool, err error) {
	reference := newReference()
	unclear, f, err := s.send(ctx, to, reference)
	if err != nil {
		return false, err
	}
	if f != nil && !unclear {
		return s.sendFailed(ctx, f)
	}
	if err := s.saveOrAsk(ctx); err != nil {
		return false, err
	}
	return s.arrived(ctx, to, reference, unclear)
}

// send sends the one mail. A refusal that can mean "not yet" is retried, since
// nothing was sent. After a lost answer the call is not repeated, since the mail
// may have been sent: unclear is then true.
func (s *session) send(ctx context.Context, to, reference string) (unclear bool, f *diagnose.Finding, err error) {
	err = s.UI.Work(ctx, Work{
		Frame: s.frame("send", PhaseTest, testHelp),
		Title: "Sending",
		Why:   "From " + s.setup.Mailbox + " to " + to + ".",
		Run: func(ctx context.Context, report Report) (err error) {
			s.setup.LastTest = store.Test{At: s.Now().UTC(), To: to, Reference: reference}
			a := retryTask{
				task:   "Sending the mail with reference " + reference,
				done:   "Microsoft has accepted the mail with reference " + reference,
				failed: "The mail was not accepted", limit: 20 * time.Second,
				note: "Exchange does not know of the consent everywhere yet.", poll: pollDear,
			}
			if s.Now().Sub(s.setup.PermissionProved) < time.Hour {
				a.changed, a.limit = s.setup.PermissionProved, consentSpread
			}
			a.try = func(ctx context.Context) error {
				err := s.sendOnce(ctx, to, reference)
				unclear = m365.SendUnclear(err)
				return err
			}
			a.retryable = func(f diagnose.Finding) bool { return f.Retry && !unclear }
			f, err = s.retry(ctx, report, a)
			s.setup.LastTest.Accepted = err == nil && f == nil
			if unclear {
				report(Task{Key: a.task, State: Warn, Text: "The answer was lost: the mail may have left"})
			}
			return err
		},
	})
	return unclear, f, err
}

func (s *session) sendOnce(ctx context.Context, to, reference string) error {
	t, err := s.recentToken(ctx, s.secretInUse())
	if err != nil {
		return err
	}
	sent, err := s.client().SendMail(ctx, t, s.setup.Mailbox, testMail(&s.setup, to, reference, s.Now()))
	if err == nil {
		s.note(store.EventTested, "", sent.RequestID)
		s.Log.Info("test mail accepted", "reference", reference, "request-id", sent.RequestID)
	} else {
		s.dropToken()
	}
	return err
}

// sendFailed asks what to do when the mail was refused after the probe was allowed.
func (s *session) sendFailed(ctx context.Context, f *diagnose.Finding) (again bool, err error) {
	picked, err := s.choose(ctx, Choice{
		Frame: s.frame("send-failed", PhaseTest, testHelp), Title: "The mail was not accepted", Finding: f,
		Options: []Option{
			{Key: optionRetry, Text: "Try again"}, {Key: optionLeave, Text: "Leave", Note: "everything is kept"},
		},
	})
	if err != nil && !errors.Is(err, ErrBack) {
		return false, err
	}
	if err == nil && picked == optionLeave {
		return false, ErrLeave
	}
	return true, nil
}

const whereToLook = "" +
	"Accepted is not delivered. Look, in this order:\n\n" +
	"1. The junk folder of %[1]s, and the search for %[2]s.\n" +
	"2. Quarantine: security.microsoft.com/quarantine, for this recipient.\n" +
	"3. The inbox of %[3]s: a bounce says why it was refused.\n" +
	"4. Message trace in the Exchange admin center: what became of it, rules and connectors included.\n" +
	"5. Limits: a new or trial tenant may be held back from sending outside; the mailbox may be " +
	"restricted (Restricted entities in Microsoft Defender).\n\n" +
	"A mail to another organisation may take some minutes."

// arrived asks whether the mail is there, and says where to look when it is not.
func (s *session) arrived(ctx context.Context, to, reference string, unclear bool) (again bool, err error) {
	choice := Choice{
		Frame: s.frame("arrived", PhaseTest, testHelp),
		Title: "Did it arrive?",
		Why: fmt.Sprintf("Microsoft has accepted the mail for delivery. Look for “PAL test mail %s” in the inbox "+
			"of %s.", reference, to),
		Options: []Option{
			{Key: optionYes, Text: "Yes, it is there"},
			{Key: optionNo, Text: "Not there", Note: "where to look"},
			{Key: "again", Text: "Send another one"},
			{Key: "later", Text: "I cannot look now"},
		},
		Practice: s.practice("arrived"),
	}
	if unclear {
		choice.Why = fmt.Sprintf("Microsoft's answer was lost on the way, so the mail may have left or not. Look for "+
			"“PAL test mail %s” in the inbox of %s.", reference, to)
	}
	for {
		picked, err := s.choose(ctx, choice)
		if err != nil && !errors.Is(err, ErrBack) {
			return false, err
		}
		switch {
		case err != nil, picked == "again":
			return true, nil
		case picked == optionYes:
			s.setup.LastTest.Accepted, s.setup.LastTest.Arrived = true, "yes"
			return false, nil
		case picked == optionLeave:
			return false, ErrLeave
		case picked == "later":
			return false, nil
		}
		s.setup.LastTest.Arrived = "no"
		if err := s.saveOrAsk(ctx); err != nil {
			return false, err
		}
		choice.Title = "Where to look"
		choice.Text = fmt.Sprintf(whereToLook, to, reference, s.setup.Mailbox)
		choice.Options = []Option{
			{Key: optionYes, Text: "It is there now"},
			{Key: optionNo, Text: "Still not there", Note: "look once more"},
			{Key: "again", Text: "Send another one"},
			{Key: optionLeave, Text: "Leave", Note: "palmail goes on from here"},
		}
		choice.Frame = s.frame("where-to-look", PhaseTest, testHelp)
	}
}
