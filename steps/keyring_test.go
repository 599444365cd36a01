package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
	"palmail/steps/progress"
	"palmail/store"
)

// trouble is a store that fails as it is told to.
type trouble struct {
	*store.Memory
	claimed            int
	probe, load, claim error
	save               func(n int) error
	saves              int
	slow               time.Duration
}

func (s *trouble) Probe(context.Context) error { return s.probe }

func (s *trouble) Load(ctx context.Context, profile string) (store.Setup, error) {
	if s.load != nil {
		return store.Setup{}, s.load
	}
	return s.Memory.Load(ctx, profile)
}

func (s *trouble) Claim(ctx context.Context, profile string) (func(context.Context) error, error) {
	if s.claim != nil {
		return nil, s.claim
	}
	release, err := s.Memory.Claim(ctx, profile)
	s.claimed++
	return func(ctx context.Context) error {
		s.claimed--
		return release(ctx)
	}, err
}

func (s *trouble) Save(ctx context.Context, profile string, x *store.Setup) error {
	s.saves++
	if s.slow > 0 {
		if err := pause(ctx, s.slow); err != nil {
			return err
		}
	}
	if s.save != nil {
		if err := s.save(s.saves); err != nil {
			return err
		}
	}
	return s.Memory.Save(ctx, profile, x)
}

func (w *world) runOn(st Store, s *script) (End, error) {
	s.on("test", turn{fill: map[string]string{"to": "admin@agency.gov"}})
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	s.leave = cancel
	return Run(ctx, Env{UI: s, Store: st, Memory: func() Store { return store.NewMemory() }, M365: m365Options(w),
		Profile: "default", Portal: portal{w.tenant}, Now: time.Now})
}

// Without a usable keyring the admin is told before anything is asked, with
// the remedy, and may go on in memory to the very end.
func TestNoKeyring(t *testing.T) {
	for _, cause := range []error{
		store.ErrNoSessionBus, store.ErrNoProvider, store.ErrLocked, store.ErrTimeout, store.ErrNoLogonSession,
		store.ErrBlocked, store.ErrNotKept, store.ErrUnsupported, errors.New("something new"),
	} {
		t.Run(cause.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{})
				s := newScript(t).on("keyring", turn{pick: 0}, turn{pick: 1})
				end, err := w.runOn(&trouble{Memory: store.NewMemory(), probe: fmt.Errorf("probing: %w", cause)}, s)
				if err != nil {
					t.Fatal(err)
				}
				if s.seen[0] != "keyring" || s.seen[1] != "keyring" {
					t.Errorf("the keyring was not spoken of first: %v", s.seen)
				}
				f := s.choices["keyring"].Finding
				if f == nil || f.Title == "" || len(f.Remedy) == 0 || f.Who == "" {
					t.Errorf("finding %+v", f)
				}
				if end.Place != "" || progress.Next(&end.Setup) != progress.Finished {
					t.Errorf("place %q, setup %+v", end.Place, end.Setup)
				}
				if out := progress.Summary(&end.Setup, progress.SummaryContext{
					Place: end.Place, Now: time.Now(),
				}); !strings.Contains(out, "Nothing was kept") {
					t.Errorf("the summary does not say that nothing was kept:\n%s", out)
				}
			})
		})
	}
}

func TestUnreadableRecords(t *testing.T) {
	for name, tc := range map[string]struct {
		load, claim error
		pick        []turn
		screen      string
		want        error
	}{
		"newer": {load: store.ErrNewer, screen: "newer", want: store.ErrNewer},
		"damaged leave": {
			load: store.ErrDamaged, screen: "unreadable", pick: []turn{{pick: 1}}, want: store.ErrDamaged,
		},
		"in use": {
			claim: &store.InUseError{
				PID: 7, Host: "here", Since: time.Now(),
			}, screen: "in-use", pick: []turn{{pick: 0}, {pick: 1}}, want: store.ErrInUse,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{})
				s := newScript(t).on(tc.screen, tc.pick...)
				st := &trouble{Memory: store.NewMemory(), load: tc.load, claim: tc.claim}
				_, err := w.runOn(st, s)
				if !errors.Is(err, tc.want) {
					t.Errorf("%v, want %v", err, tc.want)
				}
				if st.claimed != 0 {
					t.Errorf("the profile is still claimed")
				}
				if st.saves != 0 || s.seen[0] != tc.screen {
					t.Errorf("%d saves, screens %v", st.saves, s.seen)
				}
			})
		})
	}
	t.Run("elsewhere", func(t *testing.T) {
		f := StoreFinding(&store.InUseError{PID: 7, Host: "there", Since: time.Now(), Elsewhere: true}, "memory", "p")
		if !strings.Contains(f.Explanation, "another computer or another container") {
			t.Error(f.Explanation)
		}
	})
	t.Run("take over", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			s := newScript(t).on("in-use", turn{pick: 2})
			st := &trouble{Memory: store.NewMemory(), claim: &store.InUseError{PID: 7, Host: "here", Since: time.Now()}}
			if _, err := w.runOn(st, s); err != nil {
				t.Error(err)
			}
		})
	})
}

// A keyring that fails at any one save asks what to do and loses nothing.
func TestEverySaveMayFail(t *testing.T) {
	count := 0
	synctest.Test(t, func(t *testing.T) {
		st := &trouble{Memory: store.NewMemory()}
		if _, err := newWorld(t, sandbox.Options{}).runOn(st, newScript(t)); err != nil {
			t.Fatal(err)
		}
		count = st.saves
	})
	if count < 8 {
		t.Fatalf("only %d saves: the answers are not kept at once", count)
	}
	for n := 1; n <= count; n++ {
		for _, pick := range []int{0, 1} {
			synctest.Test(t, func(t *testing.T) {
				st := &trouble{Memory: store.NewMemory(), save: func(i int) error {
					if i == n {
						return store.ErrLocked
					}
					return nil
				}}
				s := newScript(t).on("not-kept", turn{pick: pick}, turn{pick: pick})
				end, err := newWorld(t, sandbox.Options{}).runOn(st, s)
				if err != nil || progress.Next(&end.Setup) != progress.Finished {
					t.Errorf("save %d, option %d: %v, next %s, %v", n, pick, err, progress.Next(&end.Setup), s.seen)
				}
			})
		}
	}
}

// A keyring that waits for a person to unlock it is said to do so.
func TestSlowKeyringIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &trouble{Memory: store.NewMemory(), slow: 10 * time.Second}
		s := newScript(t)
		if _, err := newWorld(t, sandbox.Options{}).runOn(st, s); err != nil {
			t.Fatal(err)
		}
		if !s.said("Waiting for the keyring") || !s.said("another screen") {
			t.Errorf("nothing was said: %v", s.seen)
		}
	})
}
