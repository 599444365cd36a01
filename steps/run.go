package steps

import (
	"context"
	"errors"
	"slices"

	"palmail/steps/progress"
	"palmail/store"
)

// ErrLeave is returned by Run when the admin chose to stop for now: what is
// known is kept, and the next start goes on from there.
var ErrLeave = errors.New("left before the end")

// step asks for one progress.Stage of the setup.
type step struct {
	stage progress.Stage
	phase Phase
	run   func(*session, context.Context) error
}

// sequence has a step for each of progress.Stages, in the same order. It is set
// by init because the steps' own screens show how far the sequence has come.
var sequence []step

func init() {
	sequence = []step{
		{progress.Start, PhaseNone, (*session).start},
		{progress.Way, PhaseNone, (*session).how},
		{progress.Register, PhaseRegister, (*session).register},
		{progress.Secret, PhaseSecret, (*session).secret},
		{progress.Permission, PhasePermission, (*session).permission},
		{progress.PAL, PhasePAL, (*session).pal},
		{progress.Test, PhaseTest, (*session).test},
	}
}

// stage is one part of a rotation or of a limit, by the name that the flow goes
// back to it by.
type stage struct {
	name string
	run  func(*session, context.Context) error
}

// stageAt is where the stage of this name stands.
func stageAt(stages []stage, name string) int {
	return slices.IndexFunc(stages, func(s stage) bool { return s.name == name })
}

// End is how a run ended.
type End struct {
	Setup store.Setup // as far as it is known
	Place string      // where it is kept; empty when nowhere
	// Profile is the one worked on: Env's, or the one picked from the list.
	Profile string
}

// Run leads through the setup from the first unfinished step to the end, and
// opens the home screen of a finished one. With nil, ErrLeave, ctx.Err() or what went
// wrong it returns in every case how far it got.
func Run(ctx context.Context, env Env) (End, error) {
	s := newSession(env)
	err := s.run(ctx)
	return End{Setup: s.setup, Place: s.place(), Profile: s.Profile}, err
}

func (s *session) run(ctx context.Context) error {
	if err := s.chooseProfile(ctx); err != nil {
		return err
	}
	release, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer s.release(ctx, release)
	if err := s.applyGiven(s.Given); err != nil {
		return err
	}
	return s.openStored(ctx)
}

// openStored opens the place that Start names, or the one that the setup has come to.
func (s *session) openStored(ctx context.Context) error {
	x := &s.setup
	ready := progress.ReadyToTest(x) || progress.Rotating(x)
	switch {
	case s.Start == "revoke", !x.Revoking.IsZero():
		err := s.revokeSecret(ctx)
		if errors.Is(err, ErrBack) {
			return s.openAgain(ctx)
		}
		return err
	case s.Start == "test" && ready && !progress.Rotating(x):
		return s.from(ctx, progress.Test, progress.Test)
	case s.Start == "limit" && ready:
		err := s.limit(ctx)
		if errors.Is(err, ErrBack) {
			return s.home(ctx)
		}
		return err
	case s.Start == "rotate" && ready:
		err := s.rotateOrFinish(ctx)
		if errors.Is(err, ErrBack) {
			return s.home(ctx)
		}
		return err
	case s.Start == "rotate" && !s.stored:
		return s.rotateUnknown(ctx)
	case progress.Rotating(x), s.stored && (progress.Next(x) == progress.Finished || progress.Reopened(x)):
		if err := s.home(ctx); err != nil || !progress.Reopened(x) {
			return err
		}
		return ErrLeave
	}
	if err := s.from(ctx, progress.Next(x), progress.Start); err != nil {
		return err
	}
	return s.offerLimit(ctx)
}

// openAgain opens the setup where it stands, after the admin went back from
// what the command line named.
func (s *session) openAgain(ctx context.Context) error {
	s.Start = ""
	return s.openStored(ctx)
}

// rotateOrFinish is how `palmail rotate` opens: a new secret that waits is
// finished or undone first.
func (s *session) rotateOrFinish(ctx context.Context) error {
	if !progress.Rotating(&s.setup) {
		return s.rotate(ctx)
	}
	c := Choice{
		Frame: s.frame("rotate-waiting", PhaseSecret, rotateHelp),
		Title: "A new secret is waiting: finish or undo", Text: s.waiting(),
		Options: []Option{
			{Key: "finish", Text: "Finish", Note: "check it and put it into PAL"},
			{Key: optionUndo, Text: "Undo", Note: s.undoNote()},
			{Key: optionLeave, Text: "Leave", Note: "nothing is changed"},
		},
	}
	if progress.Undoing(&s.setup) {
		c.Title, c.Options = "The new secret is being removed", c.Options[1:]
	}
	picked, err := s.choose(ctx, c)
	switch {
	case err != nil:
		return err
	case picked == "finish":
		return s.rotate(ctx)
	case picked == optionLeave:
		return ErrLeave
	}
	return ignoreGivenUp(s.undoOrFinish(ctx))
}

// undoOrFinish undoes the new secret, or finishes it when only that is left.
func (s *session) undoOrFinish(ctx context.Context) error {
	err := s.giveUp(ctx)
	if errors.Is(err, errHandOverAgain) {
		return s.rotate(ctx)
	}
	return err
}

func ignoreGivenUp(err error) error {
	if errors.Is(err, errGivenUp) {
		return nil
	}
	return err
}

// from runs the steps from first on to the end, skipping those that are done
// unless the admin comes back to them. Going back from the step floor returns
// ErrBack, except from the very first of a setup that has no home screen yet.
func (s *session) from(ctx context.Context, first, floor progress.Stage) error {
	lowest := placeOf(floor)
	defer func() { s.at, s.returning = "", false }()
	for i := placeOf(first); i < len(sequence); {
		s.at = sequence[i].stage
		err := s.runStep(ctx, sequence[i])
		var revisit *revisitError
		switch {
		case errors.As(err, &revisit):
			i, s.returning = placeOf(revisit.stage), true
			lowest = min(lowest, i)
			continue
		case errors.Is(err, ErrBack):
			before := s.stepBefore(i)
			if i <= lowest && (i > 0 || s.atHome) {
				return ErrBack
			}
			i, s.returning = max(before, lowest), true
			continue
		case err != nil:
			return err
		}
		s.returning = false
		if err := s.saveOrAsk(ctx); err != nil {
			return err
		}
		for i++; i < len(sequence) && sequence[i].stage.Done(&s.setup); i++ {
		}
	}
	return nil
}

// runStep runs a step, unless it needs an answer that nobody has given.
func (s *session) runStep(ctx context.Context, st step) error {
	if err := s.warnOfClock(ctx); err != nil {
		return err
	}
	if placeOf(st.stage) > placeOf(progress.Secret) && s.secretInUse().IsZero() {
		return &revisitError{progress.Secret}
	}
	return st.run(s, ctx)
}

// stepBefore is the step that going back from step i leads to. What palmail did
// itself by signing in has no page of its own: the question how to do it stands
// for all of it.
func (s *session) stepBefore(i int) int {
	i--
	if s.setup.Mode != store.ModeSignIn {
		return i
	}
	for i > placeOf(progress.Way) && i < placeOf(progress.PAL) && sequence[i].stage.Done(&s.setup) {
		i--
	}
	return i
}

// placeOf is the place of a stage in the sequence; behind its end for Finished.
func placeOf(stage progress.Stage) int {
	for i, st := range sequence {
		if st.stage == stage {
			return i
		}
	}
	return len(sequence)
}
