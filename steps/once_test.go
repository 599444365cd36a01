package steps

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
	"palmail/store"
)

// clocks are how far the tenant's clock is ahead of this computer's.
var clocks = []time.Duration{0, 9 * time.Minute, -9 * time.Minute}

// lagging is a directory whose changes take 30 s to be seen.
func lagging() sandbox.Weather {
	return sandbox.Weather{AppDelay: 30 * time.Second, SecretDelay: 30 * time.Second, ConsentDelay: 30 * time.Second}
}

// made counts what was created in the tenant, whatever became of it.
type made struct{ apps, principals, grants, secrets int }

func (m *made) add(n made) {
	m.apps, m.principals, m.grants, m.secrets = m.apps+n.apps, m.principals+n.principals, m.grants+n.grants,
		m.secrets+n.secrets
}

func madeIn(w *world) (m made) {
	for _, line := range w.tenant.Writes() {
		switch {
		case strings.HasPrefix(line, "create application "):
			m.apps++
		case strings.HasPrefix(line, "create servicePrincipal "):
			m.principals++
		case strings.HasPrefix(line, "grant "):
			m.grants++
		case strings.HasPrefix(line, "add secret "):
			m.secrets++
		}
	}
	return m
}

// once asserts that one app, one principal and one grant were ever created, and
// that one secret is left, which the record knows.
func once(t *testing.T, w *world, x store.Setup) made {
	t.Helper()
	m := madeIn(w)
	if m.apps != 1 || m.principals != 1 || m.grants != 1 {
		t.Errorf("%+v:\n%s", m, strings.Join(w.tenant.Writes(), "\n"))
	}
	if !madeApp(&x) || !strings.HasPrefix(x.AppUniqueName, "palmail-") && w.tenant.Rules().UniqueNameRefused == 0 {
		t.Errorf("made %q, adopted %v, unique name %q", x.Made, x.AppAdopted, x.AppUniqueName)
	}
	final(t, w, x)
	return m
}

// visitOnce is one run of palmail by an admin who signs in, with a fate. A run
// that was killed while it wrote can leave its claim, which outside of a test
// would be that of a process that has ended.
func visitOnce(t *testing.T, w *world, f *fate) (*office, End, error) {
	s := signer(t, w, "admin@agency.gov").on("home", turn{back: true}).on("in-use", turn{pick: 2})
	o := &office{script: s, w: w, picks: map[string][]string{}}
	end, err := o.visit(f, "", nil)
	return o, end, err
}

// The process is killed before and behind every write and every call, and once
// more while it is started again, in a directory that lags 30 s throughout and
// with clocks that differ by 9 minutes. Nothing is made twice.
func TestKilledTwice(t *testing.T) {
	t.Parallel()
	var first []string
	synctest.Test(t, func(t *testing.T) {
		f := &fate{}
		w := newWorld(t, sandbox.Options{Weather: lagging(), Seed: 61})
		if _, end, err := visitOnce(t, w, f); err != nil {
			t.Fatal(err)
		} else {
			once(t, w, end.Setup)
		}
		first = f.points
	})
	runs, seconds, all := 0, map[string]bool{}, made{}
	for at := range first {
		for _, behind := range []bool{false, true} {
			if !fullMatrix() && (2*at+boolInt(behind))%5 != 0 { // all with PALMAIL_MATRIX=full
				continue
			}
			second := (at*7+runs)%40 + 1 // a restart has about so many points
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Weather: lagging(), Seed: 61, ClockAhead: clocks[runs%3]})
				_, _, _ = visitOnce(t, w, &fate{die: at + 1, behind: behind})
				time.Sleep(3 * time.Second)
				f := &fate{die: second, behind: runs%4 < 2}
				_, _, _ = visitOnce(t, w, f)
				if f.dead {
					seconds[f.points[f.die-1]] = true
				}
				time.Sleep(3 * time.Second)
				o, end, err := visitOnce(t, w, &fate{})
				if err != nil {
					t.Fatalf("killed at %d %s behind %v, then at %d: %v\n%v", at+1, first[at], behind, f.die, err,
						o.seen)
				}
				all.add(once(t, w, end.Setup))
				if t.Failed() {
					t.Fatalf("killed at %d %s behind %v, then at %d of %v", at+1, first[at], behind, f.die, f.points)
				}
			})
			runs++
		}
	}
	t.Logf("%d points, %d runs of two kills, %d kinds of second deaths: made %+v", len(first), runs, len(seconds), all)
	if len(first) < 25 || len(seconds) < 15 {
		t.Errorf("only these points: %v, %v", first, seconds)
	}
}

// Two answers are lost in one run, in a calm and in a lagging directory, with
// clocks that differ by 9 minutes, and with and without unique names.
func TestTwoAnswersAreLost(t *testing.T) {
	t.Parallel()
	runs, all := 0, made{}
	for _, refused := range []int{0, 404, 405, 501} {
		for _, delay := range []time.Duration{0, 30 * time.Second} {
			for i, a := range writes {
				for j, b := range writes {
					synctest.Test(t, func(t *testing.T) {
						wx := lagging()
						wx.AppDelay, wx.SecretDelay, wx.ConsentDelay = delay, delay, delay
						w := newWorld(t, sandbox.Options{Weather: wx, Seed: 67, ClockAhead: clocks[(i+j+refused)%3]})
						w.tenant.SetRules(sandbox.Rules{UniqueNameRefused: refused})
						left := map[string]int{}
						left[a]++
						left[b]++
						w.tenant.LoseCall(func(method, path string, _ int) bool {
							for what := range left {
								if left[what] > 0 && (isWrite(method, path, what) || refused != 0 && what == upsert &&
									isWrite(method, path, "POST /applications")) {
									left[what]--
									return true
								}
							}
							return false
						})
						s := signer(t, w, "admin@agency.gov")
						end, err := w.run(s)
						if err != nil {
							t.Fatalf("%d %s %s %s: %v\n%v\n%s", refused, delay, a, b, err, s.seen, w.log.String())
						}
						all.add(once(t, w, end.Setup))
						if t.Failed() {
							t.Fatalf("%d %s %s %s", refused, delay, a, b)
						}
					})
					runs++
				}
			}
		}
	}
	t.Logf("%d runs: made %+v", runs, all)
}

// A 5xx on a call that creates something costs seconds, whether the call was
// carried out or not.
func TestWhatAServerErrorCosts(t *testing.T) {
	took := func(t *testing.T, what string, status int, done bool) (d time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{Seed: 71})
			hit := false
			w.tenant.Intercept(func(c sandbox.Call) sandbox.Outcome {
				if hit || !isWrite(c.Method, c.Path, what) {
					return sandbox.Outcome{}
				}
				hit = true
				return sandbox.Outcome{Status: status, Done: done}
			})
			start := time.Now()
			end, err := w.run(signer(t, w, "admin@agency.gov"))
			if err != nil || hit == (status == 0) && status != 0 {
				t.Fatal(err, hit)
			}
			d = time.Since(start)
			once(t, w, end.Setup)
		})
		return d
	}
	undisturbed := took(t, upsert, 0, false)
	for _, what := range writes {
		var costs []string
		for _, status := range []int{500, 502, 503, 504} {
			for _, done := range []bool{false, true} {
				cost := took(t, what, status, done) - undisturbed
				costs = append(costs, fmt.Sprint(cost.Round(100*time.Millisecond)))
				if cost > 5*time.Second {
					t.Errorf("%s: %d done %v costs %s", what, status, done, cost)
				}
			}
		}
		t.Logf("%-24s 500, 502, 503, 504, each not done and done: %s", what, strings.Join(costs, " "))
	}
}

// The kinds of a record that was left anywhere are told apart by the unique
// name alone: an app that has another one, or none, is never palmail's.
func TestIntendedApp(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	s := &session{setup: store.Setup{
		PALURL: "https://pal.agency.gov/app", Intent: store.Intent{
			Kind: store.IntentAppPost, Name: "PAL mail", At: now,
		},
	}}
	good := postedApp(now)
	if _, found := s.intendedApp(slices.Concat(good), nil); !found {
		t.Fatal("the app that was registered is not found")
	}
	for name, spoil := range spoilings {
		apps := postedApp(now)
		spoil(&apps[0])
		if _, found := s.intendedApp(apps, nil); found {
			t.Errorf("%s: taken for palmail's", name)
		}
	}
	if _, found := s.intendedApp(good, good); found {
		t.Error("an app that was there before is taken for palmail's")
	}
	for _, kind := range []string{store.IntentApp, store.IntentSecret, ""} {
		s.setup.Intent.Kind = kind
		if _, found := s.intendedApp(good, nil); found {
			t.Errorf("found with the intent %q", kind)
		}
	}
	s.setup.Intent = store.Intent{Kind: store.IntentAppPost, Name: "PAL mail"}
	if _, found := s.intendedApp(good, nil); found {
		t.Error("found though nobody knows since when")
	}
}

// A storm of 500, 502, 503 and 504 on the calls that create something, with the
// calls carried out or not, makes nothing twice.
func TestStormOfServerErrors(t *testing.T) {
	all := made{}
	for _, faults := range []int{4, 9} {
		for _, done := range []bool{false, true} {
			for _, seconds := range []int{0, 2} {
				synctest.Test(t, func(t *testing.T) {
					wx := lagging()
					wx.CreateFaults, wx.CreateFaultsDone, wx.FaultSeconds = faults, done, seconds
					w := newWorld(t, sandbox.Options{Seed: 107, Weather: wx})
					s := signer(t, w, "admin@agency.gov")
					end, err := w.run(s)
					if err != nil {
						t.Fatalf("%v\n%v\n%s", err, s.seen, w.log.String())
					}
					all.add(once(t, w, end.Setup))
				})
			}
		}
	}
	t.Logf("8 storms: made %+v", all)
}
