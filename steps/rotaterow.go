package steps

import (
	"context"
	"errors"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/steps/progress"
	"palmail/store"
)

// removeInPortal says which row to delete, once the secret that stays was issued
// a token, and makes sure afterwards that it was that row.
func (s *session) removeInPortal(ctx context.Context) error {
	if !s.setup.Old.Value.IsZero() {
		if err := s.askEveryServer(ctx, lastUses{}); err != nil {
			return err
		}
	}
	var f *diagnose.Finding
	err := s.UI.Work(ctx, Work{
		Frame: s.frame("old-row-may-go", PhaseSecret, rotateHelp), Title: "Checking the secret that stays",
		Run: func(ctx context.Context, report Report) (err error) {
			f, err = s.mayDelete(ctx, report, s.setup.Old, s.setup.Secret)
			return err
		},
	})
	switch {
	case err != nil:
		return err
	case f != nil:
		return s.notRemoved(ctx, *f, nil)
	}
	err = s.UI.Show(ctx, Notice{
		Frame: s.frame("old-row", PhaseSecret, rotateHelp),
		Title: "Delete the old secret's row",
		Guide: []Instruction{
			{Text: "Open", LinkText: "Certificates & secrets", Link: s.links().Secrets, Note: "of " + s.appName()},
			{Text: "Find that row, by its description and the first three characters of its value"},
			{Text: "Choose its **Delete** icon, then **Yes**"},
		},
		Text:     s.oldRows(),
		Submit:   "say that it is deleted",
		Practice: s.practiceRow("old-row", s.setup.Old),
	})
	if err != nil {
		return err
	}
	f, err = s.rowDeleted(ctx, s.setup.Secret, s.setup.Old, true)
	switch {
	case err != nil:
		return err
	case f != nil && f.Cause == diagnose.CauseSecretWrong:
		return s.newRowDeleted(ctx)
	case f != nil:
		return s.notRemoved(ctx, *f, nil)
	}
	s.setup.Intent = store.Intent{}
	return s.forgetOld(ctx)
}

// practiceRow tells the practice portal which row a screen is about.
func (s *session) practiceRow(screen string, row store.Secret) []Practice {
	return s.practiceWith(screen, map[string]string{
		"client-id": s.setup.ClientID, "description": row.Description, "hint": row.Hint, "mailbox": s.setup.Mailbox,
		"lost": strings.Join(progress.LostSecrets(&s.setup), "|"),
	})
}

// errStillWorks is what a token for a secret that should be gone amounts to.
var errStillWorks = errors.New("the secret that was to be deleted still works")

// rowDeleted makes sure, after somebody has deleted a row in the portal, that
// the remaining secret works and the deleted one does not. It returns no finding
// when both is true or the admin says so, and ErrBack when the row still has to
// be deleted. If Microsoft cannot be asked whether the deleted secret still works,
// it counts as deleted only when the admin confirms that they deleted the row.
func (s *session) rowDeleted(ctx context.Context, stays, gone store.Secret,
	adminConfirms bool) (*diagnose.Finding, error) {
	for {
		var f, askFailed *diagnose.Finding
		var still bool
		err := s.UI.Work(ctx, Work{
			Frame: s.frame("row-check", PhaseSecret, rotateHelp), Title: "Making sure that the right row is gone",
			Why: "Both are tried. The deleted one has to fail, which the sign-in log shows.",
			Run: func(ctx context.Context, report Report) (err error) {
				if !stays.Value.IsZero() {
					if f, err = s.stillWorks(ctx, report, stays.Value); err != nil || f != nil {
						return err
					}
				}
				if progress.Alive(gone, s.Now()) {
					still, askFailed, err = s.worksNoMore(ctx, report, gone)
				}
				return err
			},
		})
		switch {
		case err != nil || f != nil:
			return f, err
		case askFailed != nil && !adminConfirms:
			return askFailed, nil
		case !still:
			return nil, nil
		}
		picked, err := s.choose(ctx, Choice{
			Frame: s.frame("row-still-works", PhaseSecret, rotateHelp),
			Title: "That secret still works",
			Why: "Its row is still there, or another row was deleted, or Microsoft's servers have not all heard of " +
				"it.",
			Text: s.rowOf(gone),
			Options: []Option{
				{Key: optionRetry, Text: "Look again"},
				{Key: optionBack, Text: "Go back", Note: "to say what to do with it"},
				{Key: "deleted", Text: "It is deleted, go on", Note: "palmail forgets it"},
			},
		})
		switch {
		case err != nil:
			return f, err
		case picked == optionBack:
			return f, ErrBack
		case picked == "deleted":
			return f, nil
		}
	}
}

// worksNoMore waits until Microsoft issues no token for a deleted secret. still
// says that Microsoft issued one and has not refused the secret since. askFailed
// is the finding when the last question had no answer.
func (s *session) worksNoMore(ctx context.Context, report Report,
	x store.Secret) (still bool, askFailed *diagnose.Finding, err error) {
	issued := false // by the last answer
	f, err := s.retry(ctx, report, retryTask{
		task: "Trying the deleted secret " + x.Hint + "…", done: "The deleted secret " + x.Hint + "… is refused",
		failed: "Could not verify that the deleted secret " + x.Hint + "… is refused",
		note:   "A deleted secret can keep working for up to 2 minutes.", limit: replicationTime,
		changed: s.Now(),
		try: func(ctx context.Context) error {
			err := s.tokenWith(ctx, x.Value)
			if issued = err == nil; issued {
				still = true
				return errStillWorks
			}
			if cause := s.explain(err, time.Time{}).Cause; cause != diagnose.CauseSecretWrong &&
				cause != diagnose.CauseSecretExpired {
				return err
			}
			still = false
			return nil
		},
		retryable: func(f diagnose.Finding) bool { return issued || f.Retry },
	})
	if !issued {
		askFailed = f
	}
	return still, askFailed, err
}
