package wizard

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/steps"
	"palmail/store"
)

// practiceTour is the practice tenant's portal for the tour.
type practiceTour struct{ tenant *sandbox.Tenant }

func (p practiceTour) Options(screen string, have map[string]string) []steps.Practice {
	do := func(label string, m sandbox.Mistake) steps.Practice {
		return steps.Practice{Label: label, Do: func(context.Context) (map[string]string, string, error) {
			return p.tenant.Practice(screen, m, have)
		}}
	}
	switch screen {
	case "start", "register", "secret", "permission":
		all := []steps.Practice{do("Do it right", "")}
		for _, m := range p.tenant.Mistakes(screen) {
			all = append(all, do(m.Label(), m))
		}
		return all
	case "arrived":
		return []steps.Practice{do("Read the mail", "")}
	}
	return nil
}

// The real pages of the guided setup, one after the other, as an admin sees
// them: each is compared with its picture.
func TestTour(t *testing.T) {
	for _, size := range []struct {
		name string
		w, h int
	}{{"80x24", 80, 24}, {"40x10", 40, 10}} {
		t.Run(size.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				tenant := sandbox.New(sandbox.Options{
					Cloud: "gcc-high", Seed: 1, Weather: sandbox.Usual(), Now: time.Now,
				})
				r := newRig(t, size.w, size.h, Options{Demo: true, BrowserHere: true}, func(
					ctx context.Context, ui steps.UI,
				) error {
					_, err := steps.Run(ctx, steps.Env{
						UI: ui, Store: store.NewMemory(), Memory: func() steps.Store { return store.NewMemory() },
						M365: m365.Options{Transport: tenant.Transport(), Now: time.Now}, Profile: "default",
						Portal: practiceTour{tenant}, Now: time.Now,
					})
					return err
				})
				var film strings.Builder
				stop := func(name string) {
					film.WriteString("== " + name + "\n" + r.screen() + "\n")
				}
				practise := func(n int) {
					r.press("ctrl+t")
					for range n {
						r.press("down")
					}
					r.press("enter")
				}
				stop("start")
				practise(0)
				r.sleep(3 * time.Second)
				stop("start, found")
				r.press("enter")
				r.sleep(time.Second)
				stop("how")
				r.press("down", "enter")
				r.sleep(time.Second)
				stop("register")
				practise(0)
				r.press("esc") // the words of what was done, where they take a screen
				r.sleep(8 * time.Second)
				stop("register, proved")
				if !strings.Contains(r.screen(), "in your tenant") { // esc went back where there was no overlay
					r.press("down", "enter")
					r.sleep(8 * time.Second)
				}
				r.press("enter")
				r.sleep(time.Second)
				stop("secret")
				practise(1)
				r.sleep(time.Second)
				stop("secret, the Secret ID")
				practise(0)
				r.sleep(20 * time.Second)
				stop("secret, proved")
				r.press("enter")
				r.sleep(5 * time.Second)
				stop("permission, waiting")
				practise(0)
				r.sleep(30 * time.Second)
				stop("PAL settings")
				r.press("enter")
				r.sleep(time.Second)
				stop("test")
				r.typed("admin@agency.gov")
				r.sleep(3 * time.Second)
				stop("test, allowed")
				golden.RequireEqual(t, film.String())
			})
		})
	}
}
