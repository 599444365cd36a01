package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/secret"
	"palmail/steps/progress"
	"palmail/store"
)

const rotateHelp = "" +
	"A new secret is made beside the old one, kept at once, and proved. Then PAL gets it, a test mail is " +
	"sent with it, and you say whether PAL sends. Only then the old one is deleted.\n\n" +
	"Until that last step both work, and palmail knows both: whatever happens in between, PAL goes on " +
	"sending with the one it has, and the next start of palmail offers to finish or to undo."

// errGivenUp ends a rotation that was undone.
var errGivenUp = errors.New("the new secret was given up")

// rotate puts a new secret in the place of the current one, from wherever an
// earlier run has left it. ErrBack says that nothing was begun.
func (s *session) rotate(ctx context.Context) error {
	s.rotation = &rotation{}
	defer func() { s.rotation = nil }()
	if !progress.Rotating(&s.setup) && progress.Alive(s.setup.Old, s.Now()) {
		if err := s.olderFirst(ctx); err != nil {
			return err
		}
	}
	stages := []stage{
		{"make", (*session).makeNew},
		{"prove", (*session).proveNew},
		{"hand-over", (*session).handOver},
		{"test", (*session).testNew},
		{"ask-pal", (*session).askPAL},
		{"adopt", (*session).adoptNew},
	}
	for i := 0; i < len(stages); {
		err := stages[i].run(s, ctx)
		switch {
		case errors.Is(err, ErrBack) && i == 0 && !progress.Rotating(&s.setup):
			return ErrBack
		case errors.Is(err, ErrBack):
			err = s.pauseRotation(ctx)
		case err == nil:
			i++
		}
		var revisit *revisitError
		switch {
		case errors.As(err, &revisit) && revisit.stage == progress.Permission:
			err = s.permissionAgain(ctx)
		case errors.Is(err, errHandOverAgain):
			i, err = stageAt(stages, "hand-over"), nil
		case errors.Is(err, errGivenUp):
			return nil
		}
		if err != nil {
			return err
		}
	}
	return ignoreBack(s.removeOld(ctx))
}

// permissionAgain has Mail.Send granted while a renewal is under way, whose test
// mail needs it.
func (s *session) permissionAgain(ctx context.Context) error {
	s.rotation.useNew = true
	defer func() { s.rotation.useNew = false }()
	return ignoreBack(s.permission(ctx))
}

// rotation is what is known of a rotation in this run only.
type rotation struct {
	proved     bool
	useNew     bool // mails go out with the new secret
	notSaved   bool // the keyring did not take the new secret, and the admin goes on without
	newDeleted bool // the new secret, which PAL has, was deleted in the portal by mistake
	// oldTried is when palmail itself signed in with the old secret: the sign-in log has it too.
	oldTried []time.Time
}

// errHandOverAgain goes back to the hand-off.
var errHandOverAgain = errors.New("hand it over again")

// secretInUse is the secret that test mails and probes sign in with.
func (s *session) secretInUse() secret.Value {
	if s.rotation != nil && s.rotation.useNew {
		return s.setup.Pending.Value
	}
	return s.newest().Value
}

// note adds to the history what was done.
func (s *session) note(what, keyID, requestID string) {
	e := store.Event{At: s.Now(), What: what, KeyID: keyID, RequestID: shapedID(requestID)}
	if s.setup.Mode == store.ModeSignIn {
		e.By = s.setup.SignedInAs
	}
	s.setup.Note(e)
}

// pauseRotation asks what esc on a screen of the rotation was meant to do.
func (s *session) pauseRotation(ctx context.Context) error {
	picked, err := s.choose(ctx, Choice{
		Frame: s.frame("rotate-pause", PhaseSecret, rotateHelp),
		Title: "The new secret is not in use yet",
		Why:   "The old one works as before.",
		Options: []Option{
			{Key: "go-on", Text: "Go on"},
			{Key: optionUndo, Text: "Undo", Note: s.undoNote()},
			{Key: optionLeave, Text: "Leave", Note: "the next start offers both again"},
		},
	})
	switch {
	case errors.Is(err, ErrBack), err == nil && picked == "go-on":
		return nil
	case err != nil:
		return err
	case picked == optionUndo:
		return s.giveUp(ctx)
	}
	return ErrLeave
}

func (s *session) undoNote() string {
	if s.setup.PendingShown.IsZero() {
		return "remove the new one"
	}
	return "put the old one back into PAL, remove the new one"
}

// saveOrStop saves the record. There is no going on in memory here: what the
// keyring says of the two secrets must be so before the next step is taken.
func (s *session) saveOrStop(ctx context.Context) error {
	for {
		err := s.saveBetweenScreens(ctx)
		switch {
		case err == nil:
			s.rotation.notSaved = false
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		}
		s.Log.Warn("could not keep the rotation", "err", err)
		if s.rotation.notSaved {
			return nil // the admin knows, and the old secret will stay
		}
		f := StoreFinding(err, s.Store.Place(), s.Profile)
		picked, chose := s.choose(ctx, Choice{
			Frame: s.frame("rotate-not-kept", PhaseSecret, rotateHelp), Title: f.Title, Finding: &f,
			Text: "What was kept before stays: the secret that PAL had, and the new one if it was kept. Nothing " +
				"is deleted meanwhile.",
			Options: []Option{
				{Key: optionRetry, Text: "Try again"},
				{Key: optionLeave, Text: "Leave", Note: "the next start offers to finish or undo"},
			},
		})
		switch {
		case errors.Is(chose, ErrBack), chose == nil && picked == optionLeave:
			return fmt.Errorf("keeping the rotation: %w", err)
		case chose != nil:
			return chose
		}
	}
}

// proveNew waits until a token is issued for the new secret.
func (s *session) proveNew(ctx context.Context) error {
	for !s.rotation.proved {
		value := s.setup.Pending.Value
		var f *diagnose.Finding
		err := s.UI.Work(ctx, Work{
			Frame: s.frame("rotate-prove", PhaseSecret, rotateHelp), Title: "Trying the new secret",
			Why: "The old one stays in use meanwhile.",
			Run: func(ctx context.Context, report Report) (err error) {
				f, err = s.retry(ctx, report, retryTask{
					task: "Signing in with the new secret", done: "Signed in with the new secret",
					failed: "Signing in with the new secret failed",
					note:   "A new secret can take up to 2 minutes to start working.",
					limit:  replicationTime + time.Minute, changed: s.Now(),
					try:       func(ctx context.Context) error { return s.tokenWith(ctx, value) },
					retryable: func(f diagnose.Finding) bool { return f.Retry || f.Cause == diagnose.CauseSecretWrong },
				})
				return err
			},
		})
		if err != nil {
			return err
		}
		if f == nil {
			s.rotation.proved = true
			s.note(store.EventProved, s.setup.Pending.KeyID, "")
			break
		}
		c := Choice{
			Frame: s.frame("rotate-unproved", PhaseSecret, rotateHelp), Title: "The new secret does not work yet",
			Finding: f,
			Text:    "PAL goes on sending with the old one.",
			Options: []Option{
				{Key: optionRetry, Text: "Try again"}, {Key: optionUndo, Text: "Undo", Note: s.undoNote()},
				{Key: optionLeave, Text: "Leave", Note: "the next start offers both again"},
			},
		}
		if f.Cause == diagnose.CauseSecretExpired {
			c.Title = "The new secret has expired"
			c.Text = "It waited too long and will not work again. Undo this renewal, then renew the secret once more."
			c.prefer(optionUndo)
		}
		picked, err := s.choose(ctx, c)
		switch {
		case err != nil:
			return err
		case picked == optionUndo:
			return s.giveUp(ctx)
		case picked == optionLeave:
			return ErrLeave
		}
	}
	return nil
}

// handOver puts the one value that changes before the admin. That it was shown
// is kept first: from then on PAL may be using it.
func (s *session) handOver(ctx context.Context) error {
	before := s.setup.PendingShown
	if before.IsZero() {
		s.setup.PendingShown = s.Now().UTC()
		s.note(store.EventShown, s.setup.Pending.KeyID, "")
		if err := s.saveOrStop(ctx); err != nil {
			s.setup.PendingShown = before
			return err
		}
	}
	n := Notice{
		Frame: s.frame("rotate-pal", PhasePAL, palHelp),
		Title: "Put the new secret into PAL",
		Why:   "Only the Secret Key changes; the other three values stay as they are.",
		Guide: []Instruction{
			{Text: "Open", LinkText: "PAL's administration", Link: s.setup.PALURL},
			{Text: "**General Settings** › **Mail Server Configuration**"},
			{Text: "Replace **Secret Key** and save"},
		},
		Values: []Value{{Label: "Secret Key", Secret: s.setup.Pending.Value}},
		Submit: "confirm that PAL has saved it", Practice: s.practiceRow("rotate-pal", s.setup.Pending),
	}
	switch {
	case s.rotation.notSaved:
		n.Text = "**The keyring did not keep this secret.** It is gone when palmail ends, so put it into PAL now. " +
			"The old secret stays as it is."
	case !before.IsZero():
		n.Text = "It was shown before, on " + progress.Day(before) + ". If PAL has it already, press enter."
	}
	return s.UI.Show(ctx, n)
}

// testNew sends a real mail with the new secret.
func (s *session) testNew(ctx context.Context) error {
	s.rotation.useNew = true
	defer func() { s.rotation.useNew = false }()
	return s.test(ctx)
}

const palDoesNotSend = `Look, in this order:

1. Is the whole Secret Key in PAL, without a space before or after it? Paste it again and save.
2. Are the other three values as palmail shows them under Show the PAL settings again?
3. Does PAL need a moment, or its application pool a restart, to take the new value up?

The test mail has shown that the secret itself works.`

// askPAL asks for the one thing that only the admin can see.
func (s *session) askPAL(ctx context.Context) error {
	c := Choice{
		Frame: s.frame("rotate-sends", PhaseTest, rotateHelp),
		Title: "Does PAL send?",
		Why:   "Have PAL send a mail now, for instance a reply to a test request, and look whether it arrives.",
		Options: []Option{
			{Key: optionYes, Text: "Yes, PAL sends with the new secret"},
			{Key: optionNo, Text: "No, PAL reports an error", Note: "what to look at"},
			{Key: optionLeave, Text: "I cannot tell yet", Note: "the old one stays; palmail asks again"},
			{Key: optionUndo, Text: "Go back to the old secret", Note: s.undoNote()},
		},
		Practice: s.practiceRow("rotate-sends", s.setup.Pending),
	}
	for {
		picked, err := s.choose(ctx, c)
		switch {
		case err != nil:
			return err
		case picked == optionYes:
			return nil
		case picked == "show":
			return errHandOverAgain
		case picked == optionLeave:
			return ErrLeave
		case picked == optionUndo:
			return s.giveUp(ctx)
		}
		c.Frame = s.frame("rotate-sends-not", PhaseTest, rotateHelp)
		c.Text = palDoesNotSend
		c.Options = slices.Clone(c.Options) // the screen may still be drawing the others
		c.Options[optionAt(c.Options, optionNo)] = Option{Key: "show", Text: "Show the Secret Key again"}
		c.prefer("show")
	}
}

// adoptNew makes the new secret the current one, and the one before the old one, in one write.
func (s *session) adoptNew(ctx context.Context) error {
	before := s.setup
	x, now := &s.setup, s.Now().UTC()
	x.Secret, x.Old, x.Pending = x.Pending, x.Secret, store.Secret{}
	x.SecretProved, x.PALSaved, x.PendingShown = now, now, time.Time{}
	switch lost := progress.LostSecrets(x); {
	case len(lost) == 0:
		x.Intent = store.Intent{}
	case !slices.Contains(strings.Split(x.Intent.Name, "|"), x.Secret.Description):
		x.Intent.Name += "|" + x.Secret.Description // the lost ones are older than the one in use
	}
	s.note(store.EventRotated, x.Secret.KeyID, "")
	if err := s.saveOrStop(ctx); err != nil {
		revision := x.Revision
		s.setup = before
		s.setup.Revision = revision
		return err
	}
	return nil
}
