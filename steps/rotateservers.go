package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"palmail/m365"
	"palmail/steps/progress"
	"palmail/store"
)

// signInLog is what the tenant's sign-in log says of the app's secrets.
type signInLog struct {
	uses m365.SecretUses
	read bool
}

// readSignInLog reads when each secret was used last, where the account can. It
// never fails: most accounts cannot, and nothing depends on it.
func (s *session) readSignInLog(ctx context.Context, report Report, admin *m365.Admin, log *signInLog) error {
	if !admin.CanAskSignIns() {
		return ctx.Err()
	}
	const text = "Sign-in log of the app"
	report(Task{Key: text, State: Busy, Text: text})
	uses, err := admin.SecretUses(ctx, s.setup.ClientID, s.Now().Add(-m365.SignInLogDays*24*time.Hour))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		s.Log.Info("the sign-in log cannot be read", "err", err)
		report(Task{Key: text, State: Right, Text: text, Note: "Not available to this account. It is not needed."})
		return nil
	}
	log.uses, log.read = uses, true
	report(Task{Key: text, State: Right, Text: text})
	return nil
}

// lastUses is what the screen says about the log.
type lastUses struct {
	text    string
	oldUsed bool // the old secret was used after the new one was put into PAL
}

// last is the newest sign-in with a secret, apart from those at the times in except.
func (l signInLog) last(keyID string, except []time.Time) (at time.Time, used bool) {
	for _, use := range l.uses.All {
		own := slices.ContainsFunc(except, func(t time.Time) bool { return use.At.Sub(t).Abs() < time.Minute })
		if use.KeyID == keyID && !own {
			return use.At, true
		}
	}
	return time.Time{}, false
}

// text says when each of the two secrets signed in last.
func (l signInLog) text(s *session, oldKeyID, newKeyID string) lastUses {
	if !l.read {
		return lastUses{}
	}
	line := func(label string, x store.Secret, keyID string, except []time.Time) string {
		at, used := l.last(keyID, except)
		switch {
		case keyID == "":
			return ""
		case !used:
			return fmt.Sprintf("\n%s secret %s…: no sign-in since %s", label, x.Hint, momentUTC(l.uses.Since))
		}
		return fmt.Sprintf("\n%s secret %s…: last sign-in %s", label, x.Hint, momentUTC(at))
	}
	offset, _ := s.client().ClockOffset() // the log has the server's times, the record those of this computer
	var own []time.Time
	for _, at := range s.rotation.oldTried {
		own = append(own, at.Add(offset))
	}
	u := lastUses{text: "**Microsoft's sign-in log** is some minutes behind. It includes palmail's own checks." +
		line("Old", s.setup.Old, oldKeyID, own) + line("New", s.setup.Secret, newKeyID, nil)}
	last, used := l.last(oldKeyID, own)
	u.oldUsed = used && !s.setup.PALSaved.IsZero() && last.Sub(s.setup.PALSaved.Add(offset)) > time.Minute // the offset is not exact
	return u
}

func momentUTC(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// askEveryServer asks for the one thing about PAL that nothing can look up. It
// returns ErrBack to go back to the question what to do with the old secret.
func (s *session) askEveryServer(ctx context.Context, uses lastUses) error {
	c := Choice{
		Frame: s.frame("old-servers", PhasePAL, rotateHelp),
		Title: "Is the new secret saved on every PAL server?",
		Why: "PAL can run on several servers, or have a staging copy. A server that still has the old secret can no " +
			"longer send mail after this.",
		Text: strings.TrimSpace(s.oldRows() + "\n\n" + uses.text),
		Options: []Option{
			{Key: optionYes, Text: "Yes, delete the old secret"},
			{Key: "show", Text: "No, show the Secret Key again", Note: "to save it on the others"},
			{Key: optionBack, Text: "Keep the old secret for now", Note: "both work"},
		},
	}
	if uses.oldUsed {
		c.Headline = warn("**The old secret was used after the new one was saved in PAL.** A PAL server can still have it.")
		c.prefer(optionBack)
	}
	for {
		picked, err := s.choose(ctx, c)
		switch {
		case err != nil:
			return err
		case picked == optionYes:
			return nil
		case picked == optionBack:
			return ErrBack
		}
		err = s.UI.Show(ctx, Notice{
			Frame: s.frame("old-servers-key", PhasePAL, palHelp),
			Title: "Put the new secret into every PAL server",
			Guide: []Instruction{
				{Text: "Open PAL's administration on the server that does not have it yet"},
				{Text: "**General Settings** › **Mail Server Configuration**"},
				{Text: "Replace **Secret Key** and save"},
			},
			Values: []Value{{Label: "Secret Key", Secret: s.setup.Secret.Value}},
			Text:   "New: " + progress.Describe(s.setup.Secret, s.Now()) + ".",
			Submit: "go back to the question",
		})
		if err != nil && !errors.Is(err, ErrBack) {
			return err
		}
	}
}
