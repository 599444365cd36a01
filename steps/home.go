package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/steps/progress"
	"palmail/store"
)

const homeHelp = "" +
	"This is what palmail keeps about this PAL, and what it finds at Microsoft right now. The proofs " +
	"send nothing; they come in while you can already choose.\n\n" +
	"The choice that is most urgent is picked for you: renewing the secret in its last 30 days, " +
	"finishing what was begun, or the way out of what is found to be wrong."

// renewalDays is how many days before its end a secret should be renewed.
const renewalDays = 30

// freshProofs is how long the results of checks are shown again before the
// checks are repeated.
const freshProofs = 2 * time.Minute

// action is one thing to do on the home screen.
type action struct {
	Option
	run func(*session, context.Context) error
}

// errDone ends the home screen.
var errDone = errors.New("done")

// proofs are what the last check found.
type proofs struct {
	at     time.Time
	report CheckReport
}

// home is the first screen of a setup that works, or has worked.
func (s *session) home(ctx context.Context) error {
	s.atHome = true
	for {
		if err := s.warnOfClock(ctx); err != nil {
			return err
		}
		actions := s.actions()
		choice := s.homeChoice(actions)
		picked, err := s.choose(ctx, choice)
		switch {
		case errors.Is(err, ErrBack):
			return nil
		case err != nil:
			return err
		}
		revision := s.setup.Revision
		err = actions[optionAt(choice.Options, picked)].run(s, ctx)
		if s.setup.Revision != revision {
			s.proved = proofs{} // what was found before a change says nothing about what is there now
		}
		switch {
		case errors.Is(err, errDone):
			return nil
		case err != nil && !errors.Is(err, ErrBack) && !errors.Is(err, errGivenUp):
			return err
		}
	}
}

func (s *session) homeChoice(actions []action) Choice {
	x := &s.setup
	c := Choice{
		Frame: s.frame("home", PhaseNone, homeHelp),
		Title: s.homeTitle(),
		Why:   s.setupLine(), Headline: s.headline(), Bar: secretBar(x.Secret, s.Now()),
		Text: s.reminders(), Footer: s.footer(),
	}
	for _, a := range actions {
		c.Options = append(c.Options, a.Option)
	}
	urgent := progress.Rotating(x) || !progress.ReadyToTest(x) || urgent(x.Secret, s.Now())
	switch stage := x.Limit.Stage; {
	case urgent:
	case stage == store.LimitGranted, stage == store.LimitAlone: // begun, and not proved
		c.prefer(actionLimit)
	default:
		c.prefer(actionTest)
	}
	copied := *x
	c.Check = func(ctx context.Context, report Report) Outlook {
		r := s.runChecks(ctx, &copied, report)
		o := Outlook{Picked: -1}
		for _, item := range r.Checks {
			if item.Finding == nil || item.OK {
				continue
			}
			f := explainAsChanged(*item.Finding, &copied)
			o.Finding = &f
			// Without its app or principal a secret can be neither renewed nor finished.
			appGone := item.Finding.Cause == diagnose.CauseAppUnknown ||
				item.Finding.Cause == diagnose.CauseAppWithoutServicePrincipal
			if !urgent || item.Name == "secret" || appGone {
				o.Picked = optionAt(c.Options, s.mendingAction(item))
			}
			break
		}
		return o
	}
	return c
}

func (s *session) homeTitle() string {
	if !progress.ReadyToTest(&s.setup) && !progress.Rotating(&s.setup) {
		return "PAL is to send as " + s.setup.Mailbox
	}
	return "PAL sends as " + s.setup.Mailbox
}

// Keys of what can be done on the home screen.
const (
	actionFinish    = "finish-secret"
	actionGiveUp    = "undo-secret"
	actionResume    = "resume"
	actionRenew     = "renew-secret"
	actionTest      = "test"
	actionPAL       = "pal"
	actionDeleteOld = "delete-old"
	actionChange    = "change"
	actionCheck     = "check"
	actionLimit     = "limit"
	actionReport    = "report"
	actionRevoke    = "revoke-secret"
	actionForget    = "forget"
	actionLeave     = "leave"
)

// actions lists what the admin can do, the most important first.
func (s *session) actions() []action {
	x := &s.setup
	var all []action
	add := func(key, text, note string, run func(*session, context.Context) error) {
		all = append(all, action{Option{Key: key, Text: text, Note: note}, run})
	}
	ready := progress.ReadyToTest(x)
	switch {
	case progress.Rotating(x):
		if !progress.Undoing(x) {
			add(actionFinish, "Finish the new secret", "check it and put it into PAL", (*session).rotateHere)
		}
		add(actionGiveUp, "Undo the new secret", s.undoNote(), (*session).giveUpHere)
	case !ready:
		next := progress.Next(x)
		add(actionResume, "Go on with the set-up", "next: "+progress.NextTitle(x), resumeAt(next))
	default:
		add(actionRenew, "Renew the secret", "the old one works until PAL has the new one", (*session).rotateHere)
	}
	if progress.Rotating(x) || ready {
		add(actionTest, "Send a test mail", "", resumeAt(progress.Test))
		add(actionPAL, "Show the PAL settings again", "", (*session).palAgain)
	}
	if !progress.Rotating(x) && !x.Old.Value.IsZero() {
		add(actionDeleteOld, "Delete the old secret", x.Old.Hint+"…, "+progress.Lasts(x.Old, s.Now()),
			(*session).removeOldHere)
	}
	if !progress.Rotating(x) && x.Old.Value.IsZero() && len(progress.LostSecrets(x)) > 0 {
		add(actionDeleteOld, "Remove a lost secret", "nobody knows its value", (*session).removeOldHere)
	}
	add(actionChange, "Change an answer", "", (*session).changeAnswer)
	add(actionCheck, "Check everything", "each proof anew, with what it says", (*session).checkHere)
	if progress.Rotating(x) || ready {
		add(actionLimit, "Limit to this mailbox", progress.LimitNote(x), (*session).limitHere)
	}
	if progress.Leaked(x) != nil {
		add(actionRevoke, "The secret leaked", "delete it now, then create a new one", (*session).revokeHere)
	}
	add(actionReport, "Report and history", "for the change record", (*session).showReport)
	add(actionForget, "Forget this profile", "", (*session).forget)
	add(actionLeave, "Leave", "", func(*session, context.Context) error { return errDone })
	return all
}

// resumeAt goes on with the setup at a stage, and not before it.
func resumeAt(stage progress.Stage) func(*session, context.Context) error {
	return func(s *session, ctx context.Context) error { return s.from(ctx, stage, stage) }
}

// setupLine names the organisation, cloud, app and keyring in one line.
func (s *session) setupLine() string {
	x := &s.setup
	var parts []string
	for _, p := range []string{
		x.Organisation, s.cloud().Label, "app " + s.appName() + " " + shortID(x.ClientID), "kept in " + s.Store.Place(),
	} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " · ")
}

// shortID is an ID as far as one recognises it by.
func shortID(id string) string {
	if len(id) != 36 {
		return id
	}
	return id[:4] + "…" + id[32:]
}

// urgent says whether the secret has ended or is about to.
func urgent(x store.Secret, now time.Time) bool {
	return !x.Expires.IsZero() && progress.DaysLeft(x, now) < renewalDays
}

func (s *session) headline() Verdict {
	x, now := &s.setup, s.Now()
	days := progress.DaysLeft(x.Secret, now)
	switch {
	case progress.Rotating(x):
		return warn("**A new secret is waiting: finish or undo.** PAL's is %s.", progress.Describe(x.Secret, now))
	case !progress.ReadyToTest(x):
		return warn("**Not finished: %s comes next.** The secret: %s.",
			progress.NextTitle(x), progress.Lasts(x.Secret, now))
	case x.Secret.Expires.IsZero():
		return Verdict{State: Right, Text: "Secret " + x.Secret.Hint + "…, end unknown"}
	case days < 0:
		return wrong("**The secret has expired on %s.** PAL cannot send.", progress.Day(x.Secret.Expires))
	case days < renewalDays:
		when := fmt.Sprintf("in %d days", days)
		if days < 2 {
			when = [...]string{"today", "tomorrow"}[days]
		}
		return warn("**The secret expires %s, on %s.** Mail stops that day.", when, progress.Day(x.Secret.Expires))
	}
	return Verdict{State: Right, Text: "The secret lasts until " + progress.Day(x.Secret.Expires) + "."}
}

// secretBar shows how much of a secret's life is over.
func secretBar(x store.Secret, now time.Time) Bar {
	of := int(progress.Midnight(x.Expires).Sub(progress.Midnight(x.Created)) / (24 * time.Hour))
	if x.Expires.IsZero() || x.Created.IsZero() || of <= 0 {
		return Bar{}
	}
	left := max(progress.DaysLeft(x, now), 0)
	b := Bar{
		Done: min(max(of-left, 0), of), Of: of, State: Right,
		Text: fmt.Sprintf("%s…  %d of %d days left", x.Hint, left, of),
	}
	switch {
	case left == 0 && !x.Expires.After(now):
		b.State = Wrong
	case left < renewalDays:
		b.State = Warn
	}
	return b
}

// reminders name what is still to be done: a waiting or an old secret.
func (s *session) reminders() string {
	x := &s.setup
	if progress.Rotating(x) {
		return s.waiting()
	}
	if x.Old.Value.IsZero() && len(progress.LostSecrets(x)) > 0 {
		return "A secret was created and the answer was lost. Nobody knows its value. Choose **Remove a lost secret**."
	}
	if x.Old.Value.IsZero() {
		return ""
	}
	if x.Removing != "" {
		return fmt.Sprintf("palmail was deleting the old secret %s… when it ended. Choose **Delete the old secret**: it "+
			"checks whether that is done.", x.Old.Hint)
	}
	if !progress.Alive(x.Old, s.Now()) {
		return fmt.Sprintf("The old secret %s… has expired; its row, %s, can go.", x.Old.Hint, x.Old.Description)
	}
	return fmt.Sprintf("▲ The old secret still works as well: %s. Delete it now that PAL sends with the new one.",
		progress.Describe(x.Old, s.Now()))
}

// waiting says how far the new secret has got.
func (s *session) waiting() string {
	x := &s.setup
	switch {
	case progress.Undoing(x):
		return fmt.Sprintf("palmail was deleting the new secret %s… when it ended. Undo finishes that.", x.Pending.Hint)
	case x.Pending.Value.IsZero():
		return "A secret was being made and the answer was lost. Nobody knows its value; palmail removes it when you " +
			"finish or undo."
	case x.PendingShown.IsZero():
		return fmt.Sprintf("New: %s. PAL does not have it yet.", progress.Describe(x.Pending, s.Now()))
	}
	return fmt.Sprintf("New: %s. It was shown for PAL on %s, so PAL may have it.",
		progress.Describe(x.Pending, s.Now()), progress.Day(x.PendingShown))
}

// footer says when it last worked and who set it up.
func (s *session) footer() string {
	x := &s.setup
	var parts []string
	if t := x.LastTest; !t.At.IsZero() {
		how := map[string]string{
			"yes": "arrived", "no": "not seen in the inbox", "": "accepted; nobody has said whether it arrived",
		}[t.Arrived]
		if !t.Accepted {
			how = "not accepted"
		}
		parts = append(parts, "Last test "+progress.Day(t.At)+", "+how)
	}
	if x.Limit.Stage == store.LimitProved {
		parts = append(parts, progress.LimitLine(x))
	}
	if x.Mode == store.ModeSignIn && x.SignedInAs != "" {
		parts = append(parts, "set up by "+x.SignedInAs)
	}
	if n := len(x.History); n > 0 && x.History[n-1].What != store.EventTested {
		e := x.History[n-1]
		parts = append(parts, "last: "+progress.EventText(e.What)+" "+progress.Day(e.At))
	}
	return strings.Join(parts, " · ")
}
