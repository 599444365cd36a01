package steps

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
	"palmail/steps/progress"
	"palmail/store"
)

// escaper follows a script up to a screen, and presses esc on every screen
// from there on. As in the front ends, a page that continues automatically does
// so before anybody can press a key.
type escaper struct {
	*script
	from    string
	passed  []string // screens since then
	escapes bool
	atStart bool
	stop    context.CancelFunc
}

// at says whether esc is pressed on the screen.
func (e *escaper) at(screen string) bool {
	if screen == e.from && len(e.turns[screen]) == 0 {
		e.escapes = true
	}
	if e.escapes {
		e.passed = append(e.passed, screen)
		if screen == "start" || len(e.passed) > 40 {
			e.atStart = screen == "start"
			e.stop()
		}
	}
	return e.escapes
}

func (e *escaper) Fill(ctx context.Context, p Page) (Answers, error) {
	if !e.at(p.Name) {
		return e.script.Fill(ctx, p)
	}
	if ctx.Err() != nil {
		return Answers{}, ctx.Err()
	}
	if p.Check != nil && complete(p) && len(p.Fields) == 0 {
		if v := p.Check(ctx, Answers{}, e.report); v.State == Right && v.Auto {
			return Answers{}, nil
		}
	}
	return Answers{}, ErrBack
}

func (e *escaper) Choose(ctx context.Context, c Choice) (int, error) {
	if !e.at(c.Name) {
		return e.script.Choose(ctx, c)
	}
	return 0, ErrBack
}

func (e *escaper) Show(ctx context.Context, n Notice) error {
	if !e.at(n.Name) {
		return e.script.Show(ctx, n)
	}
	return ErrBack
}

// From every screen, esc leads to the first page, and no page comes twice on the way.
func TestEscLeadsToTheFirstPage(t *testing.T) {
	noConsent := turn{practice: string(sandbox.NoConsent)}
	for _, tc := range []struct {
		screen string
		set    func(*world, *script)
		signed bool
	}{
		{screen: "how"}, {screen: "register"}, {screen: "secret"}, {screen: "permission"}, {screen: "pal"},
		{screen: "test"}, {screen: "arrived"},
		{screen: "where-to-look", set: func(_ *world, s *script) { s.on("arrived", turn{pick: 1}) }},
		{screen: "consent-link", set: func(_ *world, s *script) { s.on("permission", turn{action: "ctrl+l"}) }},
		{screen: "exchange-refused", set: func(_ *world, s *script) {
			s.on("permission", turn{action: "ctrl+e"}, noConsent)
		}},
		{screen: "mailbox-refused", set: func(w *world, _ *script) {
			w.tenant.SetMailbox("noreply@agency.gov", sandbox.Mailbox{OnPremises: true})
		}},
		{screen: "send-failed", set: func(w *world, s *script) {
			s.on("send", turn{do: func() { w.tenant.RemoveMailbox("noreply@agency.gov") }})
		}},
		{screen: "sign-in", set: func(_ *world, s *script) { s.on("how", turn{pick: 0}) }},
		{screen: "sign-in-code", set: func(_ *world, s *script) { s.on("how", turn{pick: 0}) }},
		{screen: "plan", signed: true}, {screen: "test", signed: true},
		{screen: "refused", signed: true, set: func(w *world, _ *script) {
			w.tenant.SetRules(sandbox.Rules{SignInLacks: "Application.ReadWrite.All"})
		}},
		{screen: "may-not-register", signed: true, set: func(w *world, _ *script) {
			w.tenant.SetRules(sandbox.Rules{MayNotRegister: true})
		}},
		{screen: "may-not-consent", signed: true, set: func(w *world, _ *script) {
			w.tenant.SetRules(sandbox.Rules{MayNotConsent: true})
		}},
		{screen: "tenant", set: func(_ *world, s *script) { s.on("start", turn{action: "ctrl+e"}) }},
		{screen: "clock", set: func(w *world, _ *script) { w.tenant.SetClockAhead(time.Hour) }},
	} {
		t.Run(fmt.Sprint(tc.screen, map[bool]string{true: " signed in"}[tc.signed]), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Seed: 21})
				s := newScript(t)
				if tc.signed {
					s = signer(t, w, "admin@agency.gov")
				}
				if tc.set != nil {
					tc.set(w, s)
				}
				e := &escaper{script: s, from: tc.screen}
				w.runWith(e, s)
				if !e.atStart || len(e.passed) < 2 && tc.screen != "start" {
					t.Fatalf("not at the first page: %v after %v", e.passed, s.seen)
				}
				for i, name := range e.passed {
					if slices.Contains(e.passed[:i], name) && name != "sign-in" {
						t.Errorf("%s came twice: %v", name, e.passed)
					}
				}
			})
		})
	}
}

// runWith is run with another UI over the script's.
func (w *world) runWith(e *escaper, s *script) {
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	e.stop, s.leave = cancel, cancel
	if len(s.turns["test"]) == 0 && e.from != "test" {
		s.on("test", turn{fill: map[string]string{"to": "admin@agency.gov"}})
	}
	_, err := Run(ctx, Env{
		UI: e, Store: w.store, M365: m365Options(w), Profile: "default", Portal: portal{w.tenant}, Now: time.Now,
		Log: slog.New(slog.NewTextHandler(&w.log, nil)),
	})
	if ctx.Err() == nil {
		w.t.Fatalf("ended before the first page: %v, passed %v after %v", err, e.passed, s.seen)
	}
}

// A mailbox that cannot send is said before PAL is filled in, and the one
// preselected option changes it; nothing else is asked again.
func TestWrongMailboxIsSaidBeforePAL(t *testing.T) {
	const wrong = "records@agency.gov"
	for name, set := range map[string]func(*sandbox.Tenant){
		"missing":     func(*sandbox.Tenant) {},
		"on-premises": func(w *sandbox.Tenant) { w.SetMailbox(wrong, sandbox.Mailbox{OnPremises: true}) },
		"unlicensed":  func(w *sandbox.Tenant) { w.SetMailbox(wrong, sandbox.Mailbox{}) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Weather: sandbox.Usual(), Seed: 4})
				set(w.tenant)
				s := newScript(t).on("start",
					turn{fill: map[string]string{"mailbox": wrong, "pal-url": "https://pal.agency.gov/app"}},
					turn{fill: map[string]string{"mailbox": "noreply@agency.gov"}})
				end, err := w.run(s)
				if err != nil || progress.Next(&end.Setup) != progress.Finished {
					t.Fatalf("%v %v", err, s.seen)
				}
				seen := slices.DeleteFunc(slices.Clone(s.seen), func(n string) bool { return n == "mailbox-check" })
				at := slices.Index(seen, "mailbox-refused")
				if at < 0 || !slices.Equal(seen[at:min(at+3, len(seen))], []string{"mailbox-refused", "start", "pal"}) {
					t.Errorf("screens %v", s.seen)
				}
				c := s.choices["mailbox-refused"]
				if c.Finding == nil || c.Options[c.Picked].Text != "Change the mailbox" {
					t.Errorf("offered %+v, picked %d", c.Options, c.Picked)
				}
			})
		})
	}
	t.Run("shared", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			w.tenant.SetMailbox("noreply@agency.gov", sandbox.Mailbox{Shared: true, Disabled: true})
			s := newScript(t)
			if _, err := w.run(s); err != nil || slices.Contains(s.seen, "mailbox-refused") {
				t.Errorf("%v %v", err, s.seen)
			}
		})
	})
}

// A page of HTML in place of the answer to the secret's check leaves the value
// where the next steps use it: PAL gets four values.
func TestSecretThatNobodyCouldCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		html := func(c sandbox.Call) (o sandbox.Outcome) {
			if strings.HasSuffix(c.Path, "/token") {
				o.Damage = sandbox.ReplacedByHTML
			}
			return o
		}
		s := newScript(t).
			on("secret", turn{practice: "Do it right", do: func() { w.tenant.Intercept(html) }}).
			on("permission", turn{practice: "Do it right", do: func() { w.tenant.Intercept(nil) }})
		end, err := w.run(s)
		if err != nil || progress.Next(&end.Setup) != progress.Finished {
			t.Fatalf("%v %v", err, s.seen)
		}
		for _, v := range s.notices["pal"].Values {
			if v.Text == "" && v.Secret.IsZero() {
				t.Errorf("PAL gets no %s", v.Label)
			}
		}
		if !s.said("kept") || !end.Setup.Pending.Value.IsZero() || end.Setup.Secret.Value.IsZero() {
			t.Errorf("record %+v, verdicts %+v", end.Setup, s.verdict)
		}
		for _, v := range s.verdict {
			if v.Finding != nil && strings.Contains(strings.Join(v.Finding.Remedy, " "), "palmail rotate") {
				t.Errorf("the first setup advises to rotate: %v", v.Finding.Remedy)
			}
		}
	})
}

// A stored setup without a secret does not get to PAL: the secret is asked first.
func TestPALNeverGetsThreeValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		if _, err := w.run(newScript(t).on("pal", turn{leave: true})); err == nil {
			t.Fatal("not left")
		}
		x := w.record(t)
		x.Secret = store.Secret{}
		if err := w.store.Save(t.Context(), "default", &x); err != nil {
			t.Fatal(err)
		}
		s := newScript(t).on("secret", turn{practice: "Do it right"})
		if end, err := w.run(s); err != nil || progress.Next(&end.Setup) != progress.Finished || s.seen[0] != "secret" {
			t.Errorf("%v %v", err, s.seen)
		}
	})
}

// A clock that is off is said before the secret, and the end date is by the server's time.
func TestWrongClock(t *testing.T) {
	for _, ahead := range []time.Duration{9 * time.Minute, -9 * time.Minute, 48 * time.Hour, 0, 4 * time.Minute} {
		t.Run(ahead.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{ClockAhead: ahead})
				s := newScript(t)
				end, err := w.run(s)
				if err != nil {
					t.Fatalf("%v %v", err, s.seen)
				}
				said := slices.Index(s.seen, "clock")
				if wrong := ahead.Abs() > clockLimit; wrong != (said >= 0) || said > slices.Index(s.seen, "register") {
					t.Errorf("screens %v", s.seen)
				}
				server := time.Now().Add(ahead)
				if d := end.Setup.Secret.Created.Sub(server).Abs(); d > time.Minute {
					t.Errorf("created %s by a clock that is %s off", end.Setup.Secret.Created, d)
				}
				if d := end.Setup.Secret.Expires.Sub(server.AddDate(0, 0, 180)).Abs(); d > 25*time.Hour {
					t.Errorf("ends %s", end.Setup.Secret.Expires)
				}
			})
		})
	}
}

// Esc on the first page leads back to the home screen where there is one.
func TestEscFromTheFirstPageLeadsHome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		if _, err := w.run(newScript(t)); err != nil {
			t.Fatal(err)
		}
		s := newScript(t).on("home", turn{pick: 3}, turn{back: true}).on("change", turn{pick: 0}).
			on("start", turn{back: true})
		if _, err := w.run(s); err != nil || !slices.Equal(s.seen, []string{"home", "change", "start", "home"}) {
			t.Errorf("%v %v", err, s.seen)
		}
	})
}
