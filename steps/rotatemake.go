package steps

import (
	"context"
	"errors"
	"fmt"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/secret"
	"palmail/steps/progress"
	"palmail/store"
)

// makeNew makes the new secret, by signing in or in the portal, unless it is there.
func (s *session) makeNew(ctx context.Context) error {
	if !s.setup.Pending.Value.IsZero() {
		return nil
	}
	c := Choice{
		Frame: s.frame("rotate", PhaseSecret, rotateHelp),
		Title: "Renew the secret",
		Why:   "The old one keeps working until you say that PAL sends with the new one.",
		Text:  "Now: " + progress.Describe(s.setup.Secret, s.Now()) + ".",
		Options: []Option{
			{Key: optionSignIn, Text: "Sign in and let palmail make it", Note: "needs an administrator's account"},
			{Key: optionPortal, Text: "Make it in the portal", Note: "you do it, palmail checks it"},
		},
	}
	if s.setup.Mode == store.ModePortal {
		c.prefer(optionPortal)
	}
	for {
		picked, err := s.choose(ctx, c)
		if err != nil {
			return err
		}
		err = errPortal
		if picked == optionSignIn {
			err = s.makeSigned(ctx)
		}
		if errors.Is(err, errPortal) {
			err = s.makeInPortal(ctx)
		}
		if !errors.Is(err, ErrBack) || !s.setup.Pending.Value.IsZero() {
			return err
		}
		c.prefer(picked)
	}
}

// administrator returns the administrator of this run, and asks them to sign in
// if nobody has yet.
func (s *session) administrator(ctx context.Context) (*m365.Admin, error) {
	if s.admin == nil {
		admin, err := s.signIn(ctx)
		if err != nil {
			return nil, err
		}
		s.admin = admin
	}
	return s.admin, nil
}

// makeSigned makes the secret with an administrator's account, after a yes.
func (s *session) makeSigned(ctx context.Context) error {
	p := &plan{}
	for {
		admin, err := s.administrator(ctx)
		if err != nil {
			return err
		}
		if p.app.ObjectID == "" {
			again, err := s.confirmNew(ctx, admin, p)
			switch {
			case err != nil:
				return err
			case again:
				continue
			}
		}
		kept := true
		err = s.UI.Work(ctx, Work{
			Frame: s.frame("rotate-make", PhaseSecret, rotateHelp), Title: "Making a new secret",
			Why: "Beside the old one, which is not touched.",
			Run: func(ctx context.Context, report Report) (err error) {
				ap := &applier{session: s, admin: admin, plan: p, report: report}
				made, value, err := ap.addSecret(ctx)
				if err != nil {
					return err
				}
				s.setup.Mode = store.ModeSignIn
				kept = ap.saveAsPending(ctx, made, value) == nil
				if kept {
					report(Task{Key: "kept", State: Right, Text: "Kept it in " + s.Store.Place()})
				}
				return ctx.Err()
			},
		})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil && kept:
			return nil
		case err == nil:
			return s.notKept(ctx)
		case m365.SignedOut(err):
			s.admin = nil
			continue
		}
		again := false
		if errors.Is(err, errNotKept) {
			again, err = s.askAfterFailure(ctx, "The keyring refused it, so nothing was made",
				StoreFinding(err, s.Store.Place(), s.Profile))
		} else {
			again, err = s.refused(ctx, p, refusals{secret: err})
		}
		if err != nil || !again {
			return err
		}
	}
}

// confirmNew reads the app, shows what will be done to it, and asks for a yes.
// again means that somebody has to sign in first, or that it is to be read again.
func (s *session) confirmNew(ctx context.Context, admin *m365.Admin, p *plan) (again bool, err error) {
	err = s.UI.Work(ctx, Work{
		Frame: s.frame("rotate-look", PhaseSecret, rotateHelp), Title: "Looking at the app",
		Why: "Nothing is changed by that.",
		Run: func(ctx context.Context, report Report) error {
			return (&applier{session: s, admin: admin, plan: p, report: report}).lookForApp(ctx)
		},
	})
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case m365.SignedOut(err):
		s.admin = nil
		return true, nil
	case err != nil:
		return s.askAfterFailure(ctx, "The app cannot be read", s.explain(err, time.Time{}))
	}
	picked, err := s.choose(ctx, Choice{
		Frame: s.frame("rotate-plan", PhaseSecret, rotateHelp),
		Title: "This is what palmail will do",
		Why: fmt.Sprintf("In the tenant %s (%s), as %s.", s.setup.TenantID, s.cloud().Label,
			admin.Account().Username),
		Text: s.newSecretLines(p),
		Options: []Option{
			{Key: optionYes, Text: "Yes, do it"},
			{Key: optionPortal, Text: "No, make it in the portal"},
		},
	})
	if err == nil && picked == optionPortal {
		err = errPortal
	}
	return false, err
}

// newSecretLines has the one change that a new secret is, and what stays beside it.
func (s *session) newSecretLines(p *plan) string {
	text := fmt.Sprintf("Will be done:\n  1  make a client secret for %s, until %s\n\nIs there and stays:\n",
		p.app.Name, progress.Day(p.expires))
	current, known := rowOfSecret(p.app.Secrets, s.setup.Secret)
	for _, x := range p.app.Secrets {
		note := ""
		switch {
		case known && x.KeyID == current.KeyID:
			note = ", which PAL uses"
		case !knowsSecret(&s.setup, x.KeyID):
			note = ", which palmail does not know and never touches"
		}
		text += fmt.Sprintf("  ·  the secret %s (%s…), until %s%s\n",
			x.Description, x.Hint, progress.Day(x.End), note)
	}
	return text + "\nThe old one is deleted only after you have said that PAL sends with the new one, and you are " +
		"asked again then."
}

// lookForApp reads the app that gets the secret, and how long the tenant lets one live.
func (ap *applier) lookForApp(ctx context.Context) error {
	err := concurrently(ctx,
		task(ap.report, "The app in the tenant", func(ctx context.Context) (err error) {
			ap.plan.app, err = ap.admin.AppByClientID(ctx, ap.setup.ClientID)
			return err
		}),
		task(ap.report, "Rules for secrets", func(ctx context.Context) (err error) {
			ap.plan.policy, err = ap.admin.SecretPolicy(ctx)
			return err
		}),
	)
	if err != nil {
		return err
	}
	ap.plan.expires = ap.plan.secretEnd(ap.serverNow())
	ap.setup.AppObjectID = ap.plan.app.ObjectID
	return nil
}

// makeInPortal leads through the portal's part. What is pasted is kept as
// pending before it is proved.
func (s *session) makeInPortal(ctx context.Context) error {
	opened := s.Now()
	description := s.newDescription()
	shown := store.Secret{Description: description}
	app, link, current, old := s.appName(), s.links().Secrets, s.setup.Secret.Value, s.setup.Old.Value
	var unkept error
	a, err := s.UI.Fill(ctx, Page{
		Frame: s.frame("rotate-secret", PhaseSecret, portalHelp(secretHelp, secretLabels)),
		Title: "Create a new client secret",
		Why:   s.sentTo("Beside the old one: leave that where it is. Microsoft shows the new value only once."),
		Guide: func(a Answers) []Instruction { return secretGuide(a, description, app, link, opened) },
		Fields: []Field{
			expiresField(shown),
			{Key: "date", Label: "End date", Hint: opened.AddDate(0, 0, 180).Format(dateLayouts[0]),
				Shape: dateShape(opened),
				Shown: func(a Answers) bool { return a.Get("expires") == anotherDate }},
			{Key: "secret", Label: "New secret value", Hint: "paste the Value here", Kind: SecretField,
				Shape: func(text string, a Answers) Verdict {
					switch v := secret.New(text); {
					case v.Equal(current):
						return wrong("This is the secret that PAL uses now. Paste the **Value** of the new one.")
					case v.Equal(old):
						return wrong("This is the old secret. Paste the **Value** of the new one.")
					}
					return s.secretShape(text, a)
				}},
		},
		Check: func(ctx context.Context, a Answers, report Report) Verdict {
			s.holdSecret(a, shown, opened)
			if unkept = s.save(ctx); unkept != nil && ctx.Err() == nil {
				s.Log.Warn("could not keep the new secret yet", "err", unkept)
				report(Task{
					Key: "kept", State: Warn,
					Text: "The keyring has not kept it yet; you are asked what to do when you go on.",
				})
			}
			v, proved := s.proveSecret(ctx, a.Secret("secret"), report)
			s.rotation.proved = !proved.IsZero()
			return v
		},
		Actions:  []Action{signInstead},
		Practice: s.practiceSecret(description, opened),
	})
	if err != nil {
		s.withdrawSecret(ctx, a, s.rotation.proved)
		return err // what was pasted and stays in the field waits as pending
	}
	if a.Action != "" && !s.rotation.proved {
		s.setup.Pending = store.Secret{}
		return s.makeSigned(ctx)
	}
	s.note(store.EventCreated, "", "")
	if s.rotation.proved {
		s.note(store.EventProved, "", "")
	}
	if unkept = s.saveBetweenScreens(ctx); unkept != nil {
		return s.notKept(ctx)
	}
	return nil
}

// notKept deals with a new secret that exists and that the keyring did not
// take: it is kept after all, shown for hand-off, or removed again.
func (s *session) notKept(ctx context.Context) error {
	for {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		err := s.saveBetweenScreens(ctx)
		if err == nil {
			return nil
		}
		f := StoreFinding(err, s.Store.Place(), s.Profile)
		picked, chose := s.choose(ctx, Choice{
			Frame: s.frame("secret-not-kept", PhaseSecret, rotateHelp),
			Title: "The new secret exists, but the keyring did not keep it", Finding: &f,
			Text: fmt.Sprintf("It is %s (%s…). The old secret is untouched, and PAL goes on sending with it.",
				s.setup.Pending.Description, s.setup.Pending.Hint),
			Options: []Option{
				{Key: optionRetry, Text: "Try to keep it again"},
				{Key: "show", Text: "Show it, to put it into PAL now", Note: "it is gone when palmail ends"},
				{Key: "remove", Text: "Remove it again", Note: "then everything is as before"},
			},
		})
		switch {
		case errors.Is(chose, ErrBack):
		case chose != nil:
			return chose
		case picked == "show":
			s.rotation.notSaved = true
			return nil
		case picked == "remove":
			s.rotation.notSaved = true
			return s.giveUp(ctx)
		}
	}
}

// stillWorks signs in with the secret that is to stay, before another is deleted.
func (s *session) stillWorks(ctx context.Context, report Report, value secret.Value) (*diagnose.Finding, error) {
	return s.retry(ctx, report, retryTask{
		task: "Signing in with the secret that stays", done: "The secret that stays works",
		failed: "The secret that stays does not work",
		limit:  30 * time.Second, changed: s.Now(), try: func(ctx context.Context) error {
			return s.tokenWith(ctx, value)
		},
		retryable: func(f diagnose.Finding) bool { return f.Retry || f.Cause == diagnose.CauseSecretWrong },
	})
}
