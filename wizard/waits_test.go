package wizard

import (
	"context"
	"strings"
	"testing"
	"time"

	"palmail/steps"
)

// waits are everything that can last: after three seconds each screen shows
// what it waits for, for how long, and how to leave.
var waits = map[string]struct {
	o    Options
	flow func(context.Context, steps.UI) error
	keys []string
	want []string
}{
	"check without a task": {
		flow: fill(permissionPage(silentCheck), nil),
		want: []string{"Checking…", "0:03", "ctrl+c leave"},
	},
	"check with a limit": {
		flow: fill(permissionPage(waitingCheck), nil),
		want: []string{"Waiting for Mail.Send", "0:03 of 5:00", "ctrl+c leave"},
	},
	"work without a task": {
		flow: working(steps.Work{Title: "Registering", Run: silentWork}),
		want: []string{"Starting…", "0:03", "ctrl+c stop"},
	},
	"work that began before": {
		flow: working(steps.Work{Title: "Taking effect", Run: func(ctx context.Context, report steps.Report) error {
			report(steps.Task{State: steps.Waiting, Text: "Waiting for Exchange", Since: time.Now().Add(-time.Hour),
				Limit: 2 * time.Hour, RetryAfter: 11500 * time.Millisecond})
			return silentWork(ctx, report)
		}}),
		want: []string{"1:00:03 of 2:00:00", "Microsoft asks to wait 12 s before the next try.", "ctrl+c stop"},
	},
	"choice that looks something up": {
		flow: choosing(steps.Choice{Title: "Home", Options: []steps.Option{{Text: "Leave"}},
			Check: func(ctx context.Context, report steps.Report) steps.Outlook {
				report(steps.Task{State: steps.Busy, Text: "Looking at the tenant"})
				<-ctx.Done()
				return steps.Outlook{Picked: -1}
			}}),
		want: []string{"Looking at the tenant", "0:03", "ctrl+c leave"},
	},
	"flow between two screens": {
		flow: func(ctx context.Context, ui steps.UI) error {
			if err := ui.Show(ctx, handOff); err != nil {
				return err
			}
			<-ctx.Done()
			return ctx.Err()
		},
		keys: []string{"enter"},
		want: []string{"One moment…", "0:03", "ctrl+c leave"},
	},
	"practice tenant": {
		o: Options{Demo: true},
		flow: showing(steps.Notice{Title: "Notice", Practice: []steps.Practice{{Label: "Do it right",
			Do: func(ctx context.Context) (map[string]string, string, error) {
				<-ctx.Done()
				return nil, "", ctx.Err()
			}}}}),
		keys: []string{"ctrl+t", "enter"},
		want: []string{"Working in the practice tena", "0:03", "ctrl+c leave"},
	},
	"browser": {
		o: Options{BrowserHere: true, Open: func(ctx context.Context, _ string) error {
			<-ctx.Done()
			return ctx.Err()
		}},
		flow: showing(handOff),
		keys: []string{"ctrl+o"},
		want: []string{"Opening the browser…", "ctrl+c leave"},
	},
	"leaving": {
		flow: func(ctx context.Context, ui steps.UI) error {
			err := ui.Show(ctx, handOff)
			time.Sleep(5 * time.Second) // writes down what it made
			return err
		},
		keys: []string{"ctrl+c"},
		want: []string{"Stopping…", "0:03 of 0:10"},
	},
}

func silentCheck(ctx context.Context, _ steps.Answers, _ steps.Report) steps.Verdict {
	<-ctx.Done()
	return steps.Verdict{}
}

func silentWork(ctx context.Context, _ steps.Report) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestNoWaitWithoutALine(t *testing.T) {
	for name, c := range waits {
		for _, size := range [][2]int{{80, 24}, {40, 10}} {
			t.Run(name, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					r := newRig(t, size[0], size[1], c.o, c.flow)
					r.press(c.keys...)
					r.sleep(3500 * time.Millisecond)
					shown := strings.Join(strings.Fields(r.screen()), " ")
					for _, want := range c.want {
						if !strings.Contains(shown, want) {
							t.Errorf("no %q on the screen:\n%s", want, r.screen())
						}
					}
				})
			})
		}
	}
}
