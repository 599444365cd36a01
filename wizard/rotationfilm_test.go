package wizard

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/steps"
	"palmail/store"
)

// film is a walk through screens of which each stop is a picture.
type film struct {
	*rig
	tenant *sandbox.Tenant
	setup  store.Setup
	kept   *refusingStore
	text   strings.Builder
}

// refusingStore is a memory that refuses to keep anything while refuses is set.
type refusingStore struct {
	*store.Memory
	refuses bool
}

func (r *refusingStore) Save(ctx context.Context, profile string, x *store.Setup) error {
	if r.refuses {
		return errors.New("failed to unlock correct collection '/org/freedesktop/secrets/collection/login'")
	}
	return r.Memory.Save(ctx, profile, x)
}

// stop takes a picture of the screen that shows want.
func (f *film) stop(name, want string) {
	f.t.Helper()
	f.sleep(4 * time.Second)
	if !strings.Contains(strings.Join(strings.Fields(f.screen()), " "), want) {
		f.t.Fatalf("%s: no %q on the screen:\n%s", name, want, f.screen())
	}
	f.text.WriteString("== " + name + "\n" + f.screen() + "\n")
}

// pick takes the n-th option of a choice, counted from where the cursor is.
func (f *film) pick(n int) {
	f.sleep(4 * time.Second)
	for ; n > 0; n-- {
		f.press("down")
	}
	for ; n < 0; n++ {
		f.press("up")
	}
	f.press("enter")
	f.sleep(4 * time.Second)
}

// paste fills in a new secret that was made in the portal, and goes on.
func (f *film) pasteNew() {
	fresh := newSecret(f.t, f.tenant, f.setup.ClientID)
	f.paste(fresh.Value.Reveal())
	f.sleep(4 * time.Second)
}

var codeOnScreen = regexp.MustCompile(`Type ([A-Z0-9]+) at`)

// signIn signs in with a code, as the practice tenant's global administrator.
func (f *film) signIn() {
	f.t.Helper()
	f.pick(0)
	code := codeOnScreen.FindStringSubmatch(f.screen())
	if code == nil {
		f.t.Fatalf("no code on the screen:\n%s", f.screen())
	}
	if _, err := f.tenant.Visit(f.t.Context(), "https://login.microsoftonline.com/common/oauth2/deviceauth", code[1], "admin@agency.gov"); err != nil {
		f.t.Fatal(err)
	}
	f.sleep(20 * time.Second)
}

// films are the ways through a renewal.
var films = []struct {
	name string
	mode string
	live func(t *testing.T, tenant *sandbox.Tenant, x *store.Setup) // what happens before it is begun
	act  func(f *film)
}{
	{"guided", store.ModePortal, nil, func(f *film) {
		f.stop("rotate", "Renew the secret")
		f.pick(0)
		f.stop("the new secret", "Create a new client secret")
		f.pasteNew()
		f.stop("the new secret, proved", "The secret works")
		f.press("enter")
		f.stop("only the Secret Key", "Put the new secret into PAL")
		f.press("enter")
		f.stop("test", "Send a test mail")
		f.press("enter")
		f.pick(0) // it arrived
		f.stop("does PAL send", "Does PAL send?")
		f.pick(1)
		f.stop("PAL does not send", "Look, in this order")
		f.pick(-1)
		f.stop("the old one", "Delete the old secret")
		f.pick(0)
		f.stop("which row", "Delete the old secret's row")
		f.press("enter") // without having deleted it
		f.sleep(4 * time.Minute)
		f.stop("the row is still there", "That secret still works")
		if err := f.tenant.RemoveSecret(f.setup.ClientID, f.setup.Secret.KeyID); err != nil {
			f.t.Fatal(err)
		}
		f.pick(0)
		if err := f.done(); err != nil {
			f.t.Error(err)
		}
	}},
	{"signed-in", store.ModeSignIn, nil, func(f *film) {
		f.pick(0)
		f.stop("sign in", "Sign in as an administrator")
		f.signIn()
		f.stop("the plan", "This is what palmail will do")
		f.pick(0)
		f.stop("made and proved", "Put the new secret into PAL")
		f.press("enter")
		f.sleep(2 * time.Second)
		f.press("enter")
		f.pick(0)
		f.pick(0)
		f.stop("the old one", "Delete the old secret")
		f.pick(0)
		if err := f.done(); err != nil {
			f.t.Error(err)
		}
	}},
	{"undone", store.ModePortal, nil, func(f *film) {
		f.pick(0)
		f.pasteNew()
		f.press("enter")
		f.sleep(4 * time.Second)
		f.press("esc")
		f.stop("esc in the middle", "The new secret is not in use yet")
		f.pick(1)
		f.stop("the old one goes back", "Put the old secret back into PAL")
		f.press("enter")
		f.stop("the new one goes", "Remove the new secret from the tenant")
	}},
	{"come-back", store.ModePortal, func(t *testing.T, tenant *sandbox.Tenant, x *store.Setup) {
		x.Pending, x.PendingShown = newSecret(t, tenant, x.ClientID), time.Now()
	}, func(f *film) { f.stop("a new one waits", "A new secret is waiting") }},
	{"two-secrets", store.ModePortal, func(t *testing.T, tenant *sandbox.Tenant, x *store.Setup) {
		x.Old, x.Secret = x.Secret, newSecret(t, tenant, x.ClientID)
	}, func(f *film) { f.stop("a third one", "An old secret still works") }},
	{"not-kept", store.ModePortal, nil, func(f *film) {
		f.pick(0)
		f.kept.refuses = true
		f.pasteNew()
		f.stop("not kept yet", "The secret works")
		f.press("enter")
		f.stop("the keyring refuses", "the keyring did not keep it")
	}},
	{"which-secret", store.ModePortal, func(t *testing.T, tenant *sandbox.Tenant, x *store.Setup) {
		newSecret(t, tenant, x.ClientID) // somebody else's
		x.Old, x.Secret = x.Secret, newSecret(t, tenant, x.ClientID)
		x.Old.KeyID = ""
	}, func(f *film) {
		f.pick(0)
		f.pick(-1)
		f.signIn()
		f.stop("which is the old one", "Which row is the old secret?")
	}},
	{"no-way-back", store.ModePortal, func(t *testing.T, tenant *sandbox.Tenant, x *store.Setup) {
		x.Pending, x.PendingShown = newSecret(t, tenant, x.ClientID), time.Now()
		if err := tenant.RemoveSecret(x.ClientID, x.Secret.KeyID); err != nil {
			t.Fatal(err)
		}
	}, func(f *film) {
		f.pick(1)
		f.sleep(time.Minute)
		f.stop("the old one does not work", "The old secret does not work")
	}},
}

// The screens of a renewal, in both modes, undone, and with what can be in its way.
func TestRotationFilms(t *testing.T) {
	for _, reel := range films {
		for _, size := range []struct {
			name string
			w, h int
		}{{"80x24", 80, 24}, {"40x10", 40, 10}} {
			t.Run(reel.name+"-"+size.name, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					f := &film{tenant: sandbox.New(sandbox.Options{Seed: 7}), kept: &refusingStore{Memory: store.NewMemory()}}
					f.setup = practised(t, f.tenant)
					f.setup.Mode = reel.mode
					days(100)
					if reel.live != nil {
						reel.live(t, f.tenant, &f.setup)
					}
					if err := f.kept.Save(t.Context(), "default", &f.setup); err != nil {
						t.Fatal(err)
					}
					env := steps.Env{
						Store: f.kept, M365: m365.Options{Transport: f.tenant.Transport(), Now: time.Now}, Profile: "default", Now: time.Now, Start: "rotate",
					}
					f.rig = newRig(t, size.w, size.h, Options{BrowserHere: true, Kept: func() bool { return true }}, func(ctx context.Context, ui steps.UI) error {
						env.UI = ui
						_, err := steps.Run(ctx, env)
						return err
					})
					reel.act(f)
					golden.RequireEqual(t, f.text.String())
				})
			})
		}
	}
}
