package steps

import (
	"sync"
	"testing"
	"time"

	"palmail/sandbox"
	"palmail/store"
)

// fixture is a practice tenant and a record as earlier runs of palmail have
// left them, at a moment of the fake time. Hundreds of runs that end in
// different ways begin from the same one.
type fixture struct {
	tenant []byte
	record store.Setup
	at     time.Time
}

var fixtures = struct {
	sync.Mutex
	made map[string]fixture
}{made: map[string]fixture{}}

// from returns a world in the state that build brings one to. Only the first
// call for a name builds it; the others get a copy, at the same moment.
func from(t *testing.T, name string, build func(*testing.T) *world) *world {
	t.Helper()
	fixtures.Lock()
	f, made := fixtures.made[name]
	fixtures.Unlock()
	if !made {
		w := build(t)
		f = fixture{record: w.record(t), at: time.Now()}
		var err error
		if f.tenant, err = w.tenant.State(); err != nil {
			t.Fatal(err)
		}
		f.record.Revision = ""
		fixtures.Lock()
		fixtures.made[name] = f
		fixtures.Unlock()
	}
	time.Sleep(time.Until(f.at))
	// Another seed than the one it was built with, lest an ID is given twice.
	tenant, err := sandbox.Restore(sandbox.Options{Seed: 1009}, f.tenant)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, tenant: tenant, store: store.NewMemory()}
	x := f.record
	if err := w.store.Save(t.Context(), "default", &x); err != nil {
		t.Fatal(err)
	}
	return w
}

// record is what the keyring holds.
func (w *world) record(t *testing.T) store.Setup {
	t.Helper()
	x, err := w.store.Load(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	return x
}
