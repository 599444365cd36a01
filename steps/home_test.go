package steps

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/diagnose"
	"palmail/sandbox"
	"palmail/secret"
	"palmail/steps/progress"
	"palmail/store"
)

// looker opens the home screen, lets its proofs come in, and leaves.
type looker struct {
	*script
	choice  Choice
	outlook Outlook
	tasks   map[string]Task
}

func (l *looker) Choose(ctx context.Context, c Choice) (int, error) {
	if c.Name == "home" {
		l.choice = c
		l.outlook = c.Check(ctx, func(t Task) { l.tasks[t.Key] = t })
		return 0, ErrBack
	}
	return l.script.Choose(ctx, c)
}

// The most urgent thing is preselected, and what somebody else has changed is
// found, with the action that leads out of it.
func TestHomePicks(t *testing.T) {
	for name, tc := range map[string]struct {
		after  int // days
		change func(w *world, x *store.Setup)
		picked string // at once
		found  string // in the finding that comes in
		out    string // what is picked then; "" leaves it
		wrong  string // the task that fails
	}{
		"all is well":  {after: 1, picked: actionTest},
		"29 days left": {after: 151, picked: actionRenew},
		"last day":     {after: 179, picked: actionRenew},
		"expired":      {after: 200, picked: actionRenew, found: "expired", out: actionRenew, wrong: "secret"},
		"consent revoked": {
			after: 1, change: func(w *world, x *store.Setup) {
				w.tenant.RevokeConsent(x.ClientID)
			}, picked: actionTest, found: "not granted any more", out: actionChange, wrong: "permission",
		},
		"app deleted": {
			after: 1, change: func(w *world, x *store.Setup) {
				w.tenant.DeleteApp(x.ClientID)
			}, picked: actionTest, found: "not in the tenant any more", out: actionChange, wrong: "app",
		},
		"renewed elsewhere": {
			after: 1, change: removeCurrent, picked: actionTest, found: "not there any more", out: actionRenew,
			wrong: "secret",
		},
		"a new one waits": {after: 1, change: func(_ *world, x *store.Setup) {
			x.Pending = store.Secret{
				Value: secret.New("abc8Q~newSecretNewSecretNewSecretNewSecr"), Hint: "abc", Description: "new",
			}
		}, picked: actionFinish},
		"a lost answer": {after: 1, change: func(_ *world, x *store.Setup) {
			x.Intent = store.Intent{Kind: store.IntentSecret, Name: "PAL mail X", At: time.Now()}
		}, picked: actionFinish},
		"mailbox gone": {
			after: 1, change: func(w *world, x *store.Setup) {
				w.tenant.SetMailbox(x.Mailbox, sandbox.Mailbox{})
			}, picked: actionTest, found: "", out: actionChange, wrong: "mailbox",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, x := finished(t, sandbox.Options{})
				time.Sleep(time.Duration(tc.after) * 24 * time.Hour)
				if tc.change != nil {
					tc.change(w, &x)
				}
				if err := w.store.Save(t.Context(), "default", &x); err != nil {
					t.Fatal(err)
				}
				l := &looker{script: newScript(t), tasks: map[string]Task{}}
				if _, err := Run(t.Context(), Env{
					UI: l, Store: w.store, M365: m365Options(w), Profile: "default", Now: time.Now,
				}); err != nil {
					t.Fatal(err)
				}
				if got := l.choice.Options[l.choice.Picked].Key; got != tc.picked {
					t.Errorf("%q is preselected, want %q", got, tc.picked)
				}
				switch {
				case tc.wrong == "" && l.outlook.Finding != nil:
					t.Errorf("found %+v", l.outlook.Finding)
				case tc.wrong != "" &&
					(l.outlook.Finding == nil || !strings.Contains(l.outlook.Finding.Title, tc.found)):
					t.Errorf("found %+v, want %q", l.outlook.Finding, tc.found)
				}
				if out := l.outlook.Picked; tc.out == "" && out >= 0 ||
					tc.out != "" && (out < 0 || l.choice.Options[out].Key != tc.out) {
					t.Errorf("the way out is %d, want %q of %+v", out, tc.out, l.choice.Options)
				}
				for key, task := range l.tasks {
					if (task.State == Wrong) != (key == tc.wrong) || task.State == Busy {
						t.Errorf("%s: %v %s", key, task.State, task.Text)
					}
				}
			})
		})
	}
}

// What would help is not offered while the set-up is unfinished: then nothing
// else is picked in its place.
func TestHomePicksNothingInPlaceOfWhatIsNotOffered(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for name, offered := range map[string]bool{"secret": false, "app": true} {
		s := newSession(Env{Store: store.NewMemory(), Profile: "default", Now: func() time.Time { return now }})
		s.setup.Secret.Value = secret.New("abc8Q~abcdefghijklmnopqrstuvwxyz12345678")
		s.proved = proofs{
			now, CheckReport{Checks: []CheckItem{{Name: name, Finding: &diagnose.Finding{Title: "wrong"}}}},
		}
		actions := s.actions()
		c := s.homeChoice(actions)
		if got := optionAt(c.Options, s.mendingAction(s.proved.report.Checks[0])); (got >= 0) != offered {
			t.Errorf("%s: the way out is option %d of %+v", name, got, c.Options)
		}
		if got := c.Check(t.Context(), func(Task) {}); got.Picked >= 0 || got.Finding == nil {
			t.Errorf("%s: %+v is picked", name, got)
		}
	}
}

func removeCurrent(w *world, x *store.Setup) {
	app, _ := w.tenant.AppWithID(x.ClientID)
	_ = w.tenant.RemoveSecret(x.ClientID, app.Secrets[0].ID)
}

// Proofs of a moment ago are not asked for again when the home screen comes back.
func TestHomeDoesNotAskAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, first := begin(t, store.ModePortal)
		calls := 0
		w.tenant.Observe(func(sandbox.Exchange) { calls++ })
		o := newOffice(t, w, first.Secret.Value)
		o.picks["home"] = []string{"Report", "Report", "esc"}
		if _, err := o.visit(&fate{}, "", nil); err != nil {
			t.Fatal(err)
		}
		if calls == 0 || calls > 6 {
			t.Errorf("%d calls for three looks at the home screen", calls)
		}
	})
}

// The list of several profiles has the soonest end on top; forgetting asks.
func TestProfilesAndForget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, x := finished(t, sandbox.Options{})
		for name, days := range map[string]int{"a": 90, "b": 10, "c": 40} {
			y := x
			y.Revision, y.Secret.Expires = "", time.Now().AddDate(0, 0, days)
			if err := w.store.Save(t.Context(), name, &y); err != nil {
				t.Fatal(err)
			}
		}
		o := newOffice(t, w, x.Secret.Value)
		o.picks["home"], o.picks["forget"] = []string{"Forget", "Forget"}, []string{"No", "Yes"}
		end, err := Run(t.Context(), Env{UI: o, Store: w.store, M365: m365Options(w), Profile: "default", Now: time.Now,
			Profiles: func(context.Context) ([]string, error) { return []string{"a", "b", "c"}, nil }})
		if err != nil || end.Profile != "b" || o.choices["profiles"].Options[1].Text != "c" ||
			o.choices["profiles"].Options[2].Text != "a" {
			t.Errorf("%v, profile %s, list %+v", err, end.Profile, o.choices["profiles"].Options)
		}
		if _, err := w.store.Load(t.Context(), "b"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("it is not forgotten: %v", err)
		}
		if _, err := w.store.Load(t.Context(), "a"); err != nil {
			t.Error(err)
		}
	})
}

// A setup that has sent mail, and of which an answer was changed and not gone
// through to the end, opens at home and goes on from there; leaving it says
// that it is not finished.
func TestHomeOfAReopenedSetup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, x := finished(t, sandbox.Options{})
		o := newOffice(t, w, x.Secret.Value)
		o.picks["home"], o.picks["change"] = []string{"Change"}, []string{"Mailbox"}
		o.on("start", turn{fill: map[string]string{"mailbox": "admin@agency.gov"}})
		o.on("pal", turn{leave: true})
		if _, err := o.visit(&fate{}, "", nil); !errors.Is(err, context.Canceled) {
			t.Fatal(err, o.seen)
		}
		again := newOffice(t, w, x.Secret.Value)
		again.picks["home"] = []string{"Leave"}
		if _, err := again.visit(&fate{}, "", nil); !errors.Is(err, ErrLeave) {
			t.Errorf("left unfinished, it ended with %v", err)
		}
		c := again.choices["home"]
		if c.Options[c.Picked].Key != actionResume || !strings.Contains(c.Headline.Text, "PAL settings comes next") ||
			!strings.Contains(c.Title, "is to send as admin@agency.gov") {
			t.Errorf("%+v", c)
		}
		for _, option := range c.Options {
			if option.Key == actionRenew || option.Key == actionTest {
				t.Errorf("it offers %s", option.Text)
			}
		}
		last := newOffice(t, w, x.Secret.Value)
		last.picks["home"] = []string{"Go on with the set-up", "esc"}
		end, err := last.visit(&fate{}, "", nil)
		if err != nil || progress.Next(&end.Setup) != progress.Finished || end.Setup.LastTest.To == "" {
			t.Errorf("%v, next %s, %v", err, progress.Next(&end.Setup), last.seen)
		}
	})
}

// Everything is proved anew when asked for, and a failed proof is explained
// with its way out.
func TestCheckFromHome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, x := finished(t, sandbox.Options{})
		o := newOffice(t, w, x.Secret.Value)
		o.picks["home"] = []string{"Check", "esc"}
		if _, err := o.visit(&fate{}, "", nil); err != nil {
			t.Fatal(err)
		}
		if n := o.notices["checked"]; n.Finding != nil || strings.Count(n.Text, "✓ ") != 6 {
			t.Errorf("%+v", n)
		}
		if err := w.tenant.RevokeConsent(x.ClientID); err != nil {
			t.Fatal(err)
		}
		// The proofs of a moment ago are not taken for new ones.
		o.picks["home"] = []string{"Check", "esc"}
		if _, err := o.visit(&fate{}, "", nil); err != nil {
			t.Fatal(err)
		}
		if n := o.notices["checked"]; n.Finding == nil || n.Finding.Title != "Mail.Send is not granted any more" ||
			!strings.Contains(n.Text, "✗ Permission") {
			t.Errorf("%+v", n)
		}
	})
}
