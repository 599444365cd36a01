package steps

import (
	"context"
	"errors"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/store"
)

// unverifiedError says that a secret was not deleted because the one that stays
// did not work.
type unverifiedError struct{ finding diagnose.Finding }

func (e unverifiedError) Error() string { return "the secret that stays does not work" }

var errNothingStays = errors.New("no other secret is known that would stay")

// mayDelete returns no finding if a secret can be deleted without locking PAL
// out: the secret that stays was issued a token just now, or the one to delete
// is refused itself.
func (s *session) mayDelete(ctx context.Context, report Report, gone, stays store.Secret) (*diagnose.Finding, error) {
	if stays.Value.IsZero() || stays.Value.Equal(gone.Value) {
		return nil, errNothingStays
	}
	f, err := s.stillWorks(ctx, report, stays.Value)
	if err != nil || f == nil || gone.Value.IsZero() {
		return f, err
	}
	line := Task{Key: "gone", State: Busy, Text: "Signing in with the secret to delete", Limit: time.Minute}
	report(line)
	refused := s.refusesSecret(s.tokenWith(ctx, gone.Value))
	line.State, line.Text, line.Limit = Right, "Signed in with the secret to delete", 0
	if refused {
		f, line.Text = nil, "The secret to delete does not work either"
	}
	report(line)
	return f, ctx.Err()
}

// refusesSecret says whether Microsoft's answer is that the secret does not work.
func (s *session) refusesSecret(err error) bool {
	if err == nil {
		return false
	}
	cause := s.explain(err, time.Time{}).Cause
	return cause == diagnose.CauseSecretWrong || cause == diagnose.CauseSecretExpired
}

// removeOne deletes the secret gone by its key ID; that it is not there is as
// good. Right before each call it makes sure that the secret that stays works.
// The record says before the call that this key ID is being deleted.
func (ap *applier) removeOne(ctx context.Context, gone, stays store.Secret) error {
	verify := func(ctx context.Context) error {
		f, err := ap.mayDelete(ctx, ap.report, gone, stays)
		if err == nil && f != nil {
			err = unverifiedError{*f}
		}
		return err
	}
	if err := verify(ctx); err != nil {
		return err
	}
	if ap.rotation == nil || !ap.rotation.notSaved {
		if err := ap.saveChange(ctx, func(x *store.Setup) { x.Removing = gone.KeyID }); err != nil {
			return err
		}
	}
	first := true
	task, done := "Deleting the secret "+gone.KeyID, "Deleted the secret "+gone.KeyID
	return ap.untilReplicated(ctx, task, done, func(ctx context.Context) error {
		if !first {
			if err := verify(ctx); err != nil {
				return err
			}
		}
		first = false
		err := ap.admin.RemoveSecret(ctx, ap.plan.app.ObjectID, gone.KeyID)
		if err == nil || m365.IsNotFound(err) {
			ap.deletedKeyID, err = gone.KeyID, nil
		}
		return err
	})
}

// removeOldKey deletes the old secret, which has its key ID by now, or only
// forgets it when its row is gone; and what a lost answer left behind. Each
// deletion is saved before the next call.
func (s *session) removeOldKey(ctx context.Context, admin *m365.Admin, app m365.App, old store.Secret) error {
	err := s.UI.Work(ctx, Work{
		Frame: s.frame("old-remove", PhaseSecret, rotateHelp), Title: "Deleting the old secret",
		Why: "palmail signs in with the new secret first.",
		Run: func(ctx context.Context, report Report) error {
			ap := &applier{session: s, admin: admin, plan: &plan{app: app}, report: report}
			if !old.Value.IsZero() {
				if err := ap.removeOne(ctx, old, s.setup.Secret); err != nil {
					return err
				}
				if err := ap.saveRemoved(ctx, func(x *store.Setup) { x.Old = store.Secret{} }, old.KeyID); err != nil {
					return err
				}
			}
			return ap.removeOrphans(ctx)
		},
	})
	var unverified unverifiedError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &unverified):
		return s.notRemoved(ctx, unverified.finding, nil)
	case errors.Is(err, errNotKept) && s.setup.Removing == "":
		return s.saveOrStop(ctx) // it is deleted, and that is not saved yet
	case errors.Is(err, errNotKept):
		s.setup.Removing = "" // nothing was sent
		if err := s.saveOrStop(ctx); err != nil {
			return err
		}
		return ErrBack
	case err != nil:
		return s.notRemoved(ctx, s.explain(err, s.Now()), err)
	}
	return nil
}

// saveRemoved records that a secret was deleted, also when the program is leaving.
func (ap *applier) saveRemoved(ctx context.Context, forget func(*store.Setup), keyID string) error {
	return ap.saveChange(context.WithoutCancel(ctx), func(x *store.Setup) {
		forget(x)
		x.Removing = ""
		ap.note(store.EventRemoved, keyID, "")
	})
}

// notRemoved says why nothing was deleted, and goes back to the question.
func (s *session) notRemoved(ctx context.Context, f diagnose.Finding, cause error) error {
	if m365.SignedOut(cause) || m365.IsDenied(cause) { // somebody else, or a newer token, may be allowed to
		s.admin = nil
	}
	err := s.UI.Show(ctx, Notice{
		Frame: s.frame("old-not-removed", PhaseSecret, rotateHelp), Title: "The old secret was not deleted",
		Finding: &f,
		Text:    "palmail still knows it.", Submit: "go back to the question",
	})
	switch {
	case err != nil:
		return err
	case f.Cause == diagnose.CauseAppUnknown:
		return errAppGone
	}
	return ErrBack
}

// errAppGone means that the app is not in the tenant, so that its old secret
// cannot be deleted. The home screen offers to register a new app.
var errAppGone = errors.New("the app of the old secret is not in the tenant")
