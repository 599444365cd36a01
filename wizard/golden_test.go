package wizard

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"palmail/steps"
)

func rightCheck(context.Context, steps.Answers, steps.Report) steps.Verdict {
	return steps.Verdict{State: steps.Right, Text: "The secret works."}
}

func wrongCheck(context.Context, steps.Answers, steps.Report) steps.Verdict {
	return steps.Verdict{State: steps.Wrong, Text: "**Microsoft does not know this secret**", Finding: badSecret}
}

func showing(n steps.Notice) func(context.Context, steps.UI) error {
	return func(ctx context.Context, ui steps.UI) error { return ui.Show(ctx, n) }
}

func choosing(c steps.Choice) func(context.Context, steps.UI) error {
	return func(ctx context.Context, ui steps.UI) error { _, err := ui.Choose(ctx, c); return err }
}

func working(w steps.Work) func(context.Context, steps.UI) error {
	return func(ctx context.Context, ui steps.UI) error { return ui.Work(ctx, w) }
}

// scenes are the states that have a picture each.
var scenes = []struct {
	name string
	o    Options
	flow func(context.Context, steps.UI) error
	act  func(r *rig)
}{
	{"secret-empty", Options{BrowserHere: true}, fill(secretPage(rightCheck), nil), func(r *rig) {}},
	{
		"secret-unfinished", Options{BrowserHere: true}, fill(secretPage(rightCheck), nil), func(r *rig) {
			r.typed("abc")
			r.press("enter")
		},
	},
	{
		"secret-wrong", Options{BrowserHere: true, Kept: func() bool { return true }},
		fill(secretPage(rightCheck), nil), func(r *rig) { r.paste(secretID) },
	},
	{
		"secret-warn", Options{BrowserHere: true}, fill(secretPage(nil), nil), func(r *rig) {
			r.paste("0123456789012345678901234567890123456789")
		},
	},
	{
		"secret-checking", Options{BrowserHere: true}, fill(secretPage(waitingCheck), nil), func(r *rig) {
			r.paste(value)
		},
	},
	{"secret-right", Options{BrowserHere: true}, fill(secretPage(rightCheck), nil), func(r *rig) { r.paste(value) }},
	{"secret-finding", Options{BrowserHere: true}, fill(secretPage(wrongCheck), nil), func(r *rig) { r.paste(value) }},
	{"secret-no-browser", Options{}, fill(secretPage(rightCheck), nil), func(r *rig) { r.press("ctrl+o") }},
	{
		"secret-copied", Options{BrowserHere: true}, fill(secretPage(rightCheck), nil), func(r *rig) {
			r.press("ctrl+y")
		},
	},
	{
		"details", Options{BrowserHere: true}, fill(secretPage(wrongCheck), nil), func(r *rig) {
			r.paste(value)
			r.press("ctrl+d")
		},
	},
	{
		"another-date", Options{BrowserHere: true}, fill(secretPage(rightCheck), nil), func(r *rig) {
			r.press("up", "right", "right", "right", "right")
		},
	},
	{"mail-nag", Options{BrowserHere: true}, fill(mailPage(), nil), func(r *rig) { r.typed("q"); r.press("enter") }},
	{
		"permission-waiting", Options{BrowserHere: true}, fill(permissionPage(waitingCheck), nil),
		func(r *rig) { r.sleep(42500 * time.Millisecond) },
	},
	{"help", Options{BrowserHere: true}, fill(secretPage(rightCheck), nil), func(r *rig) { r.press("f1") }},
	{
		"practice", Options{Demo: true, BrowserHere: true}, fill(secretPage(rightCheck), nil), func(r *rig) {
			r.press("ctrl+t", "down")
		},
	},
	{
		"practised", Options{Demo: true, BrowserHere: true}, fill(secretPage(rightCheck), nil), func(r *rig) {
			r.press("ctrl+t", "enter")
		},
	},
	{"choice", Options{}, choosing(homeChoice), func(r *rig) {}},
	{"notice", Options{BrowserHere: true}, showing(handOff), func(r *rig) {}},
	{
		"notice-revealed", Options{BrowserHere: true}, showing(handOff), func(r *rig) {
			r.press("down", "down", "down", "r")
			r.sleep(3 * time.Second)
		},
	},
	{
		"notice-finding", Options{BrowserHere: true}, showing(steps.Notice{
			Frame: frame("x", steps.PhaseTest), Title: "The test mail was refused", Finding: badSecret,
		}), func(r *rig) {},
	},
	{"work", Options{}, working(registerWork), func(r *rig) { r.sleep(5 * time.Second) }},
	{"stopping", Options{}, working(steps.Work{Frame: frame("w", steps.PhaseRegister), Title: "Registering PAL mail",
		Run: func(ctx context.Context, _ steps.Report) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			return ctx.Err()
		}}), func(r *rig) { r.press("ctrl+c") }},
	{
		"ascii", Options{BrowserHere: true, Env: []string{"TERM=linux", "LANG=C.UTF-8"}},
		fill(secretPage(rightCheck), nil), func(r *rig) { r.paste(secretID) },
	},
	{"ascii-choice", Options{ASCII: true}, choosing(homeChoice), func(r *rig) {}},
	{"ascii-notice", Options{BrowserHere: true, ASCII: true}, showing(handOff), func(r *rig) {}},
}

func TestScreens(t *testing.T) {
	for _, s := range scenes {
		for _, size := range []struct {
			name string
			w, h int
		}{{"80x24", 80, 24}, {"40x10", 40, 10}} {
			t.Run(s.name+"-"+size.name, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					r := newRig(t, size.w, size.h, s.o, s.flow)
					s.act(r)
					if dir := os.Getenv("PALMAIL_PICTURES"); dir != "" {
						if err := os.WriteFile(filepath.Join(dir, s.name+"-"+size.name+".ansi"),
							[]byte(r.m.View().Content), 0o600); err != nil {
							t.Fatal(err)
						}
					}
					golden.RequireEqual(t, r.screen()+"\n")
				})
			})
		}
	}
}
