package wizard

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"palmail/secret"
	"palmail/steps"
)

func TestPrintableKeysBelongToTheField(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var got steps.Answers
		r := newRig(t, 80, 24, Options{}, fill(mailPage(), &got))
		r.typed("q?jk c@r ")
		r.press("enter")
		r.wantNot("spaces.\n\n\n\n") // the page is still there
		r.want("An address has no spaces.")
		r.paste("q@agency.gov\r\n")
		r.wantNot("no spaces")
		r.press("enter") // to the URL
		r.typed("https://pal.agency.gov/admin//")
		r.press("enter", "enter")
		if err := r.done(); err != nil {
			t.Fatal(err)
		}
		if got.Get("mailbox") != "q@agency.gov" || got.Get("url") != "https://pal.agency.gov/admin" ||
			got.Get("note") != "" {
			t.Errorf("answers are %q", got.Text)
		}
	})
}

func TestEnterSaysWhatIsMissing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newRig(t, 80, 24, Options{}, fill(mailPage(), nil))
		r.typed("noreply")
		r.wantNot("An address has an @ in it.")
		r.press("enter")
		r.want("▲ An address has an @ in it.")
		r.typed("@")
		r.wantNot("An address has an @ in it.")
		r.press("enter", "enter")
		r.want("Fill in Application Admin URL to go on.")
	})
}

func TestPastedSecret(t *testing.T) {
	for name, pasted := range map[string]string{
		"with line end": value + "\r\n", "with quotes": "\"" + value + "\"",
		"with hidden characters": "\u200b" + value + "\ufeff\x1b[0m", "plain": value,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var got steps.Answers
				r := newRig(t, 80, 24, Options{}, fill(secretPage(rightCheck), &got))
				r.paste(secretID)
				r.want("This is the Secret ID.")
				r.paste(pasted) // takes the place of the wrong one
				r.want("✓ The secret works.")
				r.press("enter")
				if err := r.done(); err != nil {
					t.Fatal(err)
				}
				if !got.Secret("secret").Equal(secret.New(value)) || got.Get("expires") != "180" {
					t.Errorf("answers are %v %v of %d", got.Text, got.Secrets, len(got.Secret("secret").Reveal()))
				}
				if _, shown := got.Text["date"]; shown {
					t.Error("a hidden field has an answer")
				}
			})
		})
	}
}

func TestASecretIsNotPastedInTheOpen(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newRig(t, 80, 24, Options{}, fill(mailPage(), nil))
		r.paste(value + "\n")
		r.want("This looks like a client secret")
		r.wantNot("theValueOf")
	})
}

func TestHugePasteIsRefused(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newRig(t, 80, 24, Options{}, fill(mailPage(), nil))
		r.paste(strings.Repeat("line of a page\n", 100_000))
		r.want("Nothing was pasted.", "1500000 characters")
		r.paste("noreply@agency.gov")
		r.wantNot("Nothing was pasted.")
		r.paste("  \n ")
		r.want("There was no text on the clipboard.")
	})
}

func TestDoubleEnterAnswersOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newRig(t, 80, 24, Options{}, func(ctx context.Context, ui steps.UI) error {
			if err := ui.Show(ctx, handOff); err != nil {
				return err
			}
			time.Sleep(50 * time.Millisecond)
			_, err := ui.Choose(ctx, homeChoice)
			return err
		})
		r.press("enter", "enter", "enter")
		r.sleep(100 * time.Millisecond)
		r.want("Renew the secret")
		r.sleep(time.Second)
		r.want("Renew the secret")
	})
}

func TestBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var stopped atomic.Bool
		check := func(ctx context.Context, _ steps.Answers, _ steps.Report) steps.Verdict {
			<-ctx.Done()
			time.Sleep(200 * time.Millisecond)
			stopped.Store(true)
			return steps.Verdict{}
		}
		r := newRig(t, 80, 24, Options{}, func(ctx context.Context, ui steps.UI) error {
			_, err := ui.Fill(ctx, secretPage(check))
			if !stopped.Load() {
				t.Error("Fill returned while its check was running")
			}
			if !errors.Is(err, steps.ErrBack) {
				t.Errorf("Fill returned %v", err)
			}
			_, err = ui.Choose(ctx, homeChoice)
			if !errors.Is(err, steps.ErrBack) {
				t.Errorf("Choose returned %v", err)
			}
			return ui.Show(ctx, handOff)
		})
		r.paste(value)
		r.want("Checking…")
		r.press("esc")
		r.sleep(250 * time.Millisecond)
		r.want("Renew the secret")
		r.press("esc", "esc")
		if err := r.done(); !errors.Is(err, steps.ErrBack) {
			t.Errorf("Show returned %v", err)
		}
	})
}

func TestRevealHidesAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newRig(t, 80, 24, Options{}, showing(handOff))
		r.press("r")
		r.wantNot(value, "hides in") // the first value is no secret
		r.press("up", "down", "down", "down", "down", "down", "r")
		r.want(value, "hides in 20 s")
		r.sleep(5 * time.Second)
		r.want("hides in 15 s")
		r.sleep(16 * time.Second)
		r.wantNot(value, "hides in")
		for _, k := range []string{"up", "r", "c", "?"} {
			r.press("home", "down", "down", "down", "r")
			r.want(value)
			r.press(k)
			if k == "?" {
				r.wantNot(value)
				r.press("esc")
			}
			r.wantNot(value)
		}
	})
}

func TestCopyAndOpenTakeTurns(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var opened []string
		o := Options{BrowserHere: true, Open: func(_ context.Context, url string) error {
			opened = append(opened, url)
			if len(opened) > 1 {
				return errors.New("no browser")
			}
			return nil
		}}
		r := newRig(t, 80, 24, o, fill(secretPage(nil), nil))
		r.press("ctrl+y", "ctrl+y", "ctrl+y")
		if fmt.Sprint(r.clip) != "[PAL mail 2026-11 180 days PAL mail 2026-11]" {
			t.Errorf("copied %q", r.clip)
		}
		r.press("ctrl+o")
		r.want("Opened in the browser.")
		r.press("ctrl+o")
		r.want("The browser did not open", "9a20") // now the address is there in full
		if len(opened) != 2 || opened[0] != portal {
			t.Errorf("opened %q", opened)
		}
	})
}

func TestPractice(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var got steps.Answers
		r := newRig(t, 80, 24, Options{Demo: true}, fill(secretPage(rightCheck), &got))
		r.press("ctrl+t", "down", "enter")
		r.want("This is the Secret ID.", "practice tenant")
		r.press("ctrl+t", "down", "down", "enter")
		r.want("The practice tenant refused: not an owner of PAL mail")
		r.press("ctrl+t", "enter")
		r.want("A secret was added to PAL mail.", "✓ The secret works.")
		r.press("enter")
		if err := r.done(); err != nil || !got.Secret("secret").Equal(secret.New(value)) {
			t.Errorf("%v", err)
		}
	})
}

func TestPracticeIsOnlyThereInTheDemo(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newRig(t, 80, 24, Options{}, fill(secretPage(nil), nil))
		r.press("ctrl+t")
		r.wantNot("do it right", "practice")
	})
}

func TestCursorIsAtTheText(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newRig(t, 80, 24, Options{}, fill(mailPage(), nil))
		const column = 1 + len("Application Admin URL") + 2
		for _, c := range []struct {
			keys []string
			text string
			x    int
		}{
			{nil, "", column},
			{nil, "あいう", column + 6},
			{[]string{"left"}, "", column + 4},
			{[]string{"backspace"}, "", column + 2},
			{nil, strings.Repeat("長", 60), -1},
		} {
			r.typed(c.text)
			r.press(c.keys...)
			cur := r.m.View().Cursor
			if cur == nil {
				t.Fatal("no cursor")
			}
			if c.x < 0 && (cur.X < 75 || cur.X > 79) || c.x >= 0 && cur.X != c.x {
				t.Errorf("after %q %v the cursor is at %d, want %d", c.text, c.keys, cur.X, c.x)
			}
		}
	})
}

func TestChoiceKeys(t *testing.T) {
	for name, c := range map[string]struct {
		keys []string
		want int
	}{
		"arrows": {[]string{"down", "down", "up"}, 1}, "letters": {[]string{"j", "j", "k", "j"}, 2},
		"control": {[]string{"ctrl+n", "ctrl+n", "ctrl+p"}, 1},
		"number":  {[]string{"4"}, 3}, "beyond": {[]string{"up", "up", "9"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				got := -1
				r := newRig(t, 80, 24, Options{}, func(ctx context.Context, ui steps.UI) error {
					var err error
					got, err = ui.Choose(ctx, homeChoice)
					return err
				})
				r.press(c.keys...)
				r.press("enter")
				if err := r.done(); err != nil || got != c.want {
					t.Errorf("%d, %v", got, err)
				}
			})
		})
	}
}

func TestTooSmallAndBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newRig(t, 80, 24, Options{}, fill(secretPage(rightCheck), nil))
		r.do(tea.WindowSizeMsg{Width: 20, Height: 5})
		r.want("Please make the")
		r.paste(value)
		r.do(tea.WindowSizeMsg{Width: 80, Height: 24})
		r.want("✓ The secret works.")
		r.do(tea.WindowSizeMsg{Width: 20, Height: 5})
		r.press("enter")
		if err := r.done(); err != nil {
			t.Error(err)
		}
	})
}

func TestNothingTicksAtRest(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newRig(t, 80, 24, Options{}, fill(secretPage(rightCheck), nil))
		r.paste(value)
		r.sleep(time.Second)
		if beat := r.m.frame; r.m.ticking || beat > 2 {
			t.Errorf("ticking %v after %d beats", r.m.ticking, beat)
		}
	})
}

// TestNoSecretInMessages prints what passes through the model as a careless log would.
func TestNoSecretInMessages(t *testing.T) {
	text := value
	for _, msg := range []any{
		pastedMsg{text: secret.New(value)}, practiceDoneMsg{fill: map[string]secretText{"secret": {&text}}},
		reply{answers: steps.Answers{Secrets: map[string]secret.Value{"s": secret.New(value)}}},
		showMsg{&question{page: &steps.Page{Fields: []steps.Field{{Secret: secret.New(value)}}}}},
		copiedMsg{label: "Secret Key"},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v"} {
			if s := fmt.Sprintf(verb, msg); strings.Contains(s, value) {
				t.Errorf("%T lets the secret out with %s", msg, verb)
			}
		}
	}
}
