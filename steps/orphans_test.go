package steps

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
	"palmail/store"
)

// A list that does not show the newer secret yet proves nothing about the older one.
func TestLostSecretIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, ap, said := remover(t, "PAL mail lost|PAL mail new")
		w.tenant.SetWeather(sandbox.Weather{AppDelay: 30 * time.Second, Flapping: true})
		id := ap.setup.ClientID
		lost, err := w.tenant.AddSecret(id, "PAL mail lost", time.Now().AddDate(0, 0, 90))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		known, err := w.tenant.AddSecret(id, "PAL mail new", time.Now().AddDate(0, 0, 90))
		if err != nil {
			t.Fatal(err)
		}
		ap.setup.Pending = store.Secret{KeyID: known.ID, Description: known.Description}
		start := time.Now()
		if err := ap.removeNamed(t.Context(), []string{"PAL mail lost"}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 25*time.Second || took > 75*time.Second {
			t.Errorf("it took %s", took)
		}
		app, _ := w.tenant.AppWithID(id)
		for _, x := range app.Secrets {
			if x.ID == lost.ID {
				t.Error("the lost secret is left")
			}
		}
		if !slices.ContainsFunc(*said, func(x Task) bool {
			return x.Key == "orphans" && x.State == Waiting && x.Limit == directoryBudget
		}) {
			t.Errorf("the search is no task with a limit: %+v", *said)
		}
	})
}

// remover is an applier in a finished setup whose intent has these names, and what it reports.
func remover(t *testing.T, names string) (*world, *applier, *[]Task) {
	t.Helper()
	w, x := begin(t, store.ModeSignIn)
	x.Intent = store.Intent{Kind: store.IntentSecret, Name: names}
	s := newSession(Env{
		UI: signer(t, w, "admin@agency.gov"), Store: w.store, M365: m365Options(w), Profile: "default",
		Portal: portal{w.tenant}, Now: time.Now,
	})
	s.setup = x
	admin, err := s.signIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	app, err := admin.AppByClientID(t.Context(), x.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	var said []Task
	ap := &applier{session: s, admin: admin, plan: &plan{app: app}}
	ap.report = func(task Task) { said = append(said, task) }
	return w, ap, &said
}

// What never existed is not looked for once the list shows a newer secret.
func TestNothingIsLookedForThatNeverExisted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, ap, _ := remover(t, "PAL mail never made|PAL mail new")
		known, err := w.tenant.AddSecret(ap.setup.ClientID, "PAL mail new", time.Now().AddDate(0, 0, 90))
		if err != nil {
			t.Fatal(err)
		}
		ap.setup.Pending = store.Secret{KeyID: known.ID, Description: known.Description}
		start := time.Now()
		if err := ap.removeNamed(t.Context(), []string{"PAL mail never made"}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// The deletion of a lost secret is known to the record before anything else is done.
func TestDeletionIsSavedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, ap, _ := remover(t, "PAL mail lost|PAL mail never made")
		lost, err := w.tenant.AddSecret(ap.setup.ClientID, "PAL mail lost", time.Now().AddDate(0, 0, 90))
		if err != nil {
			t.Fatal(err)
		}
		saved, start := time.Duration(-1), time.Now()
		ap.report = func(Task) {
			now := w.record(t)
			if saved >= 0 || now.Intent.Name != "PAL mail never made" {
				return
			}
			saved = time.Since(start)
			if !slices.ContainsFunc(now.History, func(e store.Event) bool {
				return e.What == store.EventRemoved && e.KeyID == lost.ID
			}) {
				t.Error("the history does not know of the deletion")
			}
		}
		if err := ap.removeNamed(t.Context(), []string{"PAL mail lost", "PAL mail never made"}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); saved < 0 || saved > time.Second || took < searchTime {
			t.Errorf("saved after %s of %s", saved, took)
		}
	})
}
