package steps

import (
	"context"
	"fmt"

	"palmail/diagnose"
	"palmail/steps/progress"
	"palmail/store"
)

// Keys of the options after the wrong row was deleted.
const (
	optionUseOther = "use-other"
	optionMakeNew  = "make-new"
)

// wrongRow deals with the row that should have stayed and was deleted in the
// portal: PAL's secret. First PAL needs one that works. other is the one that
// was to be deleted. It returns the key of what the admin picked: optionUseOther,
// optionMakeNew or optionRetry.
func (s *session) wrongRow(ctx context.Context, deleted, other store.Secret) (picked string, err error) {
	works := false
	if progress.Alive(other, s.Now()) {
		err := s.UI.Work(ctx, Work{
			Frame: s.frame("wrong-row-check", PhaseSecret, rotateHelp), Title: "Checking the other secret",
			Why: "Microsoft refuses the secret that PAL uses.",
			Run: func(ctx context.Context, report Report) error {
				f, err := s.stillWorks(ctx, report, other.Value)
				works = err == nil && f == nil
				return err
			},
		})
		if err != nil {
			return "", err
		}
	}
	f := &diagnose.Finding{
		Cause: diagnose.CauseSecretWrong, Title: "The secret that PAL uses was deleted",
		Explanation: fmt.Sprintf("Microsoft refuses %s…. Its row was deleted instead of the other one. A deleted secret "+
			"cannot be restored.", deleted.Hint),
		Who: "You, in PAL's administration",
	}
	c := Choice{
		Frame: s.frame("wrong-row", PhaseSecret, rotateHelp), Title: "PAL can no longer send mail", Finding: f,
		Text: "Do not delete another row before PAL sends again.",
	}
	again := Option{Key: optionRetry, Text: "Check again", Note: "if you are sure that the row is still there"}
	if works {
		f.Remedy = []string{
			fmt.Sprintf("First put the other secret, %s…, into PAL: it still works. The next screen shows it.", other.Hint),
			"Then send a test mail from PAL.",
		}
		c.Options = []Option{
			{Key: optionUseOther, Text: fmt.Sprintf("Put the secret %s… into PAL", other.Hint), Note: "PAL sends again"},
			again,
		}
		return s.choose(ctx, c)
	}
	f.Remedy = []string{
		"First create another secret and put it into PAL: the next screens lead you.",
		"Then send a test mail from PAL.",
	}
	c.Options = []Option{{Key: optionMakeNew, Text: "Create another secret", Note: "the other one does not work either"}, again}
	return s.choose(ctx, c)
}

// newRowDeleted leads out when the new secret's row was deleted in place of the
// old one's.
func (s *session) newRowDeleted(ctx context.Context) error {
	picked, err := s.wrongRow(ctx, s.setup.Secret, s.setup.Old)
	switch {
	case err != nil:
		return err
	case picked == optionUseOther:
		s.rotation.newDeleted = true
		defer func() { s.rotation.newDeleted = false }()
		return s.goBack(ctx)
	case picked == optionMakeNew:
		return s.replaceDead(ctx)
	}
	return ErrBack
}

// currentRowDeleted leads out when the current secret's row was deleted in place
// of the new one's.
func (s *session) currentRowDeleted(ctx context.Context) error {
	picked, err := s.wrongRow(ctx, s.setup.Secret, s.setup.Pending)
	switch {
	case err != nil:
		return err
	case picked == optionUseOther:
		return errHandOverAgain
	case picked == optionMakeNew:
		s.setup.Pending = store.Secret{}
		return s.replaceDead(ctx)
	}
	return errDiscardAgain
}

// replaceDead begins another renewal when no secret in the record works any more.
func (s *session) replaceDead(ctx context.Context) error {
	s.setup.Old, s.setup.Removing = store.Secret{}, ""
	if err := s.saveOrStop(ctx); err != nil {
		return err
	}
	outer := s.rotation
	defer func() { s.rotation = outer }()
	return s.rotate(ctx)
}
