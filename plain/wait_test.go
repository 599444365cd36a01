package plain

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/steps"
)

// waiting runs flow at a terminal where lines are typed at prompts, and typed
// at a time without one.
func waiting(
	t *testing.T, lines []string, typed map[time.Duration]string, flow func(context.Context, steps.UI) error,
) (shown string, err error) {
	t.Helper()
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		tty := newFakeTerminal(&out, lines)
		defer tty.close()
		for at, line := range typed {
			time.AfterFunc(at, func() { tty.types(line) })
		}
		err = Run(t.Context(), Options{
			In: tty, Out: tty, Terminal: true, ReadSecret: tty.secret, Flush: tty.flush,
		}, flow)
	})
	return out.String(), err
}

// slowPage has a check that lasts ten minutes the first time.
func slowPage(runs *int) steps.Page {
	return steps.Page{Title: "Grant consent", Check: func(ctx context.Context, _ steps.Answers,
		report steps.Report) steps.Verdict {
		if *runs++; *runs > 1 {
			return steps.Verdict{State: steps.Right, Text: "It is granted"}
		}
		report(steps.Task{State: steps.Waiting, Text: "Waiting for the consent", Limit: 10 * time.Minute})
		select {
		case <-ctx.Done():
			return steps.Verdict{}
		case <-time.After(10 * time.Minute):
			return steps.Verdict{State: steps.Wrong, Text: "It is not granted"}
		}
	}}
}

func wantInOrder(t *testing.T, shown string, lines ...string) {
	t.Helper()
	rest := shown
	for _, line := range lines {
		i := strings.Index(rest, line)
		if i < 0 {
			t.Fatalf("no %q, or not in order, in:\n%s", line, shown)
		}
		rest = rest[i+len(line):]
	}
}

func TestEnterEndsAWait(t *testing.T) {
	runs := 0
	var took time.Duration
	shown, err := waiting(t, []string{"", ""}, map[time.Duration]string{40 * time.Second: ""},
		func(ctx context.Context, ui steps.UI) error {
			began := time.Now()
			_, err := ui.Fill(ctx, slowPage(&runs))
			took = time.Since(began)
			return err
		})
	if err != nil || runs != 2 || took != 40*time.Second {
		t.Errorf("%v after %d runs and %v:\n%s", err, runs, took, shown)
	}
	wantInOrder(t, shown, "This is tried for 10 minutes at most.", "Press enter to stop waiting. ctrl+c leaves.",
		"Still waiting, 15 seconds of 10 minutes.", "Still waiting, 30 seconds of 10 minutes.",
		"Note: The check was stopped.", "Press enter to try again, or type back or leave: ", "OK: It is granted.")
}

func TestWaitsTakeCommands(t *testing.T) {
	runs := 0
	page := func(ctx context.Context, ui steps.UI) error {
		_, err := ui.Fill(ctx, slowPage(&runs))
		return err
	}
	shown, err := waiting(t, []string{""}, map[time.Duration]string{
		5 * time.Second: "what", 7 * time.Second: "again", 9 * time.Second: "back",
	}, page)
	if !errors.Is(err, steps.ErrBack) {
		t.Errorf("ended with %v:\n%s", err, shown)
	}
	wantInOrder(t, shown, "Note: Press enter to stop waiting, or type back or leave.", "Grant consent")
	runs = 0
	if _, err := waiting(t, []string{""}, map[time.Duration]string{9 * time.Second: "leave"}, page); !errors.Is(err,
		context.Canceled) {
		t.Errorf("ended with %v", err)
	}
}

// What is typed during a wait, before and after it is announced, answers nothing.
func TestTypeAheadIsDiscarded(t *testing.T) {
	var got steps.Answers
	shown, err := waiting(t, []string{"right@agency.gov"}, map[time.Duration]string{
		time.Second: "early@agency.gov", 5 * time.Second: "late@agency.gov",
		29999 * time.Millisecond: "last@agency.gov",
	}, func(ctx context.Context, ui steps.UI) (err error) {
		if err := ui.Work(ctx, steps.Work{Title: "Setting it up", Run: func(ctx context.Context, _ steps.Report) error {
			select {
			case <-time.After(30 * time.Second):
			case <-ctx.Done():
			}
			return ctx.Err()
		}}); err != nil {
			return err
		}
		got, err = ui.Fill(ctx, steps.Page{
			Title: "Mailbox", Fields: []steps.Field{{Key: "mailbox", Label: "Email Address"}},
		})
		return err
	})
	if err != nil || got.Get("mailbox") != "right@agency.gov" {
		t.Errorf("%v, the answer is %q:\n%s", err, got.Get("mailbox"), shown)
	}
	wantInOrder(t, shown, "Setting it up, 2 seconds so far.", "Press enter to stop and go back. ctrl+c leaves.")
}

func TestEnterEndsWorkAndGoesBack(t *testing.T) {
	shown, err := waiting(t, nil, map[time.Duration]string{5 * time.Second: ""}, func(ctx context.Context,
		ui steps.UI) error {
		return ui.Work(ctx, steps.Work{Title: "Setting it up", Run: func(ctx context.Context,
			report steps.Report) error {
			report(steps.Task{Text: "Asking Microsoft", State: steps.Waiting, RetryAfter: 12 * time.Second,
				Since: time.Now().Add(-time.Minute), Limit: 5 * time.Minute})
			<-ctx.Done()
			return ctx.Err()
		}})
	})
	if !errors.Is(err, steps.ErrBack) {
		t.Errorf("ended with %v:\n%s", err, shown)
	}
	wantInOrder(t, shown, "Waiting: Asking Microsoft.", "Microsoft asks to wait 12 seconds before the next try.",
		"Press enter to stop and go back.", "Note: It was stopped.")
}

// A wait leaves a read behind that would show the secret.
func TestASecretAfterAWaitIsTypedUnseen(t *testing.T) {
	var got steps.Answers
	page := secretPage()
	page.Fields, page.Check = page.Fields[1:], nil
	shown, err := waiting(t, []string{"", testSecret}, nil, func(ctx context.Context, ui steps.UI) (err error) {
		if err := ui.Work(ctx, steps.Work{Title: "Work", Run: func(context.Context, steps.Report) error {
			time.Sleep(10 * time.Second)
			return nil
		}}); err != nil {
			return err
		}
		got, err = ui.Fill(ctx, page)
		return err
	})
	if err != nil || got.Secret("secret").Reveal() != testSecret || strings.Contains(shown, testSecret) {
		t.Errorf("%v:\n%s", err, shown)
	}
	wantInOrder(t, shown, "Press enter before the next answer, which does not show: ", "nothing shows while you type: ")
}

func TestTheFlowIsSeenToWork(t *testing.T) {
	shown, err := waiting(t, []string{""}, nil, func(ctx context.Context, ui steps.UI) error {
		time.Sleep(20 * time.Second)
		if err := ui.Show(ctx, steps.Notice{Title: "Notice"}); err != nil {
			return err
		}
		time.Sleep(time.Second)
		return nil
	})
	if err != nil || strings.Count(shown, "One moment") != 2 {
		t.Errorf("%v:\n%s", err, shown)
	}
	wantInOrder(t, shown, "One moment, 2 seconds so far.", "ctrl+c leaves.", "One moment, 15 seconds so far.", "Notice")
}

// A pipe's lines are answers, whenever they come.
func TestPipedLinesEndNoWait(t *testing.T) {
	r := &session{}
	var got steps.Answers
	r.run(t, false, []string{"right@agency.gov"}, func(ctx context.Context, ui steps.UI) (err error) {
		if err := ui.Work(ctx, steps.Work{Title: "Work", Run: func(ctx context.Context, _ steps.Report) error {
			time.Sleep(time.Minute)
			return ctx.Err()
		}}); err != nil {
			return err
		}
		got, err = ui.Fill(ctx, steps.Page{
			Title: "Mailbox", Fields: []steps.Field{{Key: "mailbox", Label: "Email Address"}},
		})
		return err
	})
	if r.err != nil || got.Get("mailbox") != "right@agency.gov" || strings.Contains(r.out.String(), "ctrl+c") {
		t.Errorf("%v:\n%s", r.err, r.out.String())
	}
}
