package wizard

import (
	"context"
	"errors"
	"regexp"
	"runtime"
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
	if _, err := f.tenant.Visit(f.t.Context(), "https://login.microsoftonline.com/common/oauth2/deviceauth", code[1],
		"admin@agency.gov"); err != nil {
		f.t.Fatal(err)
	}
	f.sleep(20 * time.Second)
}

// reel is a film that is to be made.
type reel struct {
	name, mode string
	prepare    func(f *film) // what happens before it begins, nil for nothing
	walk       func(f *film)
}

// shoot makes the films of palmail's own command start, days after the set-up,
// at both sizes.
func shoot(t *testing.T, reels []reel, start string, after int, weather sandbox.Weather) {
	for _, r := range reels {
		for _, size := range []struct {
			name string
			w, h int
		}{{"80x24", 80, 24}, {"40x10", 40, 10}} {
			t.Run(r.name+"-"+size.name, func(t *testing.T) {
				if r.name == "clock" && runtime.GOOS != "linux" {
					t.Skip("the frame shows Linux's command for setting the clock")
				}
				inBubble(t, func(t *testing.T) {
					f := &film{
						tenant: sandbox.New(sandbox.Options{Seed: 7, Weather: weather}),
						kept:   &refusingStore{Memory: store.NewMemory()},
					}
					f.setup = practised(t, f.tenant)
					f.setup.Mode = r.mode
					days(after)
					f.rig = &rig{t: t} // for what fails before the screens are there
					if r.prepare != nil {
						r.prepare(f)
					}
					if r.mode != "nothing stored" {
						if err := f.kept.Save(t.Context(), "default", &f.setup); err != nil {
							t.Fatal(err)
						}
					}
					env := steps.Env{
						Store: f.kept, M365: m365.Options{
							Transport: f.tenant.Transport(), Now: time.Now,
						}, Profile: "default", Now: time.Now, Start: start,
						WriteFile: func(name string, _ []byte) (string, error) { return `C:\Users\pat\` + name, nil },
					}
					f.rig = newRig(t, size.w, size.h, Options{
						BrowserHere: true, Kept: func() bool { return true },
					}, func(ctx context.Context, ui steps.UI) error {
						env.UI = ui
						_, err := steps.Run(ctx, env)
						return err
					})
					r.walk(f)
					golden.RequireEqual(t, f.text.String())
				})
			})
		}
	}
}
