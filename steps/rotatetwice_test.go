package steps

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
	"palmail/steps/progress"
	"palmail/store"
)

// A slow directory, in which the matrix below happens.
var slow = sandbox.Weather{AppDelay: 30 * time.Second, SecretDelay: 30 * time.Second}

// death is when a run ends: at a point, from 1, or behind it; never at 0.
type death struct {
	at     int
	behind bool
}

func (d death) fate() *fate { return &fate{die: d.at, behind: d.behind} }

// matrixStep is how coarsely the second kill goes through the points; each first
// kill begins at another offset, so that together they meet all of them. With
// PALMAIL_MATRIX=full, as in CI, it is ten times as fine.
func matrixStep() int {
	if fullMatrix() {
		return 17
	}
	return 170
}

// fullMatrix says whether the matrices that take minutes are run whole.
func fullMatrix() bool { return os.Getenv("PALMAIL_MATRIX") == "full" }

// A rotation is killed twice: at one point of the first run, and at one of the
// restart, minutes or moments later, with a directory that lags by 30 seconds all the
// time, and with another program's secret in front. The third start finishes. At
// every moment the record and PAL have a secret that works.
func TestRotationKilledTwice(t *testing.T) {
	t.Parallel()
	step := matrixStep()
	for _, mode := range modes {
		first := pointsOf(t, mode, death{})
		runs, second, kills := 0, 0, 0
		for n := range first {
			for _, behind := range []bool{false, true} {
				one := death{n + 1, behind}
				restart := pointsOf(t, mode, one)
				second = max(second, len(restart))
				for m := (2*n + boolInt(behind)) % step; m < len(restart); m += step {
					for _, finish := range []bool{true, false} {
						runs++
						two := death{m + 1, (m+n)%2 == 0}
						name := fmt.Sprintf("%s %s, then %s finish %v", mode, where(first[n], behind),
							where(restart[m], two.behind), finish)
						t.Run(name, func(t *testing.T) {
							synctest.Test(t, func(t *testing.T) {
								kills += rotationKilledTwice(t, mode, one, two, finish)
							})
						})
					}
				}
			}
		}
		t.Logf("%s: %d points, up to %d in the restart, %d runs with a lag of 30 s, %d kills", mode, len(first),
			second, runs, kills)
		if runs < 50 || kills < runs {
			t.Errorf("only %d runs with %d kills", runs, kills)
		}
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func where(point string, behind bool) string {
	if behind {
		return "behind " + point
	}
	return "before " + point
}

// slowly is a finished setup in the slow tenant, with another program's secret.
func slowly(t *testing.T, mode string) (*world, store.Setup, string) {
	w, x := begin(t, mode)
	id := w.foreign(t, x.ClientID)
	time.Sleep(time.Hour)
	w.tenant.SetWeather(slow)
	return w, x, id
}

// pointsOf are the points of a run; of the restart, when one kills the run before.
func pointsOf(t *testing.T, mode string, one death) (points []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w, x, _ := slowly(t, mode)
		o := newOffice(t, w, x.Secret.Value)
		f := one.fate()
		_, _ = o.visit(f, "rotate", nil)
		if one.at > 0 {
			f = &fate{}
			again := newOffice(t, w, o.pal)
			again.answerHome(t, true)
			_, _ = again.visit(f, "", nil)
		}
		points = f.points
	})
	return points
}

// answerHome chooses what the home screen offers for what was begun.
func (o *office) answerHome(t *testing.T, finish bool) (renewed bool) {
	t.Helper()
	x, err := o.w.store.Load(context.Background(), "default")
	if err != nil {
		t.Fatal(err)
	}
	o.picks["old-row"], o.picks["rotate-unproved"] = nil, []string{"Undo"}
	switch {
	case progress.Undoing(&x):
		o.picks["home"] = []string{"Undo", "esc"}
	case progress.Rotating(&x) && finish:
		o.picks["home"], renewed = []string{"Finish", "esc"}, true
	case progress.Rotating(&x):
		o.picks["home"] = []string{"Undo", "esc"}
	case !x.Old.Value.IsZero():
		o.picks["home"], renewed = []string{"Delete the old", "esc"}, true
	case len(progress.LostSecrets(&x)) > 0:
		o.picks["home"], renewed = []string{"Remove a lost", "esc"}, true
	case finish:
		o.picks["home"], renewed = []string{"Renew", "esc"}, true
	default:
		o.picks["home"] = []string{"esc"}
	}
	return renewed
}

func rotationKilledTwice(t *testing.T, mode string, one, two death, finish bool) (kills int) {
	w, first, foreign := slowly(t, mode)
	o := newOffice(t, w, first.Secret.Value)
	for i, f := range []*fate{one.fate(), two.fate(), {}} {
		f.check = func(where string) { guard(t, w, o, fmt.Sprint("run ", i+1, ": ", where)) }
		start := "rotate"
		if i > 0 {
			o = newOffice(t, w, o.pal)
			o.answerHome(t, finish || i == 1)
			start = ""
		}
		// The guard signs in with the old secret too, which the log then shows.
		o.picks["old-servers"] = slices.Repeat([]string{"Yes"}, 9)
		_, err := o.visit(f, start, nil)
		if f.dead {
			kills++
			guard(t, w, o, "after a kill")
		} else if err != nil {
			t.Fatalf("run %d ended with %v\n%v", i+1, err, o.seen)
		}
	}
	time.Sleep(5 * time.Minute)
	x := w.record(t)
	var working []string
	for _, s := range []store.Secret{x.Secret, x.Pending, x.Old} {
		if w.works(&x, s.Value) {
			working = append(working, s.Hint)
		}
	}
	left := w.secretsOf(x.ClientID)
	switch {
	case len(working) == 0 || !w.works(&x, o.pal):
		t.Errorf("the record knows %v, PAL has %s; %v", working, o.pal.Hint(), o.seen)
	case !slices.Contains(left, foreign):
		t.Errorf("another program's secret is gone: %v", o.seen)
	case progress.Rotating(&x) || !x.Old.Value.IsZero() || x.Removing != "":
		t.Errorf("left over: pending %q, old %q, intent %+v, removing %q; %v", x.Pending.Hint, x.Old.Hint, x.Intent, x.Removing, o.seen)
	case mode == store.ModeSignIn && len(left) != 2:
		t.Errorf("%d secrets in the tenant, want 2; %s", len(left), strings.Join(o.seen, " "))
	}
	return kills
}

// Each answer is lost once, or given as a gateway's fault after the call was
// carried out, with the same lag and the same other program.
func TestRotationLosesAnswersInASlowDirectory(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		calls := 0
		synctest.Test(t, func(t *testing.T) {
			w, first, _ := slowly(t, mode)
			w.tenant.Intercept(func(c sandbox.Call) sandbox.Outcome { calls = c.N; return sandbox.Outcome{} })
			if _, err := newOffice(t, w, first.Secret.Value).visit(&fate{}, "rotate", nil); err != nil {
				t.Fatal(err)
			}
		})
		runs := 0
		for n := 1; n <= calls; n++ {
			for _, how := range []sandbox.Outcome{{Lost: true}, {Status: 504, Done: true}, {Status: 503, RetryAfter: "2"}} {
				runs++
				t.Run(fmt.Sprint(mode, " ", n, " ", how.Status), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						w, first, foreign := slowly(t, mode)
						o := newOffice(t, w, first.Secret.Value)
						w.tenant.Intercept(func(c sandbox.Call) sandbox.Outcome {
							if c.N == n {
								return how
							}
							return sandbox.Outcome{}
						})
						if _, err := o.visit(&fate{}, "rotate", nil); err != nil {
							t.Fatalf("%v\n%v", err, o.seen)
						}
						time.Sleep(5 * time.Minute)
						settled(t, w, o, first, settlement{renewed: true})
						if left := w.secretsOf(first.ClientID); len(left) != 2 || !slices.Contains(left, foreign) {
							t.Errorf("left %v, foreign %s; %v", left, foreign, o.seen)
						}
					})
				})
			}
		}
		t.Logf("%s: %d calls, %d runs with a lag of 30 s", mode, calls, runs)
	}
}
