package steps

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/steps/progress"
	"palmail/store"
)

// The process is killed before and behind every write and every call of the
// undoing, and left before the second script. The next start ends it, mail
// goes on all the time, and the record knows which of the two grants is left.
func TestLimitUndoneWhereverItWasLeft(t *testing.T) {
	unlimit := func(t *testing.T, w *world, first store.Setup, f *fate, clear string) (End, error) {
		n := narrow(t, w, first)
		n.picks["limit-home"], n.picks["limit-undo"] = []string{"Undo"}, []string{"Yes"}
		n.picks["limit-clear"] = []string{clear}
		return n.visit(f, "limit")
	}
	prove := func(t *testing.T, mode string) (*world, store.Setup) {
		w := from(t, "limited "+mode, func(t *testing.T) *world {
			w, first := begin(t, mode)
			w.tenant.SetWeather(exchangeWeather(30*time.Minute, 2*time.Hour))
			if _, err := narrow(t, w, first).visit(&fate{}, "limit"); err != nil {
				t.Fatal(err)
			}
			return w
		})
		return w, w.record(t)
	}
	for _, mode := range modes {
		var points []string
		synctest.Test(t, func(t *testing.T) {
			w, first := prove(t, mode)
			f := &fate{}
			_, err := unlimit(t, w, first, f, "esc")
			x, _ := w.store.Load(t.Context(), "default")
			if x.Limit.Stage != store.LimitUndoing || x.LimitedByExchange ||
				!strings.Contains(progress.LimitNote(&x), "Exchange still has its part") {
				t.Errorf("left before the script: %v, the record says %+v", err, x.Limit)
			}
			points = f.points
			undo(t, w, first)
		})
		for at := range points {
			for _, behind := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %d %s behind %v", mode, at+1, points[at], behind), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						w, first := prove(t, mode)
						_, _ = unlimit(t, w, first, &fate{die: at + 1, behind: behind}, "Leave it")
						time.Sleep(time.Hour)
						x, err := w.store.Load(t.Context(), "default")
						if err != nil {
							t.Fatal(err)
						}
						for _, item := range Check(t.Context(), &x, m365Options(w), time.Now()).Checks {
							if item.Name == "mailbox" && !item.OK {
								t.Errorf("mail does not go on: %+v", item)
							}
						}
						undo(t, w, first)
					})
				})
			}
		}
		t.Logf("%s: %d points, %d runs", mode, len(points), 2*len(points))
		if len(points) < 4 {
			t.Errorf("only these points: %v", points)
		}
	}
}

// The process is killed before and behind every write and every call. The next
// start goes on, and the limit is made once.
func TestLimitKilledAnywhere(t *testing.T) {
	for _, mode := range modes {
		var points []string
		synctest.Test(t, func(t *testing.T) {
			w, first := begin(t, mode)
			f := &fate{}
			if _, err := narrow(t, w, first).visit(f, "limit"); err != nil {
				t.Fatal(err)
			}
			points = f.points
		})
		for at := range points {
			for _, behind := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %d %s behind %v", mode, at+1, points[at], behind), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						w, first := begin(t, mode)
						_, _ = narrow(t, w, first).visit(&fate{die: at + 1, behind: behind}, "limit")
						time.Sleep(time.Hour)
						again := narrow(t, w, first)
						again.picks["limit-home"] = []string{"Go back"}
						if _, err := again.visit(&fate{}, "limit"); err != nil {
							t.Fatalf("%v %v", err, again.seen)
						}
						isLimited(t, w)
					})
				})
			}
		}
		t.Logf("%s: %d points, %d runs", mode, len(points), 2*len(points))
		if len(points) < 12 {
			t.Errorf("only these points: %v", points)
		}
	}
}

// Each call of the limit is refused once, and its answer lost once.
func TestLimitInBadWeather(t *testing.T) {
	calls := 0
	synctest.Test(t, func(t *testing.T) {
		w, first := begin(t, store.ModeSignIn)
		w.tenant.LoseCall(func(string, string, int) bool { calls++; return false })
		if _, err := narrow(t, w, first).visit(&fate{}, "limit"); err != nil {
			t.Fatal(err)
		}
	})
	for n := 1; n <= calls; n++ {
		for _, status := range []int{0, 429, 503} {
			t.Run(fmt.Sprintf("call %d %d", n, status), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, first := begin(t, store.ModeSignIn)
					seen := 0
					once := func() bool { seen++; return seen == n }
					if status == 0 {
						w.tenant.LoseCall(func(string, string, int) bool { return once() })
					} else {
						w.tenant.FailCall(func(string, string, int) int {
							if once() {
								return status
							}
							return 0
						})
					}
					if _, err := narrow(t, w, first).visit(&fate{}, "limit"); err != nil {
						t.Fatal(err)
					}
					isLimited(t, w)
				})
			})
		}
	}
	t.Logf("%d calls, each lost once, throttled once and failed once", calls)
}
