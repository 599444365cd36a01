package steps

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
	"palmail/sandbox/contracttest"
	"palmail/steps/progress"
	"palmail/store"
)

// undoRun removes what palmail made, as a scripted administrator.
func (w *world) undoRun(s *script) (End, error) {
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	s.leave = cancel
	return Undo(ctx, Env{
		UI: s, Store: w.keyring(), M365: m365Options(w), Profile: "default", Portal: portal{w.tenant}, Now: time.Now,
	})
}

// Undo leaves the tenant as it was before palmail came.
func TestUndo(t *testing.T) {
	for _, weather := range []string{"calm", "usual", "rough"} {
		t.Run(weather, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wx, _ := sandbox.WeatherNamed(weather)
				w := newWorld(t, sandbox.Options{Seed: 31, Weather: wx})
				other := w.tenant.RegisterApp("not ours", sandbox.Web, "https://other.agency.gov/x")
				if _, err := w.run(signer(t, w, "admin@agency.gov")); err != nil {
					t.Fatal(err)
				}
				s := signer(t, w, "admin@agency.gov").on("undo", turn{fill: map[string]string{"name": "PAL mail"}})
				end, err := w.undoRun(s)
				if err != nil {
					t.Fatalf("%v %v", err, s.seen)
				}
				apps := w.tenant.Apps()
				if len(apps) != 1 || apps[0].ClientID != other.ClientID {
					t.Errorf("left over: %+v", apps)
				}
				if x := end.Setup; x.ClientID != "" || !x.Secret.Value.IsZero() || x.Made != "" ||
					progress.Next(&x) == progress.Finished {
					t.Errorf("the record still has %+v", x)
				}
			})
		})
	}
}

// An app that was there before is left alone: only what palmail added to it goes.
func TestUndoLeavesWhatWasThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 37})
		app := w.tenant.RegisterApp("PAL mail", sandbox.Web, "https://pal.agency.gov/app/connectors/SMTP.aspx")
		if _, err := w.tenant.AddSecret(app.ClientID, "somebody's", time.Now().AddDate(0, 6, 0)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.run(signer(t, w, "admin@agency.gov").on("which-app", turn{pick: 0})); err != nil {
			t.Fatal(err)
		}
		s := signer(t, w, "admin@agency.gov").on("undo", turn{fill: map[string]string{"name": "PAL mail"}})
		if _, err := w.undoRun(s); err != nil {
			t.Fatal(err)
		}
		apps := w.tenant.Apps()
		if len(apps) != 1 || len(apps[0].Secrets) != 1 || apps[0].Secrets[0].Description != "somebody's" {
			t.Errorf("%+v", apps)
		}
		for _, p := range apps[0].Permissions {
			if p.Name == "Mail.Send" && p.Granted {
				t.Error("Mail.Send is still granted")
			}
		}
	})
}

func TestNothingToUndo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		if _, err := w.run(newScript(t)); err != nil {
			t.Fatal(err)
		}
		s := newScript(t)
		if _, err := w.undoRun(s); err != nil || s.notices["nothing-to-undo"].Title == "" || len(w.tenant.Apps()) != 1 {
			t.Errorf("%v %v", err, s.seen)
		}
	})
}

func TestReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 41})
		end, err := w.run(signer(t, w, "admin@agency.gov"))
		if err != nil {
			t.Fatal(err)
		}
		x := end.Setup
		got := strings.ReplaceAll(progress.ChangeRecord(&x, TenantOf(&x), time.Now()), `\`, "") // as it is read
		for _, want := range []string{
			x.ClientID, x.TenantID, x.AppObjectID, x.ServicePrincipalID, x.GrantID, x.Secret.KeyID,
			x.Secret.Description, x.Mailbox, "admin@agency.gov", x.LastTest.Reference, "app, service-principal, grant",
		} {
			if want == "" || !strings.Contains(got, want) {
				t.Errorf("the report lacks %q:\n%s", want, got)
			}
		}
		if value := x.Secret.Value.Reveal(); strings.Contains(got, value) || strings.Contains(got, value[20:]) {
			t.Error("the secret is in the report")
		}
		x.AppName = "a|b<script>`"
		if got := progress.ChangeRecord(&x, TenantOf(&x), time.Now()); strings.Contains(got, "<script>") ||
			!strings.Contains(got, `a\|b`) {
			t.Error("a name breaks out of its cell")
		}
	})
}

// Everything that signing in asks and the tenant answers is as Microsoft's description has it.
func TestAutomaticContract(t *testing.T) {
	rec := &contracttest.Recorder{}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Weather: sandbox.Usual(), Seed: 43})
		w.tenant.Observe(rec.Observe)
		if _, err := w.run(signer(t, w, "admin@agency.gov")); err != nil {
			t.Fatal(err)
		}
		s := signer(t, w, "admin@agency.gov").on("undo", turn{fill: map[string]string{"name": "PAL mail"}})
		if _, err := w.undoRun(s); err != nil {
			t.Fatal(err)
		}
	})
	contracttest.Check(t, rec)
}

func TestWithout(t *testing.T) {
	x := store.Setup{}
	noteMade(&x, store.MadeApp)
	noteMade(&x, store.MadeGrant)
	noteMade(&x, store.MadeApp)
	if x.Made != "app grant" || without(x.Made, store.MadeApp) != "grant" || !madeByPalmail(&x, store.MadeGrant) {
		t.Errorf("%q", x.Made)
	}
}

// Another program's secret in an app that palmail registered is named before the
// app is deleted with it, and enter alone deletes nothing.
func TestUndoNamesOtherSecrets(t *testing.T) {
	for _, picked := range []int{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			w, first := begin(t, store.ModeSignIn)
			w.foreign(t, first.ClientID)
			s := signer(t, w, "admin@agency.gov").on("undo", turn{fill: map[string]string{"name": "PAL mail"}})
			if picked > 0 {
				s.on("undo-others", turn{pick: picked})
			}
			_, err := w.undoRun(s)
			if _, left := w.tenant.AppWithID(first.ClientID); left != (picked == 0) {
				t.Errorf("picked %d: the app is left: %v, %v, %v", picked, left, err, s.seen)
			}
			if text := s.choices["undo-others"].Text; !strings.Contains(text, "Backup job") || strings.Contains(text, "PAL mail") {
				t.Errorf("it names %q", text)
			}
		})
	}
}
