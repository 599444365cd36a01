package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/steps/progress"
	"palmail/store"
)

// errNotThere says that the old secret's row was not found in the tenant.
var errNotThere = errors.New("the old secret is not there any more")

// olderFirst asks about a secret from the rotation before, since the record
// has room for one old secret only.
func (s *session) olderFirst(ctx context.Context) error {
	picked, err := s.choose(ctx, Choice{
		Frame: s.frame("two-secrets", PhaseSecret, rotateHelp),
		Title: "An old secret still works",
		Why:   "PAL has not used it since the last renewal. Delete it before a third one is made.",
		Text:  s.rowOf(s.setup.Old),
		Options: []Option{
			{Key: optionYes, Text: "Delete it first"},
			{Key: optionNo, Text: "Leave it in the tenant", Note: "palmail forgets it when the new one is in use"},
		},
	})
	if err != nil || picked == optionNo {
		return err
	}
	return ignoreBack(s.removeOld(ctx))
}

// rowOf describes the row of a secret in the portal's list.
func (s *session) rowOf(x store.Secret) string {
	text := fmt.Sprintf("Its row: description **%s**, value beginning with **%s**", x.Description, x.Hint)
	if !x.Expires.IsZero() {
		text += ", expires **" + progress.Day(x.Expires) + "**"
	}
	if x.KeyID != "" {
		text += ", Secret ID " + x.KeyID
	}
	return text + "."
}

// removeOld deletes the secret before the current one, or keeps it for now.
func (s *session) removeOld(ctx context.Context) error {
	if s.rotation == nil {
		s.rotation = &rotation{}
		defer func() { s.rotation = nil }()
	}
	if s.rotation.notSaved {
		return s.UI.Show(ctx, Notice{
			Frame: s.frame("old-stays", PhaseSecret, rotateHelp), Title: "The old secret stays",
			Text: "The keyring has not kept the new one, so palmail deletes nothing: the old one is all that it " +
				"knows.\n\nRun palmail again when the keyring works.",
		})
	}
	x := &s.setup
	for !x.Old.Value.IsZero() || len(progress.LostSecrets(x)) > 0 {
		c := Choice{
			Frame: s.frame("old-secret", PhaseSecret, rotateHelp),
			Title: "Delete the old secret",
			Why:   "PAL sends with the new one. What is not used any more should not work any more.",
			Text:  s.oldRows(),
			Options: []Option{
				{Key: optionSignIn, Text: "Sign in and let palmail delete it", Note: "by its Secret ID"},
				{Key: optionPortal, Text: "Delete it in the portal", Note: "palmail says which row"},
				{Key: "keep", Text: "Keep it for now", Note: "the home screen reminds you"},
			},
		}
		if x.Mode == store.ModePortal {
			c.prefer(optionPortal)
		}
		if progress.Alive(x.Old, s.Now()) {
			c.Options = append(c.Options, Option{
				Key: optionUndo, Text: "Go back to the old one", Note: "and remove the new one",
			})
		}
		picked, err := s.choose(ctx, c)
		switch {
		case err != nil:
			return err
		case picked == "keep":
			return s.keepOld(ctx)
		case picked == optionUndo:
			err = s.goBack(ctx)
		case picked == optionSignIn:
			err = s.removeSigned(ctx)
		}
		if picked == optionPortal || errors.Is(err, errPortal) {
			err = s.removeInPortal(ctx)
		}
		if err != nil && !errors.Is(err, ErrBack) {
			return err
		}
	}
	return nil
}

func (s *session) oldRows() string {
	var lines []string
	if !s.setup.Old.Value.IsZero() {
		lines = append(lines, s.rowOf(s.setup.Old))
	}
	for _, name := range progress.LostSecrets(&s.setup) {
		lines = append(lines, "A row that may be there, made when an answer was lost: description **"+name+"**.")
	}
	return strings.Join(append(lines, "It stays: "+progress.Describe(s.setup.Secret, s.Now())+"."), "\n")
}

// keepOld leaves the old secret; what nobody knows the value of was named on the screen before.
func (s *session) keepOld(ctx context.Context) error {
	if s.setup.Intent.Kind != store.IntentSecret {
		return nil
	}
	s.setup.Intent = store.Intent{}
	return s.saveOrStop(ctx)
}

// removeSigned deletes the old secret by its key ID, after the one that stays was proved.
func (s *session) removeSigned(ctx context.Context) error {
	admin, err := s.administrator(ctx)
	if err != nil {
		return err
	}
	var app m365.App
	var keyID string
	var bad *diagnose.Finding
	err = s.UI.Work(ctx, Work{
		Frame: s.frame("old-find", PhaseSecret, rotateHelp), Title: "Looking for the old secret",
		Run: func(ctx context.Context, report Report) (err error) {
			if bad, err = s.stillWorks(ctx, report, s.setup.Secret.Value); err != nil || bad != nil {
				return err
			}
			err = task(report, "The app's secrets", func(ctx context.Context) error {
				app, err = admin.AppByClientID(ctx, s.setup.ClientID)
				return err
			})(ctx)
			return err
		},
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return s.notRemoved(ctx, s.explain(err, s.Now()), err)
	case bad != nil:
		return s.notRemoved(ctx, *bad, nil)
	}
	if keyID, err = s.whichOld(ctx, app); err != nil && !errors.Is(err, errNotThere) {
		return err
	}
	return s.removeKey(ctx, admin, app, keyID)
}

// whichOld finds the key ID of the old secret. One that palmail cannot name for
// certain is deleted only when the admin picks it.
func (s *session) whichOld(ctx context.Context, app m365.App) (string, error) {
	old, now := s.setup.Old, s.setup.Secret
	if old.Value.IsZero() {
		return "", errNotThere
	}
	var others []m365.AppSecret
	for _, x := range app.Secrets {
		if old.KeyID != "" && x.KeyID == old.KeyID {
			return x.KeyID, nil
		}
		current := x.KeyID == now.KeyID || now.KeyID == "" && x.Hint == now.Hint
		if !current && x.KeyID != s.setup.Pending.KeyID {
			others = append(others, x)
		}
	}
	if old.KeyID != "" || len(others) == 0 {
		return "", errNotThere
	}
	c := Choice{
		Frame: s.frame("which-secret", PhaseSecret, rotateHelp),
		Title: "Which row is the old secret?",
		Why:   "It was made in the portal, so palmail does not know its Secret ID.",
		Text:  s.rowOf(old),
	}
	for _, x := range others {
		c.Options = append(c.Options, Option{
			Key: x.KeyID, Text: fmt.Sprintf("%s (%s…), until %s", x.Description, x.Hint, progress.Day(x.End)),
			Note: "Secret ID " + x.KeyID,
		})
		if x.Hint == old.Hint && x.Description == old.Description {
			c.prefer(x.KeyID)
		}
	}
	c.Options = append(c.Options, Option{Key: optionNo, Text: "None of these", Note: "nothing is deleted"})
	picked, err := s.choose(ctx, c)
	switch {
	case err != nil:
		return "", err
	case picked == optionNo:
		return "", ErrBack
	}
	return picked, nil
}

// removeKey deletes what keyID names, and what a lost answer left behind, and
// then forgets the old secret. An empty keyID means that its row is gone.
func (s *session) removeKey(ctx context.Context, admin *m365.Admin, app m365.App, keyID string) error {
	err := s.UI.Work(ctx, Work{
		Frame: s.frame("old-remove", PhaseSecret, rotateHelp), Title: "Deleting the old secret",
		Run: func(ctx context.Context, report Report) error {
			if keyID != "" {
				ap := &applier{session: s, admin: admin, plan: &plan{app: app}, report: report}
				if err := ap.removeOne(ctx, keyID); err != nil {
					return err
				}
			}
			return s.removeLostSecrets(ctx, admin, app, report)
		},
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return s.notRemoved(ctx, s.explain(err, s.Now()), err)
	}
	s.setup.Old = store.Secret{}
	if keyID != "" {
		s.note(store.EventRemoved, keyID, "")
	}
	return s.saveOrStop(ctx)
}

// removeOne deletes one secret; that it is not there is as good.
func (ap *applier) removeOne(ctx context.Context, keyID string) error {
	task, done := "Deleting the secret "+keyID, "Deleted the secret "+keyID
	return ap.untilReplicated(ctx, task, done, func(ctx context.Context) error {
		err := ap.admin.RemoveSecret(ctx, ap.plan.app.ObjectID, keyID)
		if m365.IsNotFound(err) {
			return nil
		}
		return err
	})
}

// notRemoved says why nothing was deleted, and goes back to the question.
func (s *session) notRemoved(ctx context.Context, f diagnose.Finding, cause error) error {
	if m365.SignedOut(cause) {
		s.admin = nil
	}
	err := s.UI.Show(ctx, Notice{
		Frame: s.frame("old-not-removed", PhaseSecret, rotateHelp), Title: "The old secret was not deleted",
		Finding: &f,
		Text:    "It still works, and palmail still knows it.", Submit: "go back to the question",
	})
	if err == nil {
		err = ErrBack
	}
	return err
}
