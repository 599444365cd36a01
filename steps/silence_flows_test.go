package steps

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
	"palmail/store"
)

// slowStore takes its time for every call.
type slowStore struct{ *store.Memory }

const keyringTime = 4 * time.Second

func (s slowStore) Load(ctx context.Context, profile string) (store.Setup, error) {
	if err := pause(ctx, keyringTime); err != nil {
		return store.Setup{}, err
	}
	return s.Memory.Load(ctx, profile)
}

func (s slowStore) Save(ctx context.Context, profile string, x *store.Setup) error {
	if err := pause(ctx, keyringTime); err != nil {
		return err
	}
	return s.Memory.Save(ctx, profile, x)
}

// No flow keeps an admin waiting without a word, however slow Microsoft or the
// keyring is: the silence of the scripts fails a test that does.
func TestNoFlowIsSilent(t *testing.T) {
	slow := map[string]func(*world){
		"latency": func(w *world) { w.tenant.SetWeather(sandbox.Weather{Latency: 5 * time.Second}) },
		"throttled": func(w *world) {
			w.tenant.SetWeather(sandbox.Weather{ThrottleEvery: 2, ThrottleSeconds: 12})
		},
		"faults": func(w *world) {
			w.tenant.SetWeather(sandbox.Weather{FaultEvery: 2, FaultSeconds: 9})
		},
		"a long Retry-After": func(w *world) {
			seen := map[string]bool{}
			w.tenant.Intercept(func(c sandbox.Call) sandbox.Outcome {
				if c.Path == "" || seen[c.Method+c.Path] || c.Method == http.MethodGet {
					return sandbox.Outcome{}
				}
				seen[c.Method+c.Path] = true
				return sandbox.Outcome{Status: http.StatusTooManyRequests, RetryAfter: "45"}
			})
		},
		"keyring": func(w *world) { w.slowKeyring = true },
	}
	flows := map[string]func(*testing.T, func(*world)){
		"guided": func(t *testing.T, slow func(*world)) {
			w := newWorld(t, sandbox.Options{Seed: 5})
			slow(w)
			if _, err := w.run(newScript(t)); err != nil {
				t.Error(err)
			}
		},
		"signed in": func(t *testing.T, slow func(*world)) {
			w := newWorld(t, sandbox.Options{Seed: 5})
			slow(w)
			if _, err := w.run(signer(t, w, "admin@agency.gov")); err != nil {
				t.Error(err)
			}
		},
		"undo": func(t *testing.T, slow func(*world)) {
			w := newWorld(t, sandbox.Options{Seed: 5})
			if _, err := w.run(signer(t, w, "admin@agency.gov")); err != nil {
				t.Fatal(err)
			}
			slow(w)
			s := signer(t, w, "admin@agency.gov").on("undo", turn{fill: map[string]string{"name": "PAL mail"}})
			if _, err := w.undoRun(s); err != nil {
				t.Error(err)
			}
		},
	}
	for _, mode := range modes {
		flows["rotate "+mode] = func(t *testing.T, slow func(*world)) {
			w, first := begin(t, mode)
			slow(w)
			if _, err := newOffice(t, w, first.Secret.Value).visit(&fate{}, "rotate", nil); err != nil {
				t.Error(err)
			}
		}
		flows["rotate and go back "+mode] = func(t *testing.T, slow func(*world)) {
			w, first := begin(t, mode)
			slow(w)
			o := newOffice(t, w, first.Secret.Value)
			o.picks["rotate-sends"] = []string{"Go back"}
			if _, err := o.visit(&fate{}, "rotate", nil); err != nil {
				t.Error(err)
			}
		}
		flows["limit and undo "+mode] = func(t *testing.T, slow func(*world)) {
			w, first := begin(t, mode)
			slow(w)
			if _, err := narrow(t, w, first).visit(&fate{}, "limit"); err != nil {
				t.Fatal(err)
			}
			n := narrow(t, w, first)
			n.picks["limit-home"], n.picks["limit-undo"] = []string{"Undo"}, []string{"Yes"}
			n.picks["limit-clear"] = []string{"Show", "It has run"}
			if _, err := n.visit(&fate{}, "limit"); err != nil {
				t.Error(err)
			}
		}
		flows["home and check "+mode] = func(t *testing.T, slow func(*world)) {
			w, first := begin(t, mode)
			slow(w)
			o := newOffice(t, w, first.Secret.Value)
			o.picks["home"] = []string{"Check", "Leave"}
			if _, err := o.visit(&fate{}, "", nil); err != nil {
				t.Log(err)
			}
		}
	}
	for how, slow := range slow {
		for name, flow := range flows {
			if name == "signed in" && how == "keyring" {
				continue // fake time stands still while one chain waits for the other's save at a mutex
			}
			t.Run(name+" "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { flow(t, slow) })
			})
		}
	}
}
