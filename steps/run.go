package steps

import (
	"context"
	"errors"

	"palmail/store"
)

// ErrLeave is returned by Run when the admin chose to stop for now: what is
// known is kept, and the next start goes on from there.
var ErrLeave = errors.New("left before the end")

// step is one part of the setup.
type step struct {
	name  string // as in the next_step of status
	title string // as in Change an answer
	phase Phase
	done  func(*store.Setup) bool // it need not be asked again
	run   func(*session, context.Context) error
}

// The places in the sequence that the home screen opens directly.
const (
	registerStep   = 2
	secretStep     = 3
	permissionStep = 4
	palStep        = 5
	testStep       = 6
)

// sequence holds the steps in their order. It is set by init because the
// steps' own screens show how far the sequence has got.
var sequence []step

func init() {
	sequence = []step{
		{"start", "Mailbox, PAL address, tenant", PhaseNone, startDone, (*session).start},
		{"how", "Signing in or the portal", PhaseNone, howDone, (*session).how},
		{"register", "App registration", PhaseRegister, registerDone, (*session).register},
		{"secret", "Client secret", PhaseSecret, secretDone, (*session).secret},
		{"permission", "Permission", PhasePermission, permissionDone, (*session).permission},
		{"pal", "PAL settings", PhasePAL, palDone, (*session).pal},
		{"test", "Test mail", PhaseTest, testDone, (*session).test},
	}
}

func startDone(s *store.Setup) bool {
	return s.Mailbox != "" && s.PALURL != "" && s.TenantID != "" && s.Cloud != ""
}

func registerDone(s *store.Setup) bool {
	return s.ClientID != "" && !s.AppProved.IsZero()
}

func secretDone(s *store.Setup) bool {
	return !s.Secret.Value.IsZero() && !s.SecretProved.IsZero()
}

func permissionDone(s *store.Setup) bool { return !s.PermissionProved.IsZero() }

func palDone(s *store.Setup) bool { return !s.PALSaved.IsZero() }

func testDone(s *store.Setup) bool { return s.LastTest.Accepted && s.LastTest.Arrived != "no" }

// nextStep returns the index of the first step that is not done, len(sequence) when all are.
func nextStep(s *store.Setup) int {
	for i, st := range sequence {
		if !st.done(s) {
			return i
		}
	}
	return len(sequence)
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
	if err := s.take(s.Given); err != nil {
		return err
	}
	next := nextStep(&s.setup)
	switch {
	case s.Start == "test" && next >= testStep && !rotating(&s.setup):
		return s.from(ctx, testStep, testStep)
	case s.Start == "limit" && (next >= testStep || rotating(&s.setup)):
		err := s.limit(ctx)
		if errors.Is(err, ErrBack) {
			return s.home(ctx)
		}
		return err
	case s.Start == "rotate" && (next >= testStep || rotating(&s.setup)):
		err := s.renewed(ctx)
		if errors.Is(err, ErrBack) {
			return s.home(ctx)
		}
		return err
	case rotating(&s.setup), s.stored && (next == len(sequence) || reopened(&s.setup)):
		if err := s.home(ctx); err != nil || !reopened(&s.setup) {
			return err
		}
		return ErrLeave
	}
	if err := s.from(ctx, next, 0); err != nil {
		return err
	}
	return s.offerLimit(ctx)
}

// renewed is the rotation as its own command opens it: a new secret that waits
// is finished or undone first.
func (s *session) renewed(ctx context.Context) error {
	if !rotating(&s.setup) {
		return s.rotate(ctx)
	}
	i, err := s.UI.Choose(ctx, Choice{
		Frame: s.frame("rotate-waiting", PhaseSecret, rotateHelp),
		Title: "A new secret is waiting: finish or undo", Text: s.waiting(),
		Options: []Option{{Text: "Finish", Note: "prove it and hand it to PAL"}, {Text: "Undo", Note: s.undoNote()}, {Text: "Leave", Note: "nothing is changed"}},
	})
	switch {
	case err != nil:
		return err
	case i == 0:
		return s.rotate(ctx)
	case i == 2:
		return ErrLeave
	}
	return ignoreGivenUp(s.giveUp(ctx))
}

func ignoreGivenUp(err error) error {
	if errors.Is(err, errGivenUp) {
		return nil
	}
	return err
}

// from runs the steps from index i on to the end, skipping those that are
// done unless the admin comes back to them. Going back from the step floor
// returns ErrBack, except from the very first, which has nothing before it.
func (s *session) from(ctx context.Context, i, floor int) error {
	for i < len(sequence) {
		err := sequence[i].run(s, ctx)
		if errors.Is(err, ErrBack) {
			switch {
			case i > floor:
				i--
			case i > 0:
				return ErrBack
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := s.save(ctx); err != nil {
			return err
		}
		for i++; i < len(sequence) && sequence[i].done(&s.setup); i++ {
		}
	}
	return nil
}
