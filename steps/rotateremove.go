package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/steps/progress"
	"palmail/store"
)

// olderFirst asks about a secret from the rotation before, since the record
// has room for one old secret only.
func (s *session) olderFirst(ctx context.Context) error {
	if gone, err := s.lookAtOld(ctx); gone || err != nil {
		return err
	}
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
	if x.Description == "" {
		text = fmt.Sprintf("Its row: value beginning with **%s**", x.Hint)
	}
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
			Why:   "PAL sends with the new one. Delete a secret that is no longer used.",
			Text:  s.oldRows(),
			Options: []Option{
				{Key: optionSignIn, Text: "Sign in and let palmail delete it", Note: "by its Secret ID"},
				{Key: optionPortal, Text: "Delete it in the portal", Note: "palmail says which row"},
				{Key: "keep", Text: "Keep it for now", Note: "the home screen reminds you"},
			},
		}
		if x.Old.Value.IsZero() {
			c.Title, c.Why = "Remove a lost secret", "Its answer was lost when it was created: nobody knows its value."
		}
		if x.Mode == store.ModePortal {
			c.prefer(optionPortal)
		}
		if progress.Alive(x.Old, s.Now()) && x.Removing == "" {
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
		switch {
		case errors.Is(err, errAppGone):
			return nil
		case err != nil && !errors.Is(err, ErrBack):
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

// removeSigned deletes the old secret by its key ID.
func (s *session) removeSigned(ctx context.Context) error {
	admin, err := s.administrator(ctx)
	if err != nil {
		return err
	}
	var app m365.App
	var log signInLog
	err = s.UI.Work(ctx, Work{
		Frame: s.frame("old-find", PhaseSecret, rotateHelp), Title: "Looking for the old secret",
		Why: "Nothing is changed by that.",
		Run: func(ctx context.Context, report Report) error {
			return concurrently(ctx,
				task(report, "The app's secrets", func(ctx context.Context) (err error) {
					app, err = admin.AppByClientID(ctx, s.setup.ClientID)
					return err
				}),
				func(ctx context.Context) error { return s.readSignInLog(ctx, report, admin, &log) },
			)
		},
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return s.notRemoved(ctx, s.explain(err, time.Time{}), err) // the app was registered long ago
	}
	row, err := s.whichOld(ctx, app)
	switch {
	case errors.Is(err, errNotThere):
		if err := s.oldRowGone(ctx); err != nil {
			return err
		}
		return s.removeOldKey(ctx, admin, app, store.Secret{})
	case err != nil:
		return err
	}
	newRow, _ := rowOfSecret(app.Secrets, s.setup.Secret)
	if err := s.askEveryServer(ctx, log.text(s, row.KeyID, newRow.KeyID)); err != nil {
		return err
	}
	old := s.setup.Old
	old.KeyID = row.KeyID
	return s.removeOldKey(ctx, admin, app, old)
}

// oldRowGone forgets an old secret that the tenant does not list, once Microsoft
// refuses it too: a row can be in another app, or the list out of date.
func (s *session) oldRowGone(ctx context.Context) error {
	if s.setup.Old.Value.IsZero() {
		return nil
	}
	f, err := s.rowDeleted(ctx, s.setup.Secret, s.setup.Old, false)
	switch {
	case err != nil:
		return err
	case f != nil && f.Cause == diagnose.CauseSecretWrong:
		return s.newRowDeleted(ctx)
	case f != nil:
		return s.notRemoved(ctx, *f, nil)
	}
	return s.forgetOld(ctx)
}

// forgetOld takes a deleted secret out of the record.
func (s *session) forgetOld(ctx context.Context) error {
	keyID := s.setup.Old.KeyID
	s.setup.Old, s.setup.Removing = store.Secret{}, ""
	s.note(store.EventRemoved, keyID, "")
	return s.saveOrStop(ctx)
}

// lookAtOld forgets the old secret if Microsoft refuses it by now: somebody may
// have deleted it, or an earlier run, which did not record that any more. If
// Microsoft cannot be asked, the record stays.
func (s *session) lookAtOld(ctx context.Context) (gone bool, err error) {
	x := &s.setup
	if !progress.Alive(x.Old, s.Now()) {
		return false, nil
	}
	err = s.UI.Work(ctx, Work{
		Frame: s.frame("old-look", PhaseSecret, rotateHelp), Title: "Checking the old secret",
		Why: "palmail tries to sign in with it. If it was deleted, that fails, and the sign-in log shows it.",
		Run: func(ctx context.Context, report Report) error {
			_, err := s.retry(ctx, report, retryTask{
				task: "Signing in with the old secret", done: "Checked the old secret",
				failed: "The old secret could not be checked", limit: 15 * time.Second,
				try: func(ctx context.Context) error {
					err := s.tokenWith(ctx, x.Old.Value)
					if gone = s.refusesSecret(err); gone {
						return nil
					}
					return err
				},
			})
			return err
		},
	})
	if err != nil || !gone {
		return false, err
	}
	return true, s.forgetOld(ctx)
}
