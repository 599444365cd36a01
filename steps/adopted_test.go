package steps

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/steps/progress"
	"palmail/store"
)

const practiceRedirect = "https://pal.agency.gov/app/connectors/SMTP.aspx"

func postedApp(at time.Time) []m365.App {
	return []m365.App{{
		ObjectID: "object", ClientID: "client", Name: "PAL mail", RedirectURIs: []string{practiceRedirect},
		Created: at.Add(-time.Second),
	}}
}

// spoilings make somebody else's app of one that palmail registered by POST.
var spoilings = map[string]func(*m365.App){
	"it has a secret":             func(a *m365.App) { a.Secrets = []m365.AppSecret{{KeyID: "somebody's"}} },
	"it has another unique name":  func(a *m365.App) { a.UniqueName = "another" },
	"it has another redirect URI": func(a *m365.App) { a.RedirectURIs = []string{"https://other.agency.gov/x"} },
	"it has another name":         func(a *m365.App) { a.Name = "PAL mail 2" },
	"it was there before":         func(a *m365.App) { a.Created = a.Created.Add(-2 * serverSkew) },
}

// Where the account is not allowed to register apps, the journal is closed. The app that a
// colleague registers is used only after asking, and is never palmail's to delete.
func TestColleagueRegistersTheApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 73})
		first := signer(t, w, "user@agency.gov").on("may-not-register", turn{leave: true})
		if _, err := w.run(first); err == nil {
			t.Fatal("it did not leave")
		}
		if x := w.record(t); x.Intent != (store.Intent{}) || x.AppUniqueName != "" {
			t.Fatalf("the journal is open: %+v %q", x.Intent, x.AppUniqueName)
		}
		app := w.tenant.RegisterApp("PAL mail", sandbox.Web, practiceRedirect)
		if _, err := w.tenant.AddSecret(app.ClientID, "colleague's", time.Now().AddDate(0, 6, 0)); err != nil {
			t.Fatal(err)
		}
		second := signer(t, w, "admin@agency.gov").on("which-app", turn{pick: 0})
		end, err := w.run(second)
		if err != nil {
			t.Fatalf("%v %v", err, second.seen)
		}
		if x := end.Setup; !x.AppAdopted || madeByPalmail(&x, store.MadeApp) || x.ClientID != app.ClientID {
			t.Errorf("adopted %v, made %q", x.AppAdopted, x.Made)
		}
		if text := progress.ChangeRecord(&end.Setup, TenantOf(&end.Setup), time.Now()); !strings.Contains(text,
			"Not made by palmail | the app registration") {
			t.Errorf("the change record does not say it:\n%s", text)
		}
		s := signer(t, w, "admin@agency.gov").on("undo", turn{fill: map[string]string{"name": "PAL mail"}})
		if _, err := w.undoRun(s); err != nil {
			t.Fatal(err)
		}
		guide := ""
		for _, i := range s.pages["undo"].Guide(Answers{}) {
			guide += i.Text + "\n"
		}
		if strings.Contains(guide, "Removes the app") || !strings.Contains(guide, "Leaves the app PAL mail") {
			t.Errorf("undo offers:\n%s", guide)
		}
		left, ok := w.tenant.AppWithID(app.ClientID)
		if !ok || len(left.Secrets) != 1 || left.Secrets[0].Description != "colleague's" {
			t.Errorf("left: %v %+v", ok, left.Secrets)
		}
	})
}

// Another app takes the place of the one that palmail registered: what palmail
// made of the first is no reason to delete the second.
func TestAnotherAppIsNotPalmails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 79})
		end, err := w.run(signer(t, w, "admin@agency.gov"))
		if err != nil {
			t.Fatal(err)
		}
		s := newSession(Env{})
		s.setup = end.Setup
		s.changeApp("11111111-2222-3333-4444-555555555555")
		if lines := strings.Join(undoLines(&s.setup), "\n"); strings.Contains(lines, "the app") ||
			s.setup.AppObjectID != "" || s.setup.AppUniqueName != "" {
			t.Errorf("undo offers %s of %+v", lines, s.setup)
		}
		x := end.Setup
		x.AppAdopted = true
		if lines := undoLines(&x); strings.Contains(strings.Join(lines, "\n"), "client ID") {
			t.Errorf("undo offers an adopted app: %v", lines)
		}
	})
}

// After the app was deleted in the portal another one is registered, under
// another unique name: a deleted app keeps its name for 30 days.
func TestDeletedAppIsReplaced(t *testing.T) {
	for name, when := range map[string]func(store.Setup) bool{
		"with a new secret": func(x store.Setup) bool { return x.Pending.KeyID != "" },
		"recorded":          func(x store.Setup) bool { return x.AppObjectID != "" },
		"only begun":        nil,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, sandbox.Options{Seed: 83})
				f := killedWhen(w, when)
				if when == nil {
					f = &fate{
						die:    pointIn(t, sandbox.Options{Seed: 83}, 0, "PATCH /v1.0/applications(uniqueName"),
						behind: true,
					}
				}
				_, _, _ = visitOnce(t, w, f)
				apps := w.tenant.Apps()
				if len(apps) != 1 || apps[0].UniqueName == "" {
					t.Fatalf("%+v", apps)
				}
				w.tenant.DeleteApp(apps[0].ClientID)
				start := time.Now()
				s := signer(t, w, "admin@agency.gov")
				end, err := w.run(s)
				now := w.tenant.Apps()
				if err != nil || len(now) != 1 || now[0].UniqueName == apps[0].UniqueName ||
					now[0].UniqueName == "" || end.Setup.AppUniqueName != now[0].UniqueName {
					t.Fatalf("%v %v\n%+v\n%q", err, s.seen, now, end.Setup.AppUniqueName)
				}
				if next := progress.Next(&end.Setup); next != progress.Finished {
					t.Errorf("next is %s", next)
				}
				if took := time.Since(start); took > time.Minute {
					t.Errorf("it took %s to believe that the app was deleted", took)
				}
			})
		})
	}
}

// A new secret that somebody deletes in the portal before it was verified is made again.
func TestDeletedPendingSecretIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 83, Weather: sandbox.Weather{SecretDelay: 20 * time.Second}})
		_, _, _ = visitOnce(t, w, killedWhen(w, func(x store.Setup) bool { return x.Pending.KeyID != "" }))
		x := w.record(t)
		if err := w.tenant.RemoveSecret(x.ClientID, x.Pending.KeyID); err != nil {
			t.Fatal(err)
		}
		o, end, err := visitOnce(t, w, &fate{})
		if err != nil || end.Setup.Secret.KeyID == x.Pending.KeyID {
			t.Fatalf("%v %v", err, o.seen)
		}
		once(t, w, end.Setup)
	})
}

// A run begins again while the directory has not heard of the app: it is waited
// for, in a line with its limit, and not taken for deleted.
func TestRecordedAppIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 83, Weather: lagging()})
		_, _, _ = visitOnce(t, w, killedWhen(w, func(x store.Setup) bool { return x.AppObjectID != "" }))
		w.tenant.SetWeather(sandbox.Weather{AppDelay: 5 * time.Minute, SecretDelay: 6 * time.Minute})
		o, end, err := visitOnce(t, w, &fate{})
		if err != nil {
			t.Fatalf("%v %v", err, o.seen)
		}
		once(t, w, end.Setup)
		waited := slices.ContainsFunc(o.tasks, func(x Task) bool {
			return strings.HasPrefix(x.Text, "Waiting for the app ") && x.State == Waiting && x.Limit == directoryBudget
		})
		if !waited {
			t.Errorf("no line says what is waited for: %+v", o.tasks)
		}
		if plan := o.choices["plan"].Text; strings.Contains(plan, "register the app") {
			t.Errorf("the plan registers another app:\n%s", plan)
		}
	})
}

// killedWhen ends the process as soon as the record is like that.
func killedWhen(w *world, when func(store.Setup) bool) *fate {
	f := &fate{}
	f.check = func(string) {
		x, err := w.store.Load(context.Background(), "default")
		if err != nil || !when(x) {
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.dead = true
		f.kill()
	}
	return f
}
