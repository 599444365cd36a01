package steps

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
	"palmail/steps/progress"
	"palmail/store"
)

var modes = []string{store.ModeSignIn, store.ModePortal}

// A rotation from beginning to end, and its undoing after the hand-off and after everything.
func TestRotate(t *testing.T) {
	for _, mode := range modes {
		for name, tc := range map[string]struct {
			picks   map[string][]string
			renewed bool
		}{
			"to the end": {nil, true},
			"PAL does not send": {
				map[string][]string{"rotate-sends": {"No"}, "rotate-sends-not": {"Show", "Yes"}}, true,
			},
			"undone at the end":     {map[string][]string{"rotate-sends": {"Go back"}}, false},
			"undone after the swap": {map[string][]string{"old-secret": {"Go back"}}, false},
		} {
			t.Run(mode+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, first := begin(t, mode)
					o := newOffice(t, w, first.Secret.Value)
					if tc.picks != nil {
						o.picks = tc.picks
					}
					f := &fate{}
					f.check = func(where string) { guard(t, w, o, where) }
					if _, err := o.visit(f, "rotate", nil); err != nil {
						t.Fatalf("%v\n%v", err, o.seen)
					}
					settled(t, w, o, first, settlement{renewed: tc.renewed, alone: true})
					if v, ok := o.notices["rotate-pal"]; !ok || len(v.Values) != 1 ||
						v.Values[0].Label != "Secret Key" {
						t.Errorf("handed over %+v", v.Values)
					}
				})
			})
		}
	}
}

// kill is a process that is killed at a point, and what the next start does.
type kill struct {
	mode   string
	at     int  // the point, from 1
	behind bool // behind the point, not in front of it
	finish bool // the next start finishes what was begun, or else undoes it
}

// The process is killed before and after every write and every call of a
// rotation. The next start offers to finish or to undo, and either works.
func TestKilledAnywhere(t *testing.T) {
	for _, mode := range modes {
		var points []string
		synctest.Test(t, func(t *testing.T) {
			w, first := begin(t, mode)
			f := &fate{}
			if _, err := newOffice(t, w, first.Secret.Value).visit(f, "rotate", nil); err != nil {
				t.Fatal(err)
			}
			points = f.points
		})
		ended := map[string]int{}
		for n := range points {
			for _, behind := range []bool{false, true} {
				for _, finish := range []bool{true, false} {
					name := fmt.Sprintf("%s %d %s behind %v finish %v", mode, n+1, points[n], behind, finish)
					t.Run(name, func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							ended[killedOnce(t, kill{mode, n + 1, behind, finish})]++
						})
					})
				}
			}
		}
		writes := len(slices.DeleteFunc(slices.Clone(points), func(p string) bool {
			return !strings.HasPrefix(p, "write")
		}))
		t.Logf("%s: %d points (%d writes, %d calls), killed before and behind each, finished and undone: %d runs; "+
			"the next start offered %v",
			mode, len(points), writes, len(points)-writes, 4*len(points), ended)
		if len(points) < 12 || writes < 5 {
			t.Errorf("only these points: %v", points)
		}
	}
}

// The same for a rotation that is undone, before and after the new secret is in
// use: killed anywhere, finished or undone by the next start.
func TestKilledWhileUndoing(t *testing.T) {
	for _, mode := range modes {
		for name, picks := range map[string]map[string][]string{
			"before the swap": {"rotate-sends": {"Go back"}},
			"after the swap":  {"old-secret": {"Go back"}},
		} {
			var points []string
			from := 0
			synctest.Test(t, func(t *testing.T) {
				w, first := begin(t, mode)
				f := &fate{}
				o := newOffice(t, w, first.Secret.Value)
				o.picks = maps.Clone(picks)
				asked := slices.Collect(maps.Keys(picks))[0]
				o.asked = func(screen string) {
					if screen == asked {
						from = f.n
					}
				}
				if _, err := o.visit(f, "rotate", nil); err != nil {
					t.Fatal(err)
				}
				points = f.points
			})
			runs := 0
			for n := from + 1; n <= len(points); n++ {
				for _, behind := range []bool{false, true} {
					for _, finish := range []bool{true, false} {
						runs++
						t.Run(fmt.Sprintf("%s %s %d %s behind %v finish %v", mode, name, n, points[n-1], behind,
							finish), func(t *testing.T) {
							synctest.Test(t, func(t *testing.T) {
								killedUndoing(t, picks, kill{mode, n, behind, finish})
							})
						})
					}
				}
			}
			t.Logf("%s, undone %s: %d points, %d runs", mode, name, len(points)-from, runs)
			if len(points)-from < 3 {
				t.Errorf("only these points: %v", points[from:])
			}
		}
	}
}

func killedUndoing(t *testing.T, picks map[string][]string, k kill) {
	w, first := begin(t, k.mode)
	o := newOffice(t, w, first.Secret.Value)
	o.picks = maps.Clone(picks)
	f := &fate{die: k.at, behind: k.behind}
	f.check = func(where string) { guard(t, w, o, where) }
	_, _ = o.visit(f, "rotate", nil)
	guard(t, w, o, "after the kill")
	x, err := w.store.Load(context.Background(), "default")
	if err != nil {
		t.Fatal(err)
	}
	again := newOffice(t, w, o.pal)
	renewed := k.finish
	switch {
	case progress.Undoing(&x): // it may be deleted already: only undoing is offered
		again.picks["home"], renewed = []string{"Undo", "esc"}, false
	case progress.Rotating(&x) && k.finish:
		again.picks["home"], again.picks["rotate-unproved"] = []string{"Finish", "esc"}, []string{"Undo"}
		renewed = w.works(&x, x.Pending.Value) // else it was removed already, and only undoing is left
	case progress.Rotating(&x):
		again.picks["home"] = []string{"Undo", "esc"}
	case !x.Old.Value.IsZero() && k.finish:
		again.picks["home"] = []string{"Delete the old", "esc"}
	case !x.Old.Value.IsZero():
		again.picks["home"], again.picks["old-secret"] = []string{"Delete the old", "esc"}, []string{"Go back"}
	default:
		renewed = false
		again.picks["home"] = []string{"esc"}
	}
	g := &fate{}
	g.check = func(where string) { guard(t, w, again, "again: "+where) }
	if _, err := again.visit(g, "", nil); err != nil {
		t.Fatalf("the next start ended with %v\n%v\n%v", err, o.seen, again.seen)
	}
	settled(t, w, again, first, settlement{renewed: renewed, alone: k.mode == store.ModeSignIn})
}

// killedOnce kills one rotation at one point and goes on from there. It returns
// what the next start offered.
func killedOnce(t *testing.T, k kill) string {
	w, first := begin(t, k.mode)
	o := newOffice(t, w, first.Secret.Value)
	f := &fate{die: k.at, behind: k.behind}
	f.check = func(where string) { guard(t, w, o, where) }
	if _, err := o.visit(f, "rotate", nil); err == nil && !k.behind {
		t.Errorf("it did not die: %v", o.seen)
	}
	guard(t, w, o, "after the kill")
	time.Sleep(time.Hour)

	x, err := w.store.Load(context.Background(), "default")
	if err != nil {
		t.Fatal(err)
	}
	again := newOffice(t, w, o.pal)
	offered, renewed := "renew", k.finish
	switch {
	case progress.Rotating(&x) && k.finish:
		offered, again.picks["home"] = "finish or undo", []string{"Finish", "esc"}
	case progress.Rotating(&x):
		offered, again.picks["home"] = "finish or undo", []string{"Undo", "esc"}
	case !x.Old.Value.IsZero() && (k.finish || x.Removing != ""):
		renewed = true // it may be deleted already: there is no way back to it any more
		offered, again.picks["home"] = "delete the old", []string{"Delete the old", "esc"}
	case !x.Old.Value.IsZero():
		offered, again.picks["home"] = "delete the old", []string{"Delete the old", "esc"}
		again.picks["old-secret"] = []string{"Go back"}
		renewed = !w.works(&x, x.Old.Value) // deleted already: there is no way back any more
	case !x.Secret.Value.Equal(first.Secret.Value):
		offered, renewed, again.picks["home"] = "nothing", true, []string{"esc"} // it was all done
	case k.finish:
		again.picks["home"] = []string{"Renew", "esc"}
	default:
		again.picks["home"] = []string{"esc"}
	}
	g := &fate{}
	g.check = func(where string) { guard(t, w, again, "again: "+where) }
	if _, err := again.visit(g, "", nil); err != nil {
		t.Fatalf("the next start ended with %v\n%v\n%v", err, o.seen, again.seen)
	}
	if again.seen[0] != "home" {
		t.Errorf("it opened at %s", again.seen[0])
	}
	// What was pasted and not kept any more is a row that palmail cannot know.
	settled(t, w, again, first, settlement{renewed: renewed, alone: k.mode == store.ModeSignIn})
	return offered
}

// The answer to each call of a rotation is lost once, without a kill.
func TestRotationLosesEachAnswer(t *testing.T) {
	total := 0
	for _, mode := range modes {
		calls := 0
		synctest.Test(t, func(t *testing.T) {
			w, first := begin(t, mode)
			w.tenant.LoseCall(func(string, string, int) bool { calls++; return false })
			if _, err := newOffice(t, w, first.Secret.Value).visit(&fate{}, "rotate", nil); err != nil {
				t.Fatal(err)
			}
		})
		for n := 1; n <= calls; n++ {
			t.Run(fmt.Sprint(mode, " ", n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, first := begin(t, mode)
					o := newOffice(t, w, first.Secret.Value)
					lost := ""
					count := 0
					w.tenant.LoseCall(func(method, path string, _ int) bool {
						if count++; count == n {
							lost = method + " " + path
							return true
						}
						return false
					})
					_, err := o.visit(&fate{}, "rotate", nil)
					w.tenant.LoseCall(nil)
					if err != nil {
						t.Fatalf("%s: %v\n%v", lost, err, o.seen)
					}
					guard(t, w, o, lost)
					settled(t, w, o, first, settlement{renewed: true, alone: true})
				})
			})
		}
		total += calls
	}
	t.Logf("%d answers were lost, one in each run", total)
}

// The keyring fails at each write of a rotation, once and for good. The new
// secret is kept after all, shown, or removed, and the screen says which.
func TestRotationWhenTheKeyringFails(t *testing.T) {
	total := 0
	for _, mode := range modes {
		writes := 0
		synctest.Test(t, func(t *testing.T) {
			w, first := begin(t, mode)
			count := func(n int) error { writes = n; return nil }
			if _, err := newOffice(t, w, first.Secret.Value).visit(&fate{}, "rotate", count); err != nil {
				t.Fatal(err)
			}
		})
		for n := 1; n <= writes; n++ {
			for _, how := range []string{"once", "Show", "Remove"} {
				total++
				t.Run(fmt.Sprint(mode, " ", n, " ", how), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { keyringFailsAt(t, mode, n, how) })
				})
			}
		}
	}
	t.Logf("the keyring failed in %d ways", total)
}

func keyringFailsAt(t *testing.T, mode string, n int, how string) {
	w, first := begin(t, mode)
	o := newOffice(t, w, first.Secret.Value)
	o.picks["secret-not-kept"] = []string{how}
	if how != "once" {
		o.picks["rotate-not-kept"] = []string{"Leave"}
		o.picks["refused"] = []string{"Leave"}
	} else {
		o.picks["secret-not-kept"] = []string{"Try"}
	}
	failed := 0
	_, err := o.visit(&fate{}, "rotate", func(i int) error {
		if i == n || i > n && how != "once" {
			failed++
			return store.ErrLocked
		}
		return nil
	})
	if failed == 0 {
		t.Fatal("it never failed")
	}
	guard(t, w, o, "after the failure")
	if how == "once" {
		if err != nil {
			t.Fatalf("%v\n%v", err, o.seen)
		}
		settled(t, w, o, first, settlement{renewed: true, alone: true})
		return
	}
	x, loadErr := w.store.Load(t.Context(), "default")
	if loadErr != nil {
		t.Fatal(loadErr)
	}
	app, _ := w.tenant.AppWithID(x.ClientID)
	stored := len(app.Secrets) == 1 || !x.Pending.Value.IsZero() || !x.Old.Value.IsZero()
	asked := slices.Contains(o.seen, "secret-not-kept")
	switch {
	case !stored && !asked:
		t.Errorf("the new secret was lost without a word: %v", o.seen)
	case asked && how == "Remove":
		if len(app.Secrets) != 1 || !slices.Contains(o.seen, "rotate-undone") {
			t.Errorf("%d secrets, screens %v", len(app.Secrets), o.seen)
		}
	case asked:
		if !strings.Contains(o.notices["rotate-pal"].Text, "did not keep") || !slices.Contains(o.seen, "old-stays") ||
			len(app.Secrets) != 2 {
			t.Errorf("%q, %d secrets, screens %v", o.notices["rotate-pal"].Text, len(app.Secrets), o.seen)
		}
	}
}

// Replication, throttling and lost answers are waited out.
func TestRotateInEveryWeather(t *testing.T) {
	for _, mode := range modes {
		for _, name := range []string{"usual", "rough"} {
			t.Run(mode+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, first := begin(t, mode)
					weather, _ := sandbox.WeatherNamed(name)
					w.tenant.SetWeather(weather)
					o := newOffice(t, w, first.Secret.Value)
					_, err := o.visit(&fate{}, "rotate", nil)
					w.tenant.SetWeather(sandbox.Calm())
					if err != nil {
						t.Fatalf("%v\n%v", err, o.seen)
					}
					settled(t, w, o, first, settlement{renewed: true, alone: true})
				})
			})
		}
	}
}
