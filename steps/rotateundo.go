package steps

import (
	"context"
	"errors"
	"slices"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/steps/progress"
	"palmail/store"
)

// goBack makes the old secret the current one again, and discards the new one.
// In one write: the new one becomes pending, which PAL has.
func (s *session) goBack(ctx context.Context) error {
	if err := s.verifyFallback(ctx, s.setup.Old, s.setup.Secret); err != nil {
		return err
	}
	before := s.setup
	x := &s.setup
	x.Secret, x.Pending, x.Old, x.PendingShown = x.Old, x.Secret, store.Secret{}, s.Now().UTC()
	if err := s.saveOrStop(ctx); err != nil {
		revision := x.Revision
		s.setup = before
		s.setup.Revision = revision
		return err
	}
	if err := s.giveUp(ctx); !errors.Is(err, errGivenUp) {
		return err
	}
	return nil
}

// giveUp undoes a rotation: the current secret goes back into PAL if the new
// one may be there, the new one is removed from the tenant, and only then
// forgotten. It returns errGivenUp when that is done.
func (s *session) giveUp(ctx context.Context) error {
	if s.rotation == nil {
		s.rotation = &rotation{}
		defer func() { s.rotation = nil }()
	}
	if err := s.verifyFallback(ctx, s.setup.Secret, s.setup.Pending); err != nil {
		return err
	}
	// A secret whose value is lost may have been shown by a run that could not keep it.
	if !s.setup.PendingShown.IsZero() || len(progress.LostSecrets(&s.setup)) > 0 {
		if err := s.handBack(ctx); err != nil {
			return err
		}
	}
	keyID := s.setup.Pending.KeyID
	for !s.rotation.newDeleted || len(progress.LostSecrets(&s.setup)) > 0 {
		err := s.discard(ctx)
		if err == nil {
			break
		}
		if !errors.Is(err, errDiscardAgain) {
			return err
		}
	}
	s.setup.Pending, s.setup.PendingShown, s.setup.Intent = store.Secret{}, time.Time{}, store.Intent{}
	s.setup.Removing = ""
	s.note(store.EventUndone, keyID, "")
	if err := s.saveOrStop(ctx); err != nil {
		return err
	}
	err := s.UI.Show(ctx, Notice{
		Frame: s.frame("rotate-undone", PhaseSecret, rotateHelp), Title: "Everything is as before",
		Text: "PAL's secret is " + progress.Describe(s.setup.Secret, s.Now()) + ". The new one is given up.",
	})
	if err != nil && !errors.Is(err, ErrBack) {
		return err
	}
	return errGivenUp
}

// verifyFallback proves the secret that PAL is to go back to before anything is undone:
// it may have expired, or an earlier run may have deleted it and not recorded that.
// Without it there is only the way forward, unless the new one is of no use either.
func (s *session) verifyFallback(ctx context.Context, back, given store.Secret) error {
	for {
		var f, other *diagnose.Finding
		err := s.UI.Work(ctx, Work{
			Frame: s.frame("way-back", PhaseSecret, rotateHelp), Title: "Trying the old secret",
			Why: "Before anything is undone.",
			Run: func(ctx context.Context, report Report) (err error) {
				if f, err = s.stillWorks(ctx, report, back.Value); err == nil && f != nil && !given.Value.IsZero() {
					other, err = s.stillWorks(ctx, report, given.Value)
				}
				return err
			},
		})
		if err != nil || f == nil {
			return err
		}
		c := Choice{
			Frame: s.frame("no-way-back", PhaseSecret, rotateHelp), Title: "The old secret does not work", Finding: f,
			Text:    "So PAL cannot go back to it. Nothing was undone.",
			Options: []Option{{Key: "go-on", Text: "Go on with the new one"}, {Key: optionRetry, Text: "Try again"}},
		}
		if given.Value.IsZero() || other != nil && !offline(*other) {
			c.Text = "The new one is of no use either: give it up and make another."
			c.Options = append(c.Options, Option{Key: "give-up", Text: "Give the new one up"})
			c.prefer("give-up")
		}
		picked, err := s.choose(ctx, c)
		switch {
		case err != nil:
			return err
		case picked == "go-on":
			return ErrBack
		case picked == "give-up":
			return nil
		}
	}
}

// handBack puts the current secret before the admin again.
func (s *session) handBack(ctx context.Context) error {
	n := Notice{
		Frame: s.frame("rotate-back", PhasePAL, palHelp),
		Title: "Put the old secret back into PAL",
		Why:   "PAL may have the new one. It must not use it any more before that is removed.",
		Guide: []Instruction{
			{Text: "Open", LinkText: "PAL's administration", Link: s.setup.PALURL},
			{Text: "**General Settings** › **Mail Server Configuration**"},
			{Text: "Replace **Secret Key** and save", Note: "skip this if PAL never got the new one"},
		},
		Values: []Value{{Label: "Secret Key", Secret: s.setup.Secret.Value}},
		Submit: "confirm that PAL has the old one", Practice: s.practiceRow("rotate-back", s.setup.Secret),
	}
	if s.rotation.newDeleted {
		n.Why = "PAL has the new one, which was deleted. PAL sends again as soon as this one is saved."
		n.Guide[2].Note = ""
	}
	if !progress.Alive(s.setup.Secret, s.Now()) {
		n.Text = "**The old secret has " + progress.Lasts(s.setup.Secret, s.Now()) +
			".** PAL cannot send with it; another new one is needed."
	}
	return s.UI.Show(ctx, n)
}

// errDiscardAgain asks once more how to remove the new secret.
var errDiscardAgain = errors.New("ask again how to remove the new secret")

// discard removes the new secret from the tenant.
func (s *session) discard(ctx context.Context) error {
	c := Choice{
		Frame: s.frame("rotate-discard", PhaseSecret, rotateHelp),
		Title: "Remove the new secret from the tenant",
		Text:  s.newRows(),
		Options: []Option{
			{Key: optionSignIn, Text: "Sign in and let palmail remove it", Note: "by its Secret ID"},
			{Key: optionPortal, Text: "I have deleted its row in the portal"},
		},
		Practice: s.practiceRow("rotate-discard", s.setup.Pending),
	}
	signed := s.setup.Pending.KeyID != "" || s.setup.Pending.Value.IsZero()
	if !signed {
		c.Options = slices.DeleteFunc(c.Options, func(o Option) bool { return o.Key == optionSignIn })
	}
	if !signed || s.setup.Mode == store.ModePortal {
		c.prefer(optionPortal)
	}
	picked, err := s.choose(ctx, c)
	if err != nil {
		return err
	}
	if picked == optionPortal {
		return s.currentWorks(ctx)
	}
	admin, err := s.administrator(ctx)
	switch {
	case errors.Is(err, errPortal), errors.Is(err, ErrBack):
		return errDiscardAgain
	case err != nil:
		return err
	}
	err = s.UI.Work(ctx, Work{
		Frame: s.frame("rotate-discarding", PhaseSecret, rotateHelp), Title: "Removing the new secret",
		Run: func(ctx context.Context, report Report) error {
			var app m365.App
			err := task(report, "The app's secrets", func(ctx context.Context) (err error) {
				app, err = admin.AppByClientID(ctx, s.setup.ClientID)
				return err
			})(ctx)
			if err != nil {
				return err
			}
			ap := &applier{session: s, admin: admin, plan: &plan{app: app}, report: report}
			id := s.setup.Pending.KeyID
			if id != "" {
				if err := ap.removeOne(ctx, s.setup.Pending, s.setup.Secret); err != nil {
					return err
				}
				if err := ap.saveRemoved(ctx, forgetPending, id); err != nil && !s.rotation.notSaved {
					return err
				}
			}
			err = ap.removeOrphans(ctx)
			if s.rotation.notSaved && errors.Is(err, errNotKept) {
				err = nil
			}
			return err
		},
	})
	var unverified unverifiedError
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case errors.As(err, &unverified):
		return s.notDiscarded(ctx, unverified.finding, nil)
	case errors.Is(err, errNotKept):
		return s.notDiscarded(ctx, StoreFinding(err, s.Store.Place(), s.Profile), nil)
	}
	return s.notDiscarded(ctx, s.explain(err, s.Now()), err)
}

// forgetPending takes a deleted new secret out of the record, with the name of
// the attempt that created it.
func forgetPending(x *store.Setup) {
	dropIntended(x, x.Pending.Description)
	x.Pending = store.Secret{}
	if len(progress.LostSecrets(x)) == 0 {
		x.PendingShown = time.Time{}
	}
}

func (s *session) newRows() string {
	text := ""
	if !s.setup.Pending.Value.IsZero() {
		text = s.rowOf(s.setup.Pending)
	}
	for _, name := range progress.LostSecrets(&s.setup) {
		text += "\nA row that may be there, made when an answer was lost: description **" + name + "**."
	}
	return text + "\nIt stays: " + progress.Describe(s.setup.Secret, s.Now()) + "."
}

// currentWorks makes sure that the row that was deleted was the new secret's,
// and not the current one's.
func (s *session) currentWorks(ctx context.Context) error {
	stays := s.setup.Secret
	if !progress.Alive(stays, s.Now()) {
		stays = store.Secret{}
	}
	f, err := s.rowDeleted(ctx, stays, s.setup.Pending, true)
	switch {
	case errors.Is(err, ErrBack):
		return errDiscardAgain
	case err != nil || f == nil:
		return err
	case f.Cause == diagnose.CauseSecretWrong:
		return s.currentRowDeleted(ctx)
	}
	return s.notDiscarded(ctx, *f, nil)
}

func (s *session) notDiscarded(ctx context.Context, f diagnose.Finding, cause error) error {
	if m365.SignedOut(cause) || m365.IsDenied(cause) {
		s.admin = nil
	}
	c := Choice{
		Frame: s.frame("rotate-not-discarded", PhaseSecret, rotateHelp), Title: "Could not undo", Finding: &f,
		Text: "palmail still knows both secrets.",
		Options: []Option{
			{Key: optionRetry, Text: "Try again"},
			{Key: optionLeave, Text: "Leave", Note: "the next start offers to finish or undo"},
		},
	}
	if cannotSignIn[f.Cause] {
		c.Text = "palmail still knows both secrets. The app itself cannot sign in now, whatever the secret, so " +
			"palmail cannot check which one was deleted."
		c.Options = append(c.Options, Option{
			Key: "unchecked", Text: "Give the new secret up without this check", Note: "if its row is deleted",
		})
		c.prefer("unchecked")
	}
	picked, err := s.choose(ctx, c)
	switch {
	case err != nil:
		return err
	case picked == optionLeave:
		return ErrLeave
	case picked == "unchecked":
		return nil
	}
	return errDiscardAgain
}

// cannotSignIn are the causes for which no secret of an app works.
var cannotSignIn = map[diagnose.Cause]bool{
	diagnose.CauseAppUnknown: true, diagnose.CauseAppWithoutServicePrincipal: true, diagnose.CauseAppDisabled: true,
}
