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

const limitHelp = "" +
	"Mail.Send, granted in Entra, lets the app send as any mailbox of the tenant. RBAC for Applications " +
	"in Exchange Online grants the same for chosen mailboxes only. What both grant adds up, so the " +
	"consent in Entra goes once Exchange's grant is at work.\n\n" +
	"Exchange takes 30 minutes to act on a change, and up to two hours for an app in use. You can leave " +
	"meanwhile: palmail goes on from here.\n\n" +
	"The proof asks twice, as this mailbox and as another one, with a mail that has no recipient. " +
	"Nothing can be delivered by that. The first must be allowed, the second refused."

// exchangeCacheTTL is how long Exchange takes at most to act on a changed grant, for an
// app in use; 30 minutes for one that makes no calls
// (https://learn.microsoft.com/exchange/permissions-exo/application-rbac#limitations).
const exchangeCacheTTL = 2 * time.Hour

// limit narrows Mail.Send to the one mailbox, from wherever an earlier run has
// left it. ErrBack says that the admin has gone back to where they came from.
func (s *session) limit(ctx context.Context) error {
	switch s.setup.Limit.Stage {
	case store.LimitProved:
		return s.limitMenu(ctx)
	case store.LimitUndoing:
		return s.clearExchange(ctx)
	}
	stages := []stage{
		{limitAbout, (*session).aboutLimit},
		{limitOther, (*session).otherMailbox},
		{limitExchange, (*session).grantByExchange},
		{limitConsent, (*session).takeConsent},
		{limitProof, (*session).proveLimit},
	}
	first := stageAt(stages, s.limitStage())
	for i := first; i < len(stages); {
		err := stages[i].run(s, ctx)
		switch {
		case errors.Is(err, errConsentBack):
			i = stageAt(stages, limitConsent)
		case errors.Is(err, ErrBack) && i == 0:
			return ErrBack
		case errors.Is(err, ErrBack) && i == first:
			first, i = i-1, i-1
		case errors.Is(err, ErrBack):
			i--
		case err != nil:
			return err
		default:
			if err := s.saveOrAsk(ctx); err != nil {
				return err
			}
			if i++; s.setup.LimitedByExchange {
				i = max(i, stageAt(stages, s.limitStage())) // only the proof is missing
			}
		}
	}
	return nil
}

// The stages of a limit.
const (
	limitAbout    = "about"
	limitOther    = "other-mailbox"
	limitExchange = "exchange"
	limitConsent  = "consent"
	limitProof    = "proof"
)

// limitStage is the name of the stage at which the limit goes on.
func (s *session) limitStage() string {
	x := &s.setup
	switch {
	case x.Limit.Other == "" && x.LimitedByExchange:
		return limitOther // somebody else has limited it; only the proof is missing
	case x.Limit.Stage == store.LimitAlone, x.LimitedByExchange:
		return limitProof
	case x.Limit.Stage == store.LimitGranted:
		return limitConsent
	case x.Limit.Other != "":
		return limitExchange
	}
	return limitAbout
}

// limitAt notes how far the limit has got.
func (s *session) limitAt(stage, event string) {
	s.setup.Limit.Stage, s.setup.Limit.At = stage, s.Now().UTC()
	s.note(event, "", "")
}

// offerLimit asks once, after the set-up has sent its test mail, whether to go
// on with the limit. In memory only there is nothing that could go on later.
func (s *session) offerLimit(ctx context.Context) error {
	x := &s.setup
	if s.memory || x.LimitedByExchange || x.Limit.Stage != "" || !progress.Test.Done(x) {
		return nil
	}
	picked, err := s.choose(ctx, Choice{
		Frame: s.frame("limit-offer", PhaseNone, limitHelp),
		Title: "PAL can send. Limit it to this mailbox?",
		Why: "Now, whoever holds the secret can send as any mailbox of the tenant. Exchange can limit that to " +
			x.Mailbox + ", and palmail can prove it.",
		Text: "It takes an Exchange administrator some minutes, and up to two hours of waiting in which you can " +
			"leave. **palmail limit** does it at any time.",
		Options: []Option{
			{Key: optionNo, Text: "Not now", Note: "the home screen offers it again"},
			{Key: optionYes, Text: "Limit it"},
		},
		Optional: true,
	})
	switch {
	case errors.Is(err, ErrBack), err == nil && picked == optionNo:
		return nil
	case err != nil:
		return err
	}
	return ignoreBack(s.limit(ctx))
}

func (s *session) aboutLimit(ctx context.Context) error {
	picked, err := s.choose(ctx, Choice{
		Frame: s.frame("limit-about", PhaseNone, limitHelp),
		Title: "Limit Mail.Send to one mailbox",
		Why:   "Now, whoever holds the secret can send as any mailbox of the tenant.",
		Text: "In this order, so that mail does not stop:\n" +
			"  1  An Exchange administrator runs a script that palmail writes. Exchange then lets the app send as **" +
			s.setup.Mailbox + "**.\n" +
			"  2  When that is at work, the consent in Entra is taken back.\n" +
			"  3  palmail proves it: this mailbox may send, another may not.\n\n" +
			"It takes minutes of work and up to two hours of waiting, in which you can leave. It can be undone.",
		Options: []Option{{Key: optionYes, Text: "Begin"}, {Key: optionNo, Text: "Not now"}},
	})
	if err == nil && picked == optionNo {
		err = ErrBack
	}
	return err
}

// otherMailbox asks for the mailbox that must be refused, and sees that it is
// one: a refusal says nothing about a mailbox that does not exist.
func (s *session) otherMailbox(ctx context.Context) error {
	value := s.setup.Limit.Other
	if value == "" && !strings.EqualFold(s.setup.AdminAddress, s.setup.Mailbox) {
		value = s.setup.AdminAddress
	}
	mailbox := s.setup.Mailbox
	a, err := s.UI.Fill(ctx, Page{
		Frame: s.frame("limit-other", PhaseNone, limitHelp),
		Title: "Which mailbox must be refused?",
		Why:   "The proof needs a second mailbox of the tenant, for instance your own. No mail goes from it or to it.",
		Fields: []Field{{
			Key: "other-mailbox", Label: "Second mailbox", Hint: "you@" + domainOf(mailbox), Value: value,
			Shape: func(text string, a Answers) Verdict {
				if strings.EqualFold(text, mailbox) {
					return wrong("This is the mailbox that PAL sends from. Take any other.")
				}
				return addressShape(text, a)
			},
		}},
		Check: func(ctx context.Context, a Answers, report Report) Verdict {
			return s.probeBeforeLimit(ctx, a.Get("other-mailbox"), report)
		},
	})
	if err != nil {
		return err
	}
	s.setup.Limit.Other = a.Get("other-mailbox")
	return nil
}

// probeBeforeLimit asks whether the app may send as the second mailbox while nothing
// is limited yet, so that a later refusal can only come from the limit.
func (s *session) probeBeforeLimit(ctx context.Context, other string, report Report) Verdict {
	var x limitProbe
	f, err := s.retry(ctx, report, retryTask{
		task: "Asking whether the app may send as " + other + " today", done: "Asked whether the app may send as " +
			other + " today",
		failed: "Nobody says whether the app may send as " + other, limit: 20 * time.Second,
		try: func(ctx context.Context) (err error) {
			if x, err = s.askBoth(ctx, other); err == nil && !isRefusal(x.other) {
				err = x.other
			}
			return err
		},
	})
	switch {
	case err != nil:
		return Verdict{}
	case f == nil:
		return x.beforeLimit(other)
	case offline(*f):
		v := warn("%s. It is asked again at the proof.", f.Title)
		v.Finding = f
		return v
	}
	return verdict(f)
}

// beforeLimit says what the probe means while nothing is limited yet: whether
// the app can send as the second mailbox.
func (x limitProbe) beforeLimit(other string) Verdict {
	switch {
	case olderPolicy(x.other):
		v := warn("**An older access policy refuses %s already.** ctrl+d says what that means here.", other)
		v.Finding = legacyFinding(other)
		return v
	case x.other != nil:
		return right("The app may not send as %s already.", other)
	case !x.role:
		return warn("The app may send as %s though no token says so: "+
			"Exchange's scope has more than one mailbox in it.", other)
	}
	return right("The app may send as %s today. That is what will end.", other)
}

// legacyFinding explains the older way of limiting an app, which palmail
// recognises and makes no new one of
// (https://learn.microsoft.com/exchange/permissions-exo/application-rbac#migration-from-application-access-policies).
func legacyFinding(other string) *diagnose.Finding {
	return &diagnose.Finding{
		Cause: diagnose.CauseMailboxOutOfScope, Title: "An Application Access Policy limits this app already",
		Explanation: "Exchange refused " + other + " by such a policy. That is the older way: it works together with " +
			"the consent in Entra, and keeps on working. Microsoft says to make no new ones.",
		Remedy: []string{
			"To keep the policy, go back: nothing has to be done, and the consent has to stay.",
			"To move to RBAC for Applications, go on here. The policy then has to go last, when the limit is at " +
				"work: Get-ApplicationAccessPolicy shows it, Remove-ApplicationAccessPolicy removes it.",
		},
		Who: "An Exchange Administrator", Link: "https://learn.microsoft.com/exchange/permissions-exo/application-rbac",
	}
}
