package wizard

import (
	"context"
	"image/color"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"palmail/steps"
)

func TestCheckFollowsTheAnswers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var running, most, runs atomic.Int32
		check := func(ctx context.Context, a steps.Answers, report steps.Report) steps.Verdict {
			runs.Add(1)
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			report(steps.Task{Key: "t", State: steps.Busy, Text: "Asking about " + a.Get("mailbox")})
			select {
			case <-time.After(500 * time.Millisecond):
			case <-ctx.Done():
				time.Sleep(100 * time.Millisecond) // some calls take a moment to give up
			}
			return steps.Verdict{State: steps.Right, Text: a.Get("mailbox") + " is right"}
		}
		p := mailPage()
		p.Fields = p.Fields[:1]
		p.Check = check
		var got steps.Answers
		r := newRig(t, 80, 24, Options{}, fill(p, &got))
		r.typed("a@b")
		r.sleep(200 * time.Millisecond)
		if runs.Load() != 0 {
			t.Fatal("the check did not wait for the typing to rest")
		}
		r.sleep(150 * time.Millisecond)
		r.want("Asking about a@b")
		r.typed("c")
		r.wantNot("Asking about")
		r.sleep(350 * time.Millisecond)
		r.want("Asking about a@bc")
		r.press("enter")
		r.want("Goes on by itself")
		r.sleep(time.Second)
		if err := r.done(); err != nil {
			t.Fatal(err)
		}
		if got.Get("mailbox") != "a@bc" || most.Load() != 1 || runs.Load() != 2 {
			t.Errorf("answer %q, %d runs, %d at once", got.Get("mailbox"), runs.Load(), most.Load())
		}
	})
}

func TestWrongKeepsThePageAndEnterRunsAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		n := 0
		check := func(context.Context, steps.Answers, steps.Report) steps.Verdict {
			if n++; n < 3 {
				return steps.Verdict{State: steps.Wrong, Finding: badSecret}
			}
			return steps.Verdict{State: steps.Right}
		}
		r := newRig(t, 80, 24, Options{}, fill(secretPage(check), nil))
		r.paste(value)
		r.want("✗ Microsoft does not know this secret", "try again")
		r.press("enter")
		r.want("✗ Microsoft does not know this secret")
		r.press("enter")
		if err := r.done(); err != nil || n != 3 {
			t.Errorf("%v after %d checks", err, n)
		}
	})
}

func TestAutoGoesOnAndSwallowsStrayKeys(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		auto := func(context.Context, steps.Answers, steps.Report) steps.Verdict {
			return steps.Verdict{State: steps.Right, Text: "Mail.Send is there.", Auto: true}
		}
		r := newRig(t, 80, 24, Options{}, func(ctx context.Context, ui steps.UI) error {
			if _, err := ui.Fill(ctx, permissionPage(auto)); err != nil {
				return err
			}
			return ui.Show(ctx, handOff)
		})
		r.want("✓ Mail.Send is there.")
		r.sleep(710 * time.Millisecond)
		r.want("Fill in Mail Server Configuration")
		r.press("enter")
		r.paste("stray")
		r.sleep(100 * time.Millisecond)
		r.want("Fill in Mail Server Configuration")
		r.sleep(300 * time.Millisecond)
		r.press("enter")
		if err := r.done(); err != nil {
			t.Error(err)
		}
	})
}

func TestOverlayHoldsAuto(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		auto := func(context.Context, steps.Answers, steps.Report) steps.Verdict {
			return steps.Verdict{State: steps.Right, Text: "Mail.Send is there.", Auto: true}
		}
		r := newRig(t, 80, 24, Options{}, fill(permissionPage(auto), nil))
		r.press("?")
		r.sleep(2 * time.Second)
		r.want("Help")
		r.press("esc")
		if err := r.done(); err != nil {
			t.Error(err)
		}
	})
}

func TestAction(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var got steps.Answers
		r := newRig(t, 80, 24, Options{}, fill(permissionPage(waitingCheck), &got))
		r.sleep(time.Second)
		r.press("ctrl+l")
		if err := r.done(); err != nil || got.Action != "ctrl+l" {
			t.Errorf("%v, action %q", err, got.Action)
		}
	})
}

func TestLeavingWaitsForTheFlow(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		finished := false
		r := newRig(t, 80, 24, Options{}, func(ctx context.Context, ui steps.UI) error {
			return ui.Work(ctx, steps.Work{Title: "Work", Run: func(ctx context.Context, _ steps.Report) error {
				<-ctx.Done()
				time.Sleep(3 * time.Second) // writes down what it made
				finished = true
				return ctx.Err()
			}})
		})
		r.press("ctrl+c")
		r.want("Stopping…")
		r.sleep(2 * time.Second)
		if r.quit || finished {
			t.Fatal("the program did not wait")
		}
		r.press("enter", "ctrl+c", "esc")
		r.sleep(1100 * time.Millisecond)
		if !r.quit || !finished || !r.m.interrupted {
			t.Errorf("quit %v, finished %v, left %v", r.quit, finished, r.m.interrupted)
		}
	})
}

func TestAFlowThatHangsIsLeftInTheEnd(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		free := make(chan struct{})
		r := newRig(t, 80, 24, Options{}, func(context.Context, steps.UI) error { <-free; return nil })
		r.press("ctrl+c")
		r.sleep(stopLimit - time.Second)
		if r.quit {
			t.Fatal("left too early")
		}
		r.sleep(1100 * time.Millisecond)
		if !r.quit || !r.m.timedOut {
			t.Error("not left")
		}
		close(free)
	})
}

func TestASlowFlowIsSeenToThink(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newRig(t, 80, 24, Options{}, func(ctx context.Context, ui steps.UI) error {
			if err := ui.Show(ctx, handOff); err != nil {
				return err
			}
			time.Sleep(3 * time.Second)
			return ui.Show(ctx, handOff)
		})
		r.press("enter")
		r.wantNot("One moment")
		r.sleep(time.Second)
		r.want("One moment…", "ctrl+c leave")
		r.press("enter") // finds nobody
		r.sleep(2100 * time.Millisecond)
		r.wantNot("One moment")
		r.press("enter") // meant for the screen before
		r.want("saved in PAL")
		r.sleep(400 * time.Millisecond)
		r.press("enter")
		if err := r.done(); err != nil {
			t.Error(err)
		}
	})
}

func TestColoursFollowTheBackground(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newRig(t, 80, 24, Options{}, fill(secretPage(wrongCheck), nil))
		r.paste(value)
		dark, text := r.m.View().Content, r.screen()
		r.do(tea.BackgroundColorMsg{Color: color.White})
		if r.m.View().Content == dark || r.screen() != text {
			t.Error("the light screen has the dark one's colours, or another text")
		}
	})
}

func TestAnyKeysInAnyWindow(t *testing.T) {
	keys := []string{
		"enter", "esc", "tab", "shift+tab", "up", "down", "left", "right", "pgdown", "pgup", "f1", "backspace",
		"ctrl+d", "ctrl+t", "ctrl+o", "ctrl+y", "ctrl+r", "ctrl+u", "r", "c", "?", "x", "日", "3",
	}
	for seed := range uint64(80) {
		inBubble(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			o := Options{Demo: seed%2 == 0, BrowserHere: seed%3 == 0, Now: time.Now}
			r := newRig(t, 80, 24, o, func(ctx context.Context, ui steps.UI) error {
				for ctx.Err() == nil {
					s := scenes[rnd.IntN(len(scenes))]
					if s.name == "stopping" {
						continue
					}
					_ = s.flow(ctx, ui) // esc and the like: on to the next screen
				}
				return ctx.Err()
			})
			for range 80 {
				switch rnd.IntN(12) {
				case 0:
					r.do(tea.WindowSizeMsg{Width: 1 + rnd.IntN(130), Height: 1 + rnd.IntN(50)})
				case 1:
					r.sleep(time.Duration(rnd.IntN(900)) * time.Millisecond)
				case 2:
					r.paste([]string{value, secretID, "日本\n語 " + strings.Repeat("w", 90), ""}[rnd.IntN(4)])
				default:
					r.press(keys[rnd.IntN(len(keys))])
				}
			}
		})
	}
}
