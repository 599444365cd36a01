package wizard

import (
	"context"
	"testing"
	"time"

	"palmail/diagnose"
	"palmail/steps"
)

// liveChoice looks something up for two seconds and then proposes its second option.
func liveChoice() steps.Choice {
	c := homeChoice
	c.Text = ""
	c.Headline = steps.Verdict{
		State: steps.Warn, Text: "**The secret expires in 12 days, on 5 December 2026.** Mail stops that day.",
	}
	c.Bar = steps.Bar{Done: 168, Of: 180, State: steps.Warn, Text: "abc…  168 of 180 days"}
	c.Footer = "Last test 9 June 2026, arrived · set up by admin@agency.gov"
	c.Check = func(ctx context.Context, report steps.Report) steps.Outlook {
		report(steps.Task{Key: "a", State: steps.Right, Text: "Tenant and app found"})
		report(steps.Task{Key: "b", State: steps.Right, Text: "Secret works"})
		report(steps.Task{Key: "c", State: steps.Busy, Text: "Mail.Send"})
		select {
		case <-ctx.Done():
			return steps.Outlook{Picked: -1}
		case <-time.After(2 * time.Second):
		}
		report(steps.Task{Key: "c", State: steps.Wrong, Text: "Mail.Send is not granted"})
		return steps.Outlook{Finding: &diagnose.Finding{Title: "Mail.Send is not granted"}, Picked: 1}
	}
	return c
}

// The check of a choice comes in while one can choose, and proposes a way out
// only to an admin who has not moved.
func TestChoiceCheck(t *testing.T) {
	for _, moved := range []bool{false, true} {
		inBubble(t, func(t *testing.T) {
			picked := -1
			r := newRig(t, 80, 24, Options{}, func(ctx context.Context, ui steps.UI) (err error) {
				picked, err = ui.Choose(ctx, liveChoice())
				return err
			})
			r.want("✓ Tenant and app found", "✓ Secret works", "168 of 180 days", "━━", "set up by")
			want := 1
			if moved {
				r.press("down", "down", "down")
				want = 3
			}
			r.sleep(2100 * time.Millisecond)
			r.want("✗ Mail.Send is not granted")
			if !moved {
				r.press("enter") // came within a moment of the change: meant for the other option
				if r.ended {
					t.Fatal("a key meant for another option was taken")
				}
			}
			r.sleep(time.Second)
			r.press("enter")
			if err := r.done(); err != nil || picked != want {
				t.Errorf("moved %v: picked %d, %v", moved, picked, err)
			}
		})
	}
}

// Choosing ends the check, and the flow goes on only when it has ended.
func TestChoiceEndsItsCheck(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ended := false
		c := liveChoice()
		check := c.Check
		c.Check = func(ctx context.Context, report steps.Report) steps.Outlook {
			defer func() { ended = true }()
			return check(ctx, report)
		}
		r := newRig(t, 40, 10, Options{}, func(ctx context.Context, ui steps.UI) error {
			_, err := ui.Choose(ctx, c)
			if !ended {
				t.Error("the check is still running")
			}
			return err
		})
		r.press("enter")
		if err := r.done(); err != nil {
			t.Error(err)
		}
	})
}
