package steps

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"palmail/steps/progress"
	"palmail/store"
)

func (s *session) rotateHere(ctx context.Context) error {
	s.proved = proofs{}
	return s.rotate(ctx)
}

func (s *session) revokeHere(ctx context.Context) error {
	s.proved = proofs{}
	return s.revokeSecret(ctx)
}

func (s *session) giveUpHere(ctx context.Context) error {
	s.proved = proofs{}
	return s.undoOrFinish(ctx)
}

func (s *session) limitHere(ctx context.Context) error {
	s.proved = proofs{}
	return s.limit(ctx)
}

func (s *session) removeOldHere(ctx context.Context) error {
	s.proved = proofs{}
	s.rotation = &rotation{}
	defer func() { s.rotation = nil }()
	hint := s.setup.Old.Hint
	gone, err := s.lookAtOld(ctx)
	switch {
	case err != nil:
		return err
	case gone && len(progress.LostSecrets(&s.setup)) == 0:
		return s.UI.Show(ctx, Notice{
			Frame: s.frame("old-gone", PhaseSecret, rotateHelp), Title: "The old secret is already deleted",
			Text: "Microsoft refuses " + hint + "…. It stays: " + progress.Describe(s.setup.Secret, s.Now()) + ".",
		})
	}
	return s.removeOld(ctx)
}

// palAgain shows the four values; the one that PAL uses now.
func (s *session) palAgain(ctx context.Context) error {
	if err := s.pal(ctx); err != nil {
		return err
	}
	return s.saveOrAsk(ctx)
}

// changeAnswer reopens one step; what depends on a changed answer is asked again after it.
func (s *session) changeAnswer(ctx context.Context) error {
	x := &s.setup
	choice := Choice{
		Frame: s.frame("change", PhaseNone, ""), Title: "Which answer?",
		Why: "What depends on a changed answer is proved again.",
	}
	for _, st := range progress.Stages() {
		choice.Options = append(choice.Options, Option{Key: string(st), Text: st.Title(), Note: st.Note(x, s.Now())})
	}
	choice.prefer(string(s.failedStage()))
	picked, err := s.choose(ctx, choice)
	if err != nil {
		return err
	}
	stage := progress.Stage(picked)
	if stage == progress.Secret {
		return s.rotateHere(ctx)
	}
	s.proved = proofs{}
	return s.from(ctx, stage, stage)
}

// failedStage is the stage whose answer the last proofs found wrong, or the first.
func (s *session) failedStage() progress.Stage {
	asked := map[string]progress.Stage{
		"app": progress.Register, "permission": progress.Permission, "secret": progress.Secret,
	}
	for _, i := range s.proved.report.Checks {
		if stage, ok := asked[i.Name]; ok && !i.OK && !i.Skipped {
			return stage
		}
	}
	return progress.Start
}

// showReport shows what the change record gets, with the history.
func (s *session) showReport(ctx context.Context) error {
	text := progress.ChangeRecord(&s.setup, TenantOf(&s.setup), s.Now())
	n := Notice{
		Frame: s.frame("report", PhaseNone, ""), Title: "What is set up",
		Why:    "As Markdown, without a secret. palmail report prints it.",
		Values: []Value{{Label: "Report", Text: text}}, Submit: "go back",
	}
	if lines := progress.History(&s.setup); len(lines) > 0 {
		n.Text = "Last events, the newest first:\n" + strings.Join(lines, "\n")
	}
	return s.UI.Show(ctx, n)
}

// forget removes the profile from this computer, after a yes.
func (s *session) forget(ctx context.Context) error {
	text := "Nothing changes at Microsoft, and PAL goes on sending with the secret it has."
	if !s.setup.Secret.Expires.IsZero() {
		text += " Note the day on which that ends: **" + progress.Day(s.setup.Secret.Expires) + "**."
	}
	if progress.Rotating(&s.setup) {
		text += "\n**A new secret is waiting. Its value is lost with the profile.**"
	}
	picked, err := s.choose(ctx, Choice{
		Frame: s.frame("forget", PhaseNone, ""), Title: "Forget the profile " + s.Profile + "?",
		Why: "Its record is removed from " + s.Store.Place() + ".", Text: text,
		Options: []Option{{Key: optionNo, Text: "No, keep it"}, {Key: optionYes, Text: "Yes, forget it"}},
	})
	switch {
	case err != nil:
		return err
	case picked == optionNo:
		return ErrBack
	}
	if err := s.deleteRecord(ctx); err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("forgetting the profile: %w", err)
	}
	s.setup = store.Setup{}
	return errDone
}

// chooseProfile lists the profiles when there are several and none was named,
// with the soonest end on top.
func (s *session) chooseProfile(ctx context.Context) error {
	if s.Profiles == nil {
		return nil
	}
	var names []string
	err := s.withWaitScreen(ctx, s.keyringWork("Looking at the keyring"), keyringTask(),
		func(ctx context.Context) (err error) {
			names, err = s.Profiles(ctx)
			return err
		})
	if err != nil || len(names) < 2 {
		return ctx.Err() // what is wrong with the keyring is said when it is opened
	}
	type row struct {
		name, note string
		ends       time.Time
	}
	var rows []row
	for _, name := range names {
		r := row{name: name}
		x, err := s.Store.Load(ctx, name)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, store.ErrNotFound):
			continue
		case err != nil:
			r.note = "cannot be read"
		default:
			r.ends = x.Secret.Expires
			r.note = x.Mailbox + ", " + profileState(&x, s.Now())
		}
		rows = append(rows, r)
	}
	if len(rows) < 2 {
		return nil
	}
	sort.SliceStable(rows, func(i, j int) bool {
		a, b := rows[i].ends, rows[j].ends
		return !a.IsZero() && (b.IsZero() || a.Before(b))
	})
	c := Choice{
		Frame: Frame{Name: "profiles", Help: homeHelp}, Title: "Which PAL?",
		Why: "The secret that ends first is on top. palmail --profile NAME sets up another one.",
	}
	for _, r := range rows {
		c.Options = append(c.Options, Option{Key: r.name, Text: r.name, Note: r.note})
	}
	picked, err := s.choose(ctx, c)
	if errors.Is(err, ErrBack) {
		return ErrLeave
	}
	if err == nil {
		s.Profile = picked
	}
	return err
}

// profileState says in a few words how a profile stands.
func profileState(x *store.Setup, now time.Time) string {
	next := progress.Next(x)
	switch {
	case progress.Rotating(x):
		return "a new secret is waiting, " + progress.Lasts(x.Secret, now)
	case next != progress.Finished:
		return "not finished: " + next.Title()
	}
	return progress.Lasts(x.Secret, now)
}
