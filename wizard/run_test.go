package wizard

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"palmail/secret"
	"palmail/steps"
)

const pasteOn, pasteOff = "\x1b[200~", "\x1b[201~"

func TestProgramOnATerminal(t *testing.T) {
	var got steps.Answers
	s := start(t, Options{BrowserHere: true}, func(ctx context.Context, ui steps.UI) error {
		for {
			_, err := ui.Choose(ctx, homeChoice)
			if errors.Is(err, steps.ErrBack) {
				continue
			}
			if err != nil {
				return err
			}
			got, err = ui.Fill(ctx, secretPage(rightCheck))
			if errors.Is(err, steps.ErrBack) {
				continue
			}
			if err != nil {
				return err
			}
			return ui.Show(ctx, handOff)
		}
	})
	s.want("❯ Renew the secret")
	if !s.em.IsAltScreen() {
		t.Error("not on the alternate screen")
	}
	s.press("j")
	s.want("❯ Send a test mail")
	s.press("\r")
	s.want("Create a client secret")
	s.press(pasteOn + secretID + "\r\n" + pasteOff)
	s.want("✗ This is the Secret ID.")
	s.press("\x1b[D") // moves in the text
	s.until("the cursor", func() bool { p := s.em.CursorPosition(); return p.X == 1+14+35 && !s.em.CursorHidden() })
	s.press(pasteOn + value + "\r\n" + pasteOff)
	s.want("✓ The secret works.")
	s.press("\r")
	s.want("❯ OAuth Client ID")
	s.press("jjjr")
	s.want(value)
	s.press("k")
	s.until("hidden again", func() bool { return !strings.Contains(s.text(), value) })
	s.press("\r")
	if err := s.end(); err != nil {
		t.Error(err)
	}
	if !got.Secret("secret").Equal(secret.New(value)) {
		t.Error("not the secret that was pasted")
	}
	if s.em.IsAltScreen() {
		t.Error("left on the alternate screen")
	}
}

func TestProgramEndsByCtrlC(t *testing.T) {
	s := start(t, Options{}, fill(secretPage(rightCheck), nil))
	s.want("Create a client secret")
	s.press("\x03")
	if err := s.end(); !errors.Is(err, ErrInterrupted) || !errors.Is(err, context.Canceled) {
		t.Errorf("Run returned %v", err)
	}
}

// TestProgramWaitsForTheFlow sends the signals that end a program, and waits
// for what the flow does last.
func TestProgramWaitsForTheFlow(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			written := false
			var s *terminal
			s = start(t, Options{}, func(ctx context.Context, ui steps.UI) error {
				return ui.Work(ctx, steps.Work{Title: "Registering", Run: func(
					ctx context.Context, _ steps.Report,
				) error {
					<-ctx.Done()
					s.want("Stopping…")
					written = true
					return ctx.Err()
				}})
			})
			s.want("Registering")
			p, err := os.FindProcess(os.Getpid())
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Signal(sig); err != nil {
				t.Skip("Windows sends a process no signals; ctrl+break is in TestSandboxCommand:", err)
			}
			if err := s.end(); !errors.Is(err, ErrInterrupted) || !written {
				t.Errorf("Run returned %v, the flow finished: %v", err, written)
			}
			if s.em.IsAltScreen() {
				t.Error("left on the alternate screen")
			}
		})
	}
}

func TestProgramEndsWithAPanicOfTheFlow(t *testing.T) {
	s := start(t, Options{}, func(ctx context.Context, ui steps.UI) error {
		if err := ui.Show(ctx, handOff); err != nil {
			return err
		}
		panic("client_secret=" + value)
	})
	s.want("Fill in Mail Server Configuration")
	s.press("\r")
	err := s.end()
	if err == nil || !strings.Contains(err.Error(), "fault in palmail") || strings.Contains(err.Error(), "theValueOf") {
		t.Errorf("Run returned %v", err)
	}
	if s.em.IsAltScreen() {
		t.Error("left on the alternate screen")
	}
}

func TestProgramWithAClosedTerminal(t *testing.T) {
	finished := make(chan struct{})
	s := start(t, Options{}, func(ctx context.Context, ui steps.UI) error {
		defer close(finished)
		_, err := ui.Fill(ctx, secretPage(rightCheck))
		return err
	})
	s.want("Create a client secret")
	s.in.end(errors.New("the terminal is gone"))
	if err := s.end(); err == nil {
		t.Error("no error")
	}
	select {
	case <-finished:
	default:
		t.Error("Run did not wait for the flow")
	}
}

// TestProgramReturnsTheFlowsError and ends when the flow does.
func TestProgramReturnsTheFlowsError(t *testing.T) {
	boom := errors.New("boom")
	s := start(t, Options{}, func(context.Context, steps.UI) error { return boom })
	if err := s.end(); !errors.Is(err, boom) || errors.Is(err, ErrInterrupted) {
		t.Errorf("Run returned %v", err)
	}
}

// BenchmarkWaiting measures what the program writes while it waits, per second.
func BenchmarkWaiting(b *testing.B) {
	for name, p := range map[string]steps.Page{
		"waiting": permissionPage(waitingCheck), "resting": secretPage(rightCheck),
	} {
		b.Run(name, func(b *testing.B) {
			s := start(b, Options{BrowserHere: true}, fill(p, nil))
			s.want(p.Title)
			if p.Check != nil && len(p.Fields) == 0 {
				s.want("0:01 of 5:00")
			}
			for b.Loop() {
				before := s.bytes()
				time.Sleep(3 * time.Second)
				b.ReportMetric(float64(s.bytes()-before)/3, "B/s")
			}
			s.press("\x03")
			_ = s.end()
		})
	}
}

// BenchmarkKey measures a key press up to the changed screen.
func BenchmarkKey(b *testing.B) {
	s := start(b, Options{}, func(ctx context.Context, ui steps.UI) error {
		_, err := ui.Choose(ctx, homeChoice)
		return err
	})
	s.want("❯ Renew the secret")
	for b.Loop() {
		s.press("j")
		s.want("❯ Send a test mail")
		s.press("k")
		s.want("❯ Renew the secret")
	}
	s.press("\x03")
	_ = s.end()
}

// BenchmarkView measures drawing one screen.
func BenchmarkView(b *testing.B) {
	page, choice, notice := secretPage(nil), homeChoice, handOff
	wrong := steps.Notice{Frame: frame("x", steps.PhaseTest), Title: "The test mail was refused", Finding: badSecret}
	profiles := steps.Choice{Title: "Which profile?", Options: make([]steps.Option, 1000), Picked: 500}
	for i := range profiles.Options {
		profiles.Options[i] = steps.Option{Text: fmt.Sprintf("agency-%d", i), Note: "noreply@agency.gov, 20 days left"}
	}
	for name, a := range map[string]*question{
		"profiles": {choice: &profiles}, "page": {page: &page}, "choice": {choice: &choice},
		"notice": {notice: &notice}, "finding": {notice: &wrong},
	} {
		for _, size := range [][2]int{{80, 24}, {40, 10}} {
			b.Run(fmt.Sprintf("%s-%dx%d", name, size[0], size[1]), func(b *testing.B) {
				m := newModel(b.Context(), Options{Env: utf8Env}, nil, func() {})
				m.w, m.h = size[0], size[1]
				a.ctx, a.jobs = b.Context(), &jobs{}
				m.show(a)
				for b.Loop() {
					m.draw()
				}
			})
		}
	}
}
