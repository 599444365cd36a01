package steps

import (
	"context"
	"errors"

	"palmail/steps/progress"
	"palmail/store"
)

// limitMenu offers what can be done with a limit that was proved.
func (s *session) limitMenu(ctx context.Context) error {
	for s.setup.Limit.Stage == store.LimitProved {
		picked, err := s.choose(ctx, Choice{
			Frame: s.frame("limit-home", PhaseNone, limitHelp),
			Title: "Limited to " + s.setup.Mailbox,
			Why: "Proved on " + progress.Day(s.setup.Limit.At) + ": this mailbox may send, " + s.setup.Limit.Other +
				" may not.",
			Options: []Option{
				{Key: "prove", Text: "Prove it again"},
				{Key: "repair", Text: "Put it right", Note: "the consent, the script, and the proof"},
				{Key: "script", Text: "Show the script again"},
				{Key: optionUndo, Text: "Undo the limit", Note: "the app may then send as any mailbox"},
				{Key: optionBack, Text: "Go back"},
			},
		})
		switch {
		case err != nil:
			return err
		case picked == "prove":
			err = s.proveLimit(ctx)
		case picked == "repair":
			s.setup.Limit.Stage, s.setup.LimitedByExchange = store.LimitGranted, false
			return s.limit(ctx)
		case picked == "script":
			if err = s.needPrincipal(ctx); err == nil {
				err = s.showScript(ctx, limitScript)
			}
		case picked == optionUndo:
			err = s.undoLimit(ctx)
		default:
			return nil
		}
		if err != nil && !errors.Is(err, ErrBack) && !errors.Is(err, errConsentBack) {
			return err
		}
	}
	return nil
}

// undoLimit gives the consent back first, so that mail goes on, and then hands
// over the script that removes what was made in Exchange.
func (s *session) undoLimit(ctx context.Context) error {
	picked, err := s.choose(ctx, Choice{
		Frame: s.frame("limit-undo", PhaseNone, limitHelp),
		Title: "Let the app send as any mailbox again?",
		Why: "First the consent in Entra is given back, so that mail goes on. Then a script takes away what was " +
			"made in Exchange.",
		Options: []Option{
			{Key: optionNo, Text: "No, keep the limit"},
			{Key: optionYes, Text: "Yes, undo it"},
		},
		Practice: s.practiceLimit("limit-undo"),
	})
	switch {
	case err != nil:
		return err
	case picked == optionNo:
		return ErrBack
	}
	gone, err := s.consentGone(ctx)
	if err == nil && gone {
		err = s.putBack(ctx, store.LimitUndoing)
	}
	if err != nil {
		return err
	}
	s.noteLimitGone(store.LimitUndoing)
	if err := s.saveOrAsk(ctx); err != nil {
		return err
	}
	return s.clearExchange(ctx)
}

// clearExchange hands the undo script over, and forgets the limit.
func (s *session) clearExchange(ctx context.Context) error {
	if err := s.needPrincipal(ctx); err != nil {
		return err
	}
	c := Choice{
		Frame: s.frame("limit-clear", PhaseNone, limitHelp),
		Title: "Take away what was made in Exchange",
		Why: "A script for an Exchange Administrator. Mail goes on with or without it: the consent in Entra is " +
			"back, and the app may send as any mailbox.",
		Options: []Option{
			{Key: scriptShow, Text: "Show the script", Note: "to read or copy it"},
			{Key: scriptWrite, Text: "Write it to a file", Note: "to run it, or send it on"},
			{Key: scriptHasRun, Text: "It has run"},
			{Key: optionLeave, Text: "Leave it there", Note: "it does no harm, and limits nothing"},
		},
		Practice: s.practiceLimit("limit-undo"),
	}
	if _, err := s.handScript(ctx, c, undoScript); err != nil {
		return err
	}
	s.setup.Limit = store.Limit{}
	s.note(store.EventUnlimited, "", "")
	s.proved = proofs{}
	return s.saveOrAsk(ctx)
}
