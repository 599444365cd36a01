package steps

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
	"palmail/steps/progress"
	"palmail/store"
)

// The whole limit in both modes and under every delay of Exchange's: begun,
// left while Exchange takes its time, taken up again, proved, and undone. At no
// moment the mailbox itself is refused.
func TestLimit(t *testing.T) {
	for _, mode := range modes {
		for _, delay := range [][2]time.Duration{
			{0, 0}, {30 * time.Minute, 30 * time.Minute}, {30 * time.Minute, 2 * time.Hour},
		} {
			t.Run(fmt.Sprintf("%s %v", mode, delay[1]), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, first := begin(t, mode)
					w.tenant.SetWeather(exchangeWeather(delay[0], delay[1]))
					n := narrow(t, w, first)
					n.picks["limit-consent"] = []string{"Leave"}
					if _, err := n.visit(&fate{}, "limit"); !errors.Is(err, ErrLeave) {
						t.Fatalf("%v %v", err, n.seen)
					}
					if c := n.choices["limit-consent"]; c.Picked != 0 ||
						!strings.Contains(c.Text, "PAL's mail may be refused in between") {
						t.Errorf("it does not propose to wait: %+v", c)
					}
					time.Sleep(exchangeCacheTTL)
					again := narrow(t, w, first)
					again.picks["home"] = []string{"Limit to this mailbox", "esc"}
					if _, err := again.visit(&fate{}, ""); err != nil {
						t.Fatalf("%v %v", err, again.seen)
					}
					if c := again.choices["home"]; !strings.Contains(c.Footer, "limited to this mailbox, proved on") {
						t.Errorf("home says %q", c.Footer)
					}
					if slices.Contains(again.seen, "limit") || again.said("PAL's mail is, too") {
						t.Errorf("it began anew, or mail broke: %v", again.seen)
					}
					x := isLimited(t, w)
					if text := progress.ChangeRecord(&x, TenantOf(&x), time.Now()); !strings.Contains(text,
						"## Limit to one mailbox") || !strings.Contains(text, "proved on") ||
						!strings.Contains(text, "limit to one mailbox proved") {
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
	time.Sleep(exchangeCacheTTL)
	if r := Check(t.Context(), &x, m365Options(w), time.Now()); !r.OK || len(r.Checks) != 6 {
		t.Errorf("check says %+v", r)
	}
}

// A limit that somebody else has made is proved, shown as a script and undone,
// though no earlier run has looked up the enterprise application.
func TestLimitMadeBySomebodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, first := begin(t, store.ModePortal)
		n := narrow(t, w, first)
		n.practise("limit", "")
		n.practise("limit-consent", "")
		x, err := w.store.Load(t.Context(), "default")
		if err != nil {
			t.Fatal(err)
		}
		x.LimitedByExchange, x.ServicePrincipalID = true, ""
		if err := w.store.Save(t.Context(), "default", &x); err != nil {
			t.Fatal(err)
		}
		if _, err := n.visit(&fate{}, "limit"); err != nil || slices.Contains(n.seen, "limit") {
			t.Fatalf("%v %v", err, n.seen)
		}
		isLimited(t, w)
		again := narrow(t, w, first)
		again.picks["limit-home"] = []string{"Show the script", "Undo"}
		again.picks["limit-undo"], again.picks["limit-clear"] = []string{"Yes"}, []string{"Show", "It has run"}
		if _, err := again.visit(&fate{}, "limit"); err != nil || slices.Contains(again.seen, "limit-no-script") ||
			again.notices["limit-script"].Title == "" {
			t.Errorf("%v %v", err, again.seen)
		}
	})
}

// Each mistake is named once waiting cannot help any more, and put right.
func TestLimitMistakes(t *testing.T) {
	for name, tc := range map[string]struct {
		script, consent sandbox.Mistake
		title           string
		broken          bool // the mailbox itself is refused meanwhile
	}{
		"the registration's object ID": {
			script: sandbox.RegistrationObjectID, title: "Exchange does not let the app send as noreply@agency.gov",
			broken: true,
		},
		"another mailbox in the scope": {
			script: sandbox.WrongMailboxInScope, title: "Exchange does not let the app send as noreply@agency.gov",
			broken: true,
		},
		"a group in a group": {
			script: sandbox.NestedGroup, title: "Exchange does not let the app send as noreply@agency.gov",
			broken: true,
		},
		"no scope":                {script: sandbox.WholeTenant, title: "The app may still send as admin@agency.gov"},
		"the consent left":        {consent: sandbox.ConsentLeft, title: "The consent in Entra still stands"},
		"only taken off the list": {consent: sandbox.OnlyUnlisted, title: "The consent in Entra still stands"},
		"another consent revoked": {consent: sandbox.OtherRevoked, title: "The consent in Entra still stands"},
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
		return v.Finding != nil && v.Finding.Title == title && v.Finding.Who != "" && len(v.Finding.Remedy) > 0 &&
			!v.Finding.Retry
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
				n.picks["limit-consent"] = []string{
					map[string]string{store.ModeSignIn: "Sign in", store.ModePortal: "Take it back"}[mode], "Leave",
				}
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
		"scope widened": {
			func(_ *world, _ *store.Setup, n *narrowing) {
				n.practise("limit", sandbox.WholeTenant)
			}, "limit", "The app may still send as admin@agency.gov",
		},
		"grant removed": {func(w *world, x *store.Setup, n *narrowing) {
			n.practise("limit", sandbox.WrongMailboxInScope)
		}, "mailbox", "Exchange does not let the app send as noreply@agency.gov"},
		"an older policy": {func(w *world, x *store.Setup, _ *narrowing) {
			if err := w.tenant.BlockByAccessPolicy(x.ClientID, x.Mailbox); err != nil {
				w.t.Fatal(err)
			}
		}, "mailbox", "The app is not allowed to use this mailbox"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, first := begin(t, store.ModePortal)
				n := narrow(t, w, first)
				if _, err := n.visit(&fate{}, "limit"); err != nil {
					t.Fatal(err)
				}
				x := isLimited(t, w)
				if err := w.tenant.AddPermission(x.ClientID, sandbox.MicrosoftGraph, sandbox.Application,
					"Mail.Send"); err != nil {
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
				if _, err := Run(t.Context(), Env{
					UI: l, Store: w.store, M365: m365Options(w), Profile: "default", Now: time.Now,
				}); err != nil {
					t.Fatal(err)
				}
				if l.outlook.Finding == nil || l.choice.Options[l.outlook.Picked].Key != actionLimit {
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
		for _, text := range []string{
			"This is the mailbox that PAL sends from", "mailbox-unknown",
			"An Application Access Policy limits this app already",
		} {
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
		n.picks["home"], n.picks["change"] = []string{"Change", "esc"}, []string{"Signing in"}
		n.picks["how"] = []string{"Sign in"}
		if _, err := n.visit(&fate{}, ""); err != nil {
			t.Fatalf("%v %v", err, n.seen)
		}
		if plan := n.notices["plan-nothing"].Text; !strings.Contains(plan, "Exchange lets the app send") ||
			strings.Contains(plan, "admin consent") {
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
