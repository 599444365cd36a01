package steps

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
	"palmail/store"
)

// The deletion of the old secret is saved before anything else happens, and
// announced before it is sent.
func TestOldSecretsDeletionIsSavedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, first := begin(t, store.ModeSignIn)
		o := newOffice(t, w, first.Secret.Value)
		f := &fate{}
		if _, err := o.visit(f, "rotate", nil); err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(f.points, func(p string) bool { return strings.HasSuffix(p, "/removePassword") })
		if at < 1 || !strings.HasPrefix(f.points[at-1], "write") || !strings.HasPrefix(f.points[at+1], "write") {
			t.Errorf("the deletion stands between other calls: %v", f.points)
		}
		if before := f.points[at-2]; !strings.HasSuffix(before, "/token") {
			t.Errorf("the call before the deletion is %s", before)
		}
	})
}

// A secret whose creation was answered by a fault is searched only until the list
// is known to be fresh, and one that was created after all is removed, whatever the lag.
func TestLostSecretIsNotSearchedForAMinute(t *testing.T) {
	for name, tc := range map[string]struct {
		created bool
		lag     time.Duration
		most    time.Duration
	}{
		"never created":            {false, 0, 10 * time.Second},
		"created":                  {true, 0, 10 * time.Second},
		"never created, lag 30 s":  {false, 30 * time.Second, 50 * time.Second},
		"created, lag 30 s":        {true, 30 * time.Second, 50 * time.Second},
		"created, lag 100 seconds": {true, 100 * time.Second, 130 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, first := begin(t, store.ModeSignIn)
				w.tenant.SetWeather(sandbox.Weather{AppDelay: tc.lag, SecretDelay: tc.lag})
				faults := 0
				w.tenant.Intercept(func(c sandbox.Call) sandbox.Outcome {
					if strings.HasSuffix(c.Path, "/addPassword") && faults == 0 {
						faults++
						return sandbox.Outcome{Status: 504, Done: tc.created}
					}
					return sandbox.Outcome{}
				})
				o := newOffice(t, w, first.Secret.Value)
				var asked time.Time
				o.asked = func(screen string) {
					if screen == "old-servers" {
						asked = time.Now()
					}
				}
				if _, err := o.visit(&fate{}, "rotate", nil); err != nil {
					t.Fatalf("%v\n%v", err, o.seen)
				}
				took := time.Since(asked)
				if took > tc.most {
					t.Errorf("deleting took %v, want at most %v", took, tc.most)
				}
				time.Sleep(5 * time.Minute)
				settled(t, w, o, first, settlement{renewed: true, alone: true})
				if !slices.ContainsFunc(o.tasks, func(task Task) bool {
					return task.Key == "orphans" && task.Limit > 0
				}) {
					t.Error("the search has no task with its limit")
				}
				t.Logf("%s: %v", name, took.Round(time.Second))
			})
		})
	}
}

// palmail is killed behind the last deletion, or the keyring has missed it: the
// next `palmail rotate` looks before it says that the old secret still works.
func TestRotateLooksAtTheOldSecretFirst(t *testing.T) {
	at := 0
	synctest.Test(t, func(t *testing.T) {
		w, first := begin(t, store.ModeSignIn)
		f := &fate{}
		if _, err := newOffice(t, w, first.Secret.Value).visit(f, "rotate", nil); err != nil {
			t.Fatal(err)
		}
		at = slices.IndexFunc(f.points, func(p string) bool { return strings.HasSuffix(p, "/removePassword") }) + 1
	})
	for _, deleted := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w, first := begin(t, store.ModeSignIn)
			o := newOffice(t, w, first.Secret.Value)
			_, _ = o.visit(&fate{die: at, behind: deleted}, "rotate", nil)
			x := w.record(t)
			if x.Old.Value.IsZero() || x.Removing != x.Old.KeyID {
				t.Fatalf("old %q, removing %q", x.Old.Hint, x.Removing)
			}
			again := newOffice(t, w, o.pal)
			again.picks["rotate"] = []string{"esc"}
			again.picks["home"] = []string{"esc"}
			if !deleted {
				again.picks["two-secrets"] = []string{"Delete it first"}
				again.picks["old-secret"] = []string{"Sign in"}
			}
			if _, err := again.visit(&fate{}, "rotate", nil); err != nil {
				t.Fatalf("%v %v", err, again.seen)
			}
			if slices.Contains(again.seen, "two-secrets") == deleted || again.seen[0] != "old-look" {
				t.Errorf("deleted %v: %v", deleted, again.seen)
			}
			if c, ok := again.choices["old-secret"]; ok && optionAt(c.Options, optionUndo) >= 0 {
				t.Error("the way back is offered to a secret whose deletion was begun")
			}
			if x = w.record(t); !x.Old.Value.IsZero() || x.Removing != "" || len(w.secretsOf(x.ClientID)) != 1 {
				t.Errorf("old %q, removing %q, in the tenant %v", x.Old.Hint, x.Removing, w.secretsOf(x.ClientID))
			}
		})
	}
}

// Before the old secret goes, palmail asks about every server, in both ways; where
// the account can read the sign-in log, it says which secret was used last, and where
// it cannot, nothing is asked of the admin.
func TestEveryServerIsAsked(t *testing.T) {
	for name, tc := range map[string]struct {
		mode, use string
		rules     sandbox.Rules
		text      string
		keep      bool
	}{
		"portal":                 {mode: store.ModePortal},
		"log":                    {mode: store.ModeSignIn, text: "no sign-in since"},
		"log, old in use":        {mode: store.ModeSignIn, use: "old", text: "last sign-in", keep: true},
		"no permission":          {mode: store.ModeSignIn, rules: sandbox.Rules{SignInLacks: "AuditLog.Read.All"}},
		"no licence":             {mode: store.ModeSignIn, rules: sandbox.Rules{NoPremiumLicence: true}},
		"no licence, old in use": {mode: store.ModeSignIn, use: "old", rules: sandbox.Rules{NoPremiumLicence: true}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, first := begin(t, tc.mode)
				w.tenant.SetRules(tc.rules)
				o := newOffice(t, w, first.Secret.Value)
				o.picks["old-secret"] = []string{"Keep"}
				if _, err := o.visit(&fate{}, "rotate", nil); err != nil {
					t.Fatal(err)
				}
				time.Sleep(24 * time.Hour)
				if tc.use == "old" {
					x := w.record(t)
					w.works(&x, x.Old.Value) // another PAL server still sends with it
				}
				time.Sleep(24 * time.Hour)
				later := newOffice(t, w, o.pal)
				later.picks["home"] = []string{"Delete the old", "esc"}
				later.picks["old-servers"] = []string{"No, show", "Yes"}
				if _, err := later.visit(&fate{}, "", nil); err != nil {
					t.Fatalf("%v %v", err, later.seen)
				}
				c, ok := later.choices["old-servers"]
				switch {
				case !ok || c.Title != "Is the new secret saved on every PAL server?":
					t.Fatalf("%v", later.seen)
				case strings.Contains(c.Text, "sign-in log") != (tc.text != "") || !strings.Contains(c.Text, tc.text):
					t.Errorf("it says %q", c.Text)
				case tc.keep != (c.Options[c.Picked].Key == optionBack) || tc.keep != (c.Headline.State == Warn):
					t.Errorf("picked %q, headline %+v", c.Options[c.Picked].Text, c.Headline)
				case !later.pal.Equal(w.record(t).Secret.Value):
					t.Error("the Secret Key was not shown again")
				}
				settled(t, w, later, first, settlement{renewed: true, alone: true})
			})
		})
	}
}

// The log is read with a deadline, and a cloud that has no beta changes nothing.
func TestSignInLogNeverStopsARotation(t *testing.T) {
	for name, o := range map[string]sandbox.Outcome{
		"slow": {Latency: time.Hour}, "no such address": {Status: 404}, "HTML": {Damage: sandbox.ReplacedByHTML},
		"lost": {Lost: true}, "fault": {Status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, first := begin(t, store.ModeSignIn)
				asked := 0
				w.tenant.Intercept(func(c sandbox.Call) sandbox.Outcome {
					if strings.HasPrefix(c.Path, "/beta/") {
						asked++
						return o
					}
					return sandbox.Outcome{}
				})
				began := time.Now()
				office := newOffice(t, w, first.Secret.Value)
				if _, err := office.visit(&fate{}, "rotate", nil); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); asked == 0 || took > time.Minute {
					t.Errorf("%d calls, %v", asked, took)
				}
				settled(t, w, office, first, settlement{renewed: true, alone: true})
			})
		})
	}
}
