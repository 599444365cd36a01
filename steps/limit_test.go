package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
	"palmail/store"
)

// narrowing is an office that limits the app to its mailbox: it runs the
// script in Exchange when palmail asks whether it has run, and takes the
// consent back in the portal when it is told to.
type narrowing struct {
	*office
	script, consent sandbox.Mistake // made on the way; "" does it right
}

func narrow(t *testing.T, w *world, x store.Setup) *narrowing {
	n := &narrowing{office: newOffice(t, w, x.Secret.Value)}
	n.asked = func(screen string) {
		if screen == "limit" {
			n.practise("limit", n.script)
		}
	}
	n.picks["limit-about"] = []string{"Begin"}
	n.picks["limit"] = []string{"Show", "It has run"}
	return n
}

func (n *narrowing) practise(screen string, m sandbox.Mistake) {
	n.t.Helper()
	x, err := n.w.store.Load(context.Background(), "default")
	if err != nil {
		n.t.Fatal(err)
	}
	_, said, err := n.w.tenant.Practice(screen, m, map[string]string{
		"client-id": x.ClientID, "mailbox": x.Mailbox, "other-mailbox": x.Limit.Other, "service-principal-id": x.ServicePrincipalID,
	})
	if err != nil || said == "" {
		n.t.Fatalf("%s %s: %q %v", screen, m, said, err)
	}
}

func (n *narrowing) Show(ctx context.Context, notice Notice) error {
	if notice.Name == "limit-portal" {
		n.practise("limit-consent", n.consent)
	}
	return n.office.Show(ctx, notice)
}

// Choose signs in or goes to the portal as the setup was made, where the test says nothing else.
func (n *narrowing) Choose(ctx context.Context, c Choice) (int, error) {
	if len(n.picks[c.Name]) == 0 && ctx.Err() == nil {
		way := map[string]map[bool]string{
			"limit-consent": {true: "Sign in", false: "Take it back in the portal"},
			"limit-back":    {true: "Sign in", false: "Grant it in the portal"},
		}[c.Name]
		if way != nil {
			x, _ := n.w.store.Load(context.Background(), "default")
			n.picks[c.Name] = []string{way[x.Mode == store.ModeSignIn]}
		}
	}
	return n.office.Choose(ctx, c)
}

// Run as the UI, so that the methods above are used.
func (n *narrowing) visit(f *fate, start string) (End, error) {
	ctx, cancel := context.WithCancel(n.t.Context())
	defer cancel()
	n.leave, f.kill = cancel, cancel
	return Run(ctx, Env{
		UI: n, Store: &mortalStore{Memory: n.w.store, fate: f}, Memory: func() Store { return store.NewMemory() },
		M365: m365OptionsOver(mortalWire{n.w.tenant.Transport(), f}), Profile: "default", Portal: portal{n.w.tenant}, Now: time.Now, Start: start,
		WriteFile: func(name string, _ []byte) (string, error) { return "/tmp/" + name, nil },
	})
}

// exchangeWeather has Exchange's real delays.
func exchangeWeather(delay, active time.Duration) sandbox.Weather {
	return sandbox.Weather{ConsentDelay: 20 * time.Second, ExchangeDelay: delay, ExchangeDelayActive: active, PolicyDelay: 90 * time.Minute}
}

func isLimited(t *testing.T, w *world) store.Setup {
	t.Helper()
	x, err := w.store.Load(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	if x.Limit.Stage != store.LimitProved || !x.LimitedByExchange || x.Limit.Other != "admin@agency.gov" {
		t.Errorf("the record says %+v, limited %v", x.Limit, x.LimitedByExchange)
	}
	app, _ := w.tenant.AppWithID(x.ClientID)
	for _, p := range app.Permissions {
		if p.Name == "Mail.Send" && p.Granted {
			t.Error("the consent still stands")
		}
	}
	r := Check(t.Context(), &x, m365Options(w), time.Now())
	last := r.Checks[len(r.Checks)-1]
	if !r.OK || last.Name != "limit" || !last.OK || !strings.Contains(last.Detail, "admin@agency.gov is refused") {
		t.Errorf("check says %+v", r)
	}
	return x
}

// The whole limit in both modes and under every delay of Exchange's: begun,
// left while Exchange takes its time, taken up again, proved, and undone. At no
// moment the mailbox itself is refused.
func TestLimit(t *testing.T) {
	for _, mode := range modes {
		for _, delay := range [][2]time.Duration{{0, 0}, {30 * time.Minute, 30 * time.Minute}, {30 * time.Minute, 2 * time.Hour}} {
			t.Run(fmt.Sprintf("%s %v", mode, delay[1]), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, first := begin(t, mode)
					w.tenant.SetWeather(exchangeWeather(delay[0], delay[1]))
					n := narrow(t, w, first)
					n.picks["limit-consent"] = []string{"Leave"}
					if _, err := n.visit(&fate{}, "limit"); !errors.Is(err, ErrLeave) {
						t.Fatalf("%v %v", err, n.seen)
					}
					if c := n.choices["limit-consent"]; c.Picked != 0 || !strings.Contains(c.Text, "PAL's mail may be refused in between") {
						t.Errorf("it does not propose to wait: %+v", c)
					}
					time.Sleep(caches)
					again := narrow(t, w, first)
					again.picks["home"] = []string{limitSend, "esc"}
					if _, err := again.visit(&fate{}, ""); err != nil {
						t.Fatalf("%v %v", err, again.seen)
					}
					if c := again.choices["home"]; !strings.Contains(c.Foot, "limited to this mailbox, proved on") {
						t.Errorf("home says %q", c.Foot)
					}
					if slices.Contains(again.seen, "limit") || again.said("PAL's mail is, too") {
						t.Errorf("it began anew, or mail broke: %v", again.seen)
					}
					x := isLimited(t, w)
					if text := ChangeRecord(&x, time.Now()); !strings.Contains(text, "## Limit to one mailbox") || !strings.Contains(text, "proved on") || !strings.Contains(text, "limit to one mailbox proved") {
						t.Error("the change record does not have it:\n" + text)
					}
					undo(t, w, first)
				})
			})
		}
	}
}

// undo takes a proved limit away.
func undo(t *testing.T, w *world, first store.Setup) {
	t.Helper()
	n := narrow(t, w, first)
	n.picks["limit-home"], n.picks["limit-undo"] = []string{"Undo"}, []string{"Yes"}
	n.picks["limit-clear"] = []string{"Show", "It has run"}
	if _, err := n.visit(&fate{}, "limit"); err != nil {
		t.Fatalf("%v %v", err, n.seen)
	}
	n.practise("limit-undo", "")
	x, err := w.store.Load(t.Context(), "default")
	if err != nil || x.Limit != (store.Limit{}) || x.LimitedByExchange {
		t.Errorf("%v, the record says %+v", err, x.Limit)
	}
	time.Sleep(caches)
	if r := Check(t.Context(), &x, m365Options(w), time.Now()); !r.OK || len(r.Checks) != 6 {
		t.Errorf("check says %+v", r)
	}
}

// The process is killed before and behind every write and every call of the
// undoing, and left before the second script. The next start ends it, mail
// goes on all the time, and the record knows which of the two grants is left.
func TestLimitUndoneWhereverItWasLeft(t *testing.T) {
	unlimit := func(t *testing.T, w *world, first store.Setup, f *fate, clear string) (End, error) {
		n := narrow(t, w, first)
		n.picks["limit-home"], n.picks["limit-undo"], n.picks["limit-clear"] = []string{"Undo"}, []string{"Yes"}, []string{clear}
		return n.visit(f, "limit")
	}
	prove := func(t *testing.T, mode string) (*world, store.Setup) {
		w, first := begin(t, mode)
		w.tenant.SetWeather(exchangeWeather(30*time.Minute, 2*time.Hour))
		if _, err := narrow(t, w, first).visit(&fate{}, "limit"); err != nil {
			t.Fatal(err)
		}
		return w, first
	}
	for _, mode := range modes {
		var points []string
		synctest.Test(t, func(t *testing.T) {
			w, first := prove(t, mode)
			f := &fate{}
			_, err := unlimit(t, w, first, f, "esc")
			x, _ := w.store.Load(t.Context(), "default")
			if x.Limit.Stage != store.LimitUndoing || x.LimitedByExchange || !strings.Contains(limitNote(&x), "Exchange still has its part") {
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

// Each mistake is named once waiting cannot help any more, and put right.
func TestLimitMistakes(t *testing.T) {
	for name, tc := range map[string]struct {
		script, consent sandbox.Mistake
		title           string
		broken          bool // the mailbox itself is refused meanwhile
	}{
		"the registration's object ID": {script: sandbox.RegistrationObjectID, title: "Exchange does not let the app send as noreply@agency.gov", broken: true},
		"another mailbox in the scope": {script: sandbox.WrongMailboxInScope, title: "Exchange does not let the app send as noreply@agency.gov", broken: true},
		"a group in a group":           {script: sandbox.NestedGroup, title: "Exchange does not let the app send as noreply@agency.gov", broken: true},
		"no scope":                     {script: sandbox.WholeTenant, title: "The app may still send as admin@agency.gov"},
		"the consent left":             {consent: sandbox.ConsentLeft, title: "The consent in Entra still stands"},
		"only taken off the list":      {consent: sandbox.OnlyUnlisted, title: "The consent in Entra still stands"},
		"another consent revoked":      {consent: sandbox.OtherRevoked, title: "The consent in Entra still stands"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, first := begin(t, store.ModePortal)
				w.tenant.SetWeather(exchangeWeather(30*time.Minute, 2*time.Hour))
				n := narrow(t, w, first)
				n.script, n.consent = tc.script, tc.consent
				n.on("limit-proof", turn{}, turn{do: func() {
					if !n.found(tc.title) {
						t.Errorf("not found: %q in %+v", tc.title, n.verdict)
					}
					n.practise("limit", "")
					n.practise("limit-consent", "")
				}})
				if _, err := n.visit(&fate{}, "limit"); err != nil {
					t.Fatalf("%v %v", err, n.seen)
				}
				if n.said("PAL's mail is, too") != tc.broken {
					t.Errorf("it said that mail is refused: %v", !tc.broken)
				}
				isLimited(t, w)
			})
		})
	}
}

// found says whether a verdict had a finding of this title, with somebody who can help.
func (s *script) found(title string) bool {
	return slices.ContainsFunc(s.verdict, func(v Verdict) bool {
		return v.Finding != nil && v.Finding.Title == title && v.Finding.Who != "" && len(v.Finding.Remedy) > 0 && !v.Finding.Retry
	})
}

// When mail breaks, the consent is back with one key, and mail goes on.
func TestLimitPutBack(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, first := begin(t, mode)
				w.tenant.SetWeather(exchangeWeather(30*time.Minute, 2*time.Hour))
				n := narrow(t, w, first)
				n.script = sandbox.RegistrationObjectID
				n.on("limit-proof", turn{}, turn{action: putBackAction.Key})
				n.picks["limit-consent"] = []string{map[string]string{store.ModeSignIn: "Sign in", store.ModePortal: "Take it back"}[mode], "Leave"}
				if _, err := n.visit(&fate{}, "limit"); !errors.Is(err, ErrLeave) {
					t.Fatalf("%v %v", err, n.seen)
				}
				x, err := w.store.Load(t.Context(), "default")
				if err != nil || x.LimitedByExchange || x.Limit.Stage != store.LimitGranted {
					t.Errorf("%v %+v", err, x.Limit)
				}
				if r := Check(t.Context(), &x, m365Options(w), time.Now()); !r.OK {
					t.Errorf("mail does not go on: %+v", r)
				}
			})
		})
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

// A limit that holds no more is found by check and on the home screen, with the way out.
func TestLimitEndsLater(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(w *world, x *store.Setup, n *narrowing)
		item   string
		title  string
	}{
		"consent given again": {func(w *world, x *store.Setup, _ *narrowing) {
			if err := w.tenant.GrantConsent(x.ClientID); err != nil {
				w.t.Fatal(err)
			}
		}, "limit", "The consent in Entra still stands"},
		"scope widened": {func(_ *world, _ *store.Setup, n *narrowing) { n.practise("limit", sandbox.WholeTenant) }, "limit", "The app may still send as admin@agency.gov"},
		"grant removed": {func(w *world, x *store.Setup, n *narrowing) {
			n.practise("limit", sandbox.WrongMailboxInScope)
		}, "mailbox", "Exchange does not let the app send as noreply@agency.gov"},
		"an older policy": {func(w *world, x *store.Setup, _ *narrowing) {
			if err := w.tenant.BlockByAccessPolicy(x.ClientID, x.Mailbox); err != nil {
				w.t.Fatal(err)
			}
		}, "mailbox", "The app may not use this mailbox"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, first := begin(t, store.ModePortal)
				n := narrow(t, w, first)
				if _, err := n.visit(&fate{}, "limit"); err != nil {
					t.Fatal(err)
				}
				x := isLimited(t, w)
				if err := w.tenant.AddPermission(x.ClientID, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Send"); err != nil {
					t.Fatal(err)
				}
				tc.change(w, &x, n)
				time.Sleep(24 * time.Hour)
				r := Check(t.Context(), &x, m365Options(w), time.Now())
				i := slices.IndexFunc(r.Checks, func(i CheckItem) bool { return i.Name == tc.item })
				if r.OK || r.Checks[i].OK || r.Checks[i].Finding == nil || r.Checks[i].Finding.Title != tc.title {
					t.Fatalf("check says %+v", r)
				}
				l := &looker{script: newScript(t), tasks: map[string]Task{}}
				if _, err := Run(t.Context(), Env{UI: l, Store: w.store, M365: m365Options(w), Profile: "default", Now: time.Now}); err != nil {
					t.Fatal(err)
				}
				if l.outlook.Finding == nil || l.choice.Options[l.outlook.Picked].Text != limitSend {
					t.Errorf("home says %+v", l.outlook)
				}
				if name == "an older policy" {
					return // that goes in Exchange only, and palmail has no part in it
				}
				again := narrow(t, w, first)
				again.picks["limit-home"] = []string{"Put it right"}
				again.on("limit-proof", turn{do: func() { again.practise("limit", "") }})
				if _, err := again.visit(&fate{}, "limit"); err != nil {
					t.Fatalf("%v %v", err, again.seen)
				}
				isLimited(t, w)
			})
		})
	}
}

// An older access policy is recognised before anything is changed, and a
// second mailbox that is none is refused.
func TestLimitSecondMailbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, first := begin(t, store.ModePortal)
		if err := w.tenant.BlockByAccessPolicy(first.ClientID, "admin@agency.gov"); err != nil {
			t.Fatal(err)
		}
		n := narrow(t, w, first)
		n.on("limit-other",
			turn{fill: map[string]string{"other-mailbox": "noreply@agency.gov"}},
			turn{fill: map[string]string{"other-mailbox": "nobody@agency.gov"}},
			turn{fill: map[string]string{"other-mailbox": "admin@agency.gov"}})
		n.picks["limit"] = []string{"Leave"}
		if _, err := n.visit(&fate{}, "limit"); !errors.Is(err, ErrLeave) {
			t.Fatalf("%v %v", err, n.seen)
		}
		for _, text := range []string{"This is the mailbox that PAL sends from", "mailbox-unknown", "An Application Access Policy limits this app already"} {
			if !n.said(text) {
				t.Errorf("it did not say %q: %+v", text, n.verdict)
			}
		}
	})
}

// The limit is offered once the test mail is sent, and not in memory only.
func TestLimitIsOffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		s := newScript(t)
		if _, err := w.run(s); err != nil || s.seen[len(s.seen)-1] != "limit-offer" {
			t.Errorf("%v %v", err, s.seen)
		}
		if c := s.choices["limit-offer"]; c.Picked != 0 || c.Options[0].Text != "Not now" {
			t.Errorf("%+v", c)
		}
	})
}

// Signing in again on a setup that is limited gives no consent: that would end the limit.
func TestLimitOutlivesSigningIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, first := begin(t, store.ModeSignIn)
		if _, err := narrow(t, w, first).visit(&fate{}, "limit"); err != nil {
			t.Fatal(err)
		}
		n := narrow(t, w, first)
		n.picks["home"], n.picks["change"], n.picks["how"] = []string{"Change", "esc"}, []string{"Signing in"}, []string{"Sign in"}
		if _, err := n.visit(&fate{}, ""); err != nil {
			t.Fatalf("%v %v", err, n.seen)
		}
		if plan := n.choices["plan"].Text; !strings.Contains(plan, "by Exchange") || strings.Contains(plan, "admin consent") {
			t.Errorf("the plan: %s", plan)
		}
		isLimited(t, w)
	})
}

// Undoing the whole set-up says what it leaves in Exchange, and how to take that away.
func TestUndoSpeaksOfTheLimit(t *testing.T) {
	x := store.Setup{AppName: "PAL mail", Limit: store.Limit{Stage: store.LimitProved}}
	guide := undoGuide(&x, []string{"the app"})
	if n := len(guide); n != 2 || !strings.Contains(guide[1].Text, "palmail limit --undo --output") {
		t.Errorf("%+v", guide)
	}
	x.Limit = store.Limit{}
	if guide := undoGuide(&x, []string{"the app"}); len(guide) != 1 {
		t.Errorf("%+v", guide)
	}
}
