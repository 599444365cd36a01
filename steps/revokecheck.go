package steps

import (
	"context"
	"errors"
	"fmt"
	"time"

	"palmail/diagnose"
	"palmail/steps/progress"
	"palmail/store"
)

// leakedRefused makes sure that Microsoft issues no token for the leaked secret
// any more, and takes its value out of the record. ErrBack says that it is still there.
func (s *session) leakedRefused(ctx context.Context) error {
	leaked := *progress.Leaked(&s.setup)
	for {
		var f *diagnose.Finding
		still := false
		err := s.UI.Work(ctx, Work{
			Frame: s.frame("revoke-check", PhaseSecret, revokeHelp), Title: "Checking that the leaked secret is refused",
			Why: "palmail tries to sign in with it. That has to fail, and the sign-in log shows it.",
			Run: func(ctx context.Context, report Report) (err error) {
				f, still, err = s.untilRefused(ctx, report, leaked)
				return err
			},
		})
		if err != nil {
			return err
		}
		if f == nil {
			return s.forgetLeaked(ctx)
		}
		c := Choice{
			Frame: s.frame("revoke-still-works", PhaseSecret, revokeHelp), Title: "The leaked secret could not be checked",
			Finding: f, Text: s.rowOf(leaked),
			Options: []Option{
				{Key: optionRetry, Text: "Check again"},
				{Key: optionBack, Text: "Go back and delete its row"},
				{Key: optionYes, Text: "It is deleted, continue", Note: "palmail could not check this"},
			},
		}
		if still {
			c.Title, c.Finding = "The leaked secret still works", nil
			c.Why = "Its row is still there, another row was deleted, or the change has not reached all of Microsoft's servers."
		}
		picked, err := s.choose(ctx, c)
		switch {
		case err != nil:
			return err
		case picked == optionBack:
			return ErrBack
		case picked == optionYes:
			return s.forgetLeaked(ctx)
		}
	}
}

// untilRefused waits until Microsoft refuses a secret. It returns no finding
// then; still says that a token was issued for it at the last attempt.
func (s *session) untilRefused(ctx context.Context, report Report, x store.Secret) (f *diagnose.Finding, still bool,
	err error) {
	f, err = s.retry(ctx, report, retryTask{
		task: "Signing in with the leaked secret", done: "Microsoft refuses the leaked secret",
		failed: "The leaked secret is not refused",
		note:   "A deletion can take up to two minutes to reach all of Microsoft's servers.",
		limit:  replicationTime, changed: s.Now(),
		try: func(ctx context.Context) error {
			err := s.tokenWith(ctx, x.Value)
			if still = err == nil; still {
				return errStillWorks
			}
			if s.refusesSecret(err) {
				return nil
			}
			return err
		},
		retryable: func(f diagnose.Finding) bool { return still || f.Retry },
	})
	return f, still, err
}

// forgetLeaked takes the value of the deleted secret out of the record. What
// describes it stays until the admin has read what it means.
func (s *session) forgetLeaked(ctx context.Context) error {
	x, leaked := &s.setup, progress.Leaked(&s.setup)
	dropIntended(x, leaked.Description)
	*leaked = store.Secret{
		Description: leaked.Description, Hint: leaked.Hint, KeyID: leaked.KeyID, Created: leaked.Created,
	}
	x.SecretProved, x.PendingShown, x.Removing = time.Time{}, time.Time{}, ""
	s.proved = proofs{}
	s.forgetHandOff()
	s.note(store.EventRevoked, leaked.KeyID, "")
	return s.saveOrAsk(ctx)
}

// afterRevoke tells what the deletion means, where to look, and what to write
// into the incident report. The record then forgets the secret.
func (s *session) afterRevoke(ctx context.Context) error {
	x := &s.setup
	text := "**PAL cannot send mail until it has the new secret.** The next screens create it."
	if !x.Old.Value.IsZero() {
		text += "\nThe old secret still works too: " + progress.Describe(x.Old, s.Now()) +
			". If it leaked as well, choose Delete the old secret at the end."
	}
	err := s.UI.Show(ctx, Notice{
		Frame: s.frame("revoked", PhaseSecret, revokeHelp), Title: "The leaked secret is deleted",
		Why: fmt.Sprintf("Tokens that were issued with it can work until %s.", momentUTC(progress.TokensEnd(x))),
		Guide: []Instruction{
			{Text: "Open", LinkText: "the enterprise application", Link: s.links().EnterpriseApp},
			{Text: "**Sign-in logs** › **Service principal sign-ins**"},
			{Text: "Look for addresses that are not PAL's, and for sign-ins after the leak"},
		},
		Values: []Value{{Label: "For the incident report", Text: progress.Incident(x)}},
		Text:   text, Submit: "create a new secret",
	})
	if err != nil && !errors.Is(err, ErrBack) {
		return err
	}
	x.Revoking = time.Time{}
	for _, kept := range []*store.Secret{&x.Secret, &x.Pending} {
		if kept.Value.IsZero() {
			*kept = store.Secret{}
		}
	}
	return s.saveOrAsk(ctx)
}

// replaceLeaked continues with a new secret: signed in without another question,
// or with the setup's next step.
func (s *session) replaceLeaked(ctx context.Context) error {
	if s.admin != nil {
		err := s.signInAndApply(ctx)
		if err != nil && !errors.Is(err, ErrBack) && !errors.Is(err, errSignInAgain) {
			return err
		}
		if err := s.saveOrAsk(ctx); err != nil {
			return err
		}
	}
	next := progress.Next(&s.setup)
	err := s.from(ctx, next, next)
	if errors.Is(err, ErrBack) {
		return ErrLeave
	}
	return err
}
