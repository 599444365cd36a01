package steps

import (
	"context"
	"errors"
	"fmt"

	"palmail/store"
)

// menu is where a finished setup opens.
func (s *session) menu(ctx context.Context) error {
	for {
		x := &s.setup
		choice := Choice{
			Frame: s.frame("menu", PhaseNone, startHelp),
			Title: "PAL sends as " + x.Mailbox,
			Why:   fmt.Sprintf("%s · app %s %s · kept in %s", s.cloud().Label, s.appName(), x.ClientID, s.Store.Place()),
			Text:  s.standing(),
			Options: []Option{
				{Text: "Send a test mail"},
				{Text: "Show the PAL settings again"},
				{Text: "Renew the secret", Note: "the old one keeps working until you delete it"},
				{Text: "Change an answer"},
				{Text: "Leave"},
			},
		}
		if daysLeft(x.Secret, s.Now()) < 30 {
			choice.Picked = 2
		}
		i, err := s.UI.Choose(ctx, choice)
		switch {
		case errors.Is(err, ErrBack), err == nil && i == 4:
			return nil
		case err != nil:
			return err
		case i == 0:
			err = s.from(ctx, testStep, testStep)
		case i == 1:
			err = s.from(ctx, palStep, palStep)
		case i == 2:
			s.renew = true
			err = s.from(ctx, secretStep, secretStep)
			s.renew = false
		case i == 3:
			err = s.change(ctx)
		}
		if err != nil && !errors.Is(err, ErrBack) {
			return err
		}
	}
}

// standing says how long the secret lasts and what became of the last test.
func (s *session) standing() string {
	text := "Secret " + describeSecret(s.setup.Secret, s.Now()) + "."
	if daysLeft(s.setup.Secret, s.Now()) < 30 {
		text = "**Secret " + describeSecret(s.setup.Secret, s.Now()) + ". Mail stops that day.**"
	}
	switch t := s.setup.LastTest; t.Arrived {
	case "yes":
		text += fmt.Sprintf("\nLast test %s, arrived.", day(t.At))
	case "":
		text += fmt.Sprintf("\nLast test %s, accepted; nobody has said whether it arrived.", day(t.At))
	}
	if old := s.setup.Old; !old.Value.IsZero() && old.Expires.After(s.Now()) {
		text += fmt.Sprintf("\nThe old secret %s still works: delete its row, %s, when PAL sends with the new one.", describeSecret(old, s.Now()), old.Description)
	}
	return text
}

// change reopens one step; what depends on a changed answer is asked again after it.
func (s *session) change(ctx context.Context) error {
	x := &s.setup
	notes := []string{
		describeStart(x), describeMode(x), describeRegister(x.ClientID), describeSecret(x.Secret, s.Now()),
		permissionNote(x), describePAL(x), "to " + x.LastTest.To,
	}
	choice := Choice{Frame: s.frame("change", PhaseNone, ""), Title: "Which answer?", Why: "What depends on a changed answer is proved again."}
	for i, st := range sequence {
		choice.Options = append(choice.Options, Option{Text: st.title, Note: notes[i]})
	}
	i, err := s.UI.Choose(ctx, choice)
	if err != nil {
		return err
	}
	return s.from(ctx, i, i)
}

func describeMode(x *store.Setup) string {
	if x.Mode == store.ModeSignIn {
		return "signed in as " + x.SignedInAs
	}
	return "guided through the portal"
}

func permissionNote(x *store.Setup) string {
	if x.LimitedByExchange {
		return "limited by Exchange"
	}
	return "Mail.Send granted"
}
