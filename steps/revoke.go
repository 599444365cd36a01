package steps

import (
	"context"
	"errors"
	"time"

	"palmail/m365"
	"palmail/steps/progress"
	"palmail/store"
)

const revokeHelp = "" +
	"For a secret that another person can have read: it was mailed, written to a log, or was on a computer that is " +
	"lost. Anyone who has it can send mail as PAL.\n\n" +
	"Renewing keeps the old secret until PAL has the new one. Here it is the other way round: the leaked secret is " +
	"deleted first, and PAL cannot send mail until it has the new one."

// revokeSecret deletes a secret that leaked before there is another one, and then
// leads to a new one. The record says from the confirmation to the end that the
// secret is being revoked, so that the next start continues. ErrBack says that
// nothing was begun.
func (s *session) revokeSecret(ctx context.Context) error {
	if progress.Leaked(&s.setup) == nil && s.setup.Revoking.IsZero() {
		return s.revokeUnknown(ctx)
	}
	if s.setup.Revoking.IsZero() {
		if other, err := s.whichLeaked(ctx); other || err != nil {
			return err
		}
		if err := s.confirmDeletion(ctx); err != nil {
			return err
		}
	}
	if progress.Leaked(&s.setup) != nil {
		if err := s.deleteLeaked(ctx); err != nil {
			return err
		}
	}
	if err := s.afterRevoke(ctx); err != nil {
		return err
	}
	return s.replaceLeaked(ctx)
}

// revokeUnknown says where a secret that this computer does not know is deleted.
func (s *session) revokeUnknown(ctx context.Context) error {
	err := s.UI.Show(ctx, Notice{
		Frame: s.frame("revoke-unknown", PhaseSecret, revokeHelp),
		Title: "This computer knows no secret of PAL",
		Why:   "Delete the leaked secret in the portal now. You can also run palmail revoke on the computer that set PAL up.",
		Guide: []Instruction{
			{Text: "Open", LinkText: "App registrations", Link: s.links().Registrations},
			{Text: "Open PAL's app, then **Certificates & secrets**"},
			{Text: "Find the row by the first three characters of its value"},
			{Text: "Choose its **Delete** icon, then **Yes**. PAL can no longer send mail"},
			{Text: "Run **palmail rotate** to create a new secret"},
		},
		Submit: "leave",
	})
	if err != nil && !errors.Is(err, ErrBack) {
		return err
	}
	return ErrLeave
}

// whichLeaked asks which secret leaked when there are several. The ones that PAL
// does not use have a way of their own; other says that it was taken.
func (s *session) whichLeaked(ctx context.Context) (other bool, err error) {
	x, current := &s.setup, progress.Leaked(&s.setup)
	c := Choice{
		Frame: s.frame("revoke-which", PhaseSecret, revokeHelp), Title: "Which secret leaked?",
		Why: "If you do not know, start with the one that PAL uses.",
		Options: []Option{
			{Key: optionYes, Text: "The one that PAL uses", Note: progress.Describe(*current, s.Now())},
		},
	}
	if !x.Old.Value.IsZero() {
		c.Options = append(c.Options, Option{
			Key: "old", Text: "The old one", Note: progress.Describe(x.Old, s.Now()),
		})
	}
	if progress.Rotating(x) && !x.Pending.Value.IsZero() {
		c.Options = append(c.Options, Option{
			Key: "new", Text: "The new one that is waiting", Note: progress.Describe(x.Pending, s.Now()),
		})
	}
	if len(c.Options) == 1 {
		return false, nil
	}
	picked, err := s.choose(ctx, c)
	switch {
	case err != nil:
		return false, err
	case picked == "old":
		return true, s.removeOldHere(ctx)
	case picked == "new":
		return true, ignoreGivenUp(s.giveUpHere(ctx))
	}
	return false, nil
}

// confirmDeletion has the beginning of the secret typed, and keeps that its
// deletion was decided.
func (s *session) confirmDeletion(ctx context.Context) error {
	leaked := *progress.Leaked(&s.setup)
	_, err := s.UI.Fill(ctx, Page{
		Frame: s.frame("revoke", PhaseSecret, revokeHelp),
		Title: "Delete a leaked secret now",
		Why:   "PAL stops sending mail at once, until it has the new secret.",
		Guide: staticGuide([]Instruction{
			{Text: "Deletes **" + leaked.Hint + "…** of " + s.appName() + ". It cannot be restored"},
			{Text: "Access tokens that were issued with it can work for about an hour more, 90 minutes at most"},
			{Text: "Then creates a new secret, shows it for PAL and sends a test mail"},
		}),
		Fields: []Field{{
			Key: "hint", Label: "Type the secret's first three characters", Hint: leaked.Hint,
			Shape: func(text string, _ Answers) Verdict {
				if text != "" && text == leaked.Hint {
					return Verdict{State: Right}
				}
				return unknown("Type %s to continue.", leaked.Hint)
			},
		}},
		Submit: "delete it",
	})
	if err != nil {
		return err
	}
	s.setup.Revoking = s.Now().UTC()
	return s.saveOrAsk(ctx)
}

// deleteLeaked deletes the secret in the tenant, makes sure that Microsoft
// refuses it, and takes its value out of the record.
func (s *session) deleteLeaked(ctx context.Context) error {
	c := Choice{
		Frame: s.frame("revoke-how", PhaseSecret, revokeHelp), Title: "Delete the leaked secret",
		Text: s.rowOf(*progress.Leaked(&s.setup)),
		Options: []Option{
			{Key: optionSignIn, Text: "Sign in and let palmail delete it", Note: "needs an administrator's account"},
			{Key: optionPortal, Text: "Delete it in the portal", Note: "palmail shows which row"},
			{Key: optionNo, Text: "Stop, it did not leak", Note: "nothing more is deleted"},
		},
	}
	if s.setup.Mode == store.ModePortal {
		c.prefer(optionPortal)
	}
	for {
		picked, err := s.choose(ctx, c)
		switch {
		case errors.Is(err, ErrBack):
			return ErrLeave
		case err != nil:
			return err
		case picked == optionNo:
			return s.stopRevoke(ctx)
		case picked == optionSignIn:
			err = s.deleteLeakedSigned(ctx)
		}
		if picked == optionPortal || errors.Is(err, errPortal) {
			err = s.deleteLeakedInPortal(ctx)
		}
		if err == nil {
			err = s.leakedRefused(ctx)
		}
		if !errors.Is(err, ErrBack) {
			return err
		}
		c.prefer(picked)
	}
}

// stopRevoke ends a revocation that was a mistake.
func (s *session) stopRevoke(ctx context.Context) error {
	s.setup.Revoking = time.Time{}
	if err := s.saveOrAsk(ctx); err != nil {
		return err
	}
	return ErrBack
}

// deleteLeakedSigned deletes the secret by its key ID. A row that is not listed
// was deleted before, which leakedRefused makes sure of.
func (s *session) deleteLeakedSigned(ctx context.Context) error {
	admin, err := s.administrator(ctx)
	if err != nil {
		return err
	}
	leaked := progress.Leaked(&s.setup)
	var app m365.App
	err = s.UI.Work(ctx, Work{
		Frame: s.frame("revoke-find", PhaseSecret, revokeHelp), Title: "Looking for the leaked secret",
		Run: func(ctx context.Context, report Report) error {
			return task(report, "The app's secrets", func(ctx context.Context) (err error) {
				app, err = admin.AppByClientID(ctx, s.setup.ClientID)
				return err
			})(ctx)
		},
	})
	if err != nil {
		return s.notRevoked(ctx, err)
	}
	row, err := s.whichRow(ctx, app, *leaked)
	switch {
	case errors.Is(err, errNotThere):
		return nil
	case err != nil:
		return err
	}
	leaked.KeyID = row.KeyID
	err = s.UI.Work(ctx, Work{
		Frame: s.frame("revoke-delete", PhaseSecret, revokeHelp), Title: "Deleting the leaked secret",
		Run: func(ctx context.Context, report Report) error {
			ap := &applier{session: s, admin: admin, plan: &plan{app: app}, report: report}
			return ap.untilReplicated(ctx, "Deleting the secret "+row.KeyID, "Deleted the secret "+row.KeyID,
				func(ctx context.Context) error {
					err := admin.RemoveSecret(ctx, app.ObjectID, row.KeyID)
					if m365.IsNotFound(err) {
						err = nil
					}
					return err
				})
		},
	})
	if err != nil {
		return s.notRevoked(ctx, err)
	}
	return nil
}

// notRevoked says why the secret was not deleted, and goes back to the question how.
func (s *session) notRevoked(ctx context.Context, cause error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if m365.SignedOut(cause) {
		s.admin = nil
	}
	f := s.explain(cause, time.Time{})
	err := s.UI.Show(ctx, Notice{
		Frame: s.frame("not-revoked", PhaseSecret, revokeHelp), Title: "The leaked secret was not deleted",
		Finding: &f, Text: "**It still works.** Delete it in the portal if you cannot do it here.",
		Submit: "go back to the question",
	})
	if err == nil {
		err = ErrBack
	}
	return err
}

// deleteLeakedInPortal shows which row to delete.
func (s *session) deleteLeakedInPortal(ctx context.Context) error {
	leaked := *progress.Leaked(&s.setup)
	return s.UI.Show(ctx, Notice{
		Frame: s.frame("revoke-row", PhaseSecret, revokeHelp), Title: "Delete the leaked secret's row",
		Guide: []Instruction{
			{Text: "Open", LinkText: "Certificates & secrets", Link: s.links().Secrets, Note: "of " + s.appName()},
			{Text: "Find that row, by its description and the first three characters of its value"},
			{Text: "Choose its **Delete** icon, then **Yes**"},
		},
		Text: s.rowOf(leaked), Submit: "confirm that it is deleted", Practice: s.practiceRow("revoke-row", leaked),
	})
}
