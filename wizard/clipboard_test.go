package wizard

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"palmail/steps"
)

func TestPasteKeyReadsTheClipboard(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		o := Options{Paste: func(context.Context) (string, error) { return " noreply@agency.gov\n", nil }}
		r := newRig(t, 80, 24, o, fill(mailPage(), nil))
		r.press("ctrl+v")
		r.want("noreply@agency.gov")
		r.press("tab")
		r.m.o.Paste = func(context.Context) (string, error) { return "", errors.New("no clipboard") }
		r.press("ctrl+v")
		r.want("The clipboard cannot be read from here.")
		r.m.o.Paste = nil
		r.sleep(messageTime + time.Second)
		r.press("ctrl+v")
		r.want("The clipboard cannot be read from here.")
	})
}

// While the clipboard hangs, the page can be filled in and left, and what comes
// late goes into the field that it was asked for.
func TestClipboardThatHangs(t *testing.T) {
	hangs := func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		<-ctx.Done()
		return "", ctx.Err()
	}
	inBubble(t, func(t *testing.T) {
		r := newRig(t, 80, 24, Options{Paste: hangs}, fill(mailPage(), nil))
		r.press("ctrl+v")
		r.typed("noreply@agency.gov")
		r.want("noreply@agency.gov")
		r.sleep(2100 * time.Millisecond)
		r.want("The clipboard cannot be read from here.", "noreply@agency.gov")
	})
	inBubble(t, func(t *testing.T) {
		var got steps.Answers
		r := newRig(t, 80, 24, Options{Paste: hangs}, fill(mailPage(), &got))
		r.typed("noreply@agency.gov")
		r.press("tab")
		r.typed("https://pal.agency.gov/admin")
		r.press("ctrl+v", "enter", "enter")
		if err := r.done(); err != nil || got.Get("mailbox") != "noreply@agency.gov" {
			t.Errorf("the answers are %v after %v", got.Text, err)
		}
	})
	inBubble(t, func(t *testing.T) {
		slow := func(context.Context) (string, error) {
			time.Sleep(time.Second)
			return "noreply@agency.gov", nil
		}
		r := newRig(t, 80, 24, Options{Paste: slow}, fill(mailPage(), nil))
		r.press("ctrl+v", "tab")
		r.typed("https://pal.agency.gov")
		r.sleep(2 * time.Second)
		a := r.m.screen.(*page).answers(false)
		if a.Get("mailbox") != "noreply@agency.gov" || a.Get("url") != "https://pal.agency.gov" {
			t.Errorf("the answers are %v", a.Text)
		}
	})
}

func TestCopy(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var copied []string
		here := true
		copyFn := func(_ context.Context, text string) (string, error) {
			copied = append(copied, text)
			if !here {
				return "", errors.New("no clipboard")
			}
			return "the clipboard", nil
		}
		o := Options{Copy: copyFn, CopySecret: func(ctx context.Context, text string) (string, error) {
			where, err := copyFn(ctx, text)
			return where + " for 45 seconds", err
		}}
		r := newRig(t, 80, 24, o, showing(handOff))
		r.press("c")
		r.want("OAuth Client ID is copied to the clipboard.")
		r.press("down", "down", "down", "ctrl+y")
		r.want("Secret Key is copied to the clipboard for 45 seconds.")
		if len(copied) != 2 || copied[1] != value || len(r.clip) != 0 {
			t.Errorf("copied %d, to the terminal %d: a recording of the session would hold it", len(copied), len(r.clip))
		}
		here = false
		r.press("ctrl+y")
		r.want("Secret Key was sent to your terminal's clipboard. It stays there.")
		r.sleep(7 * time.Second)
		r.wantNot("Secret Key was sent")
		if fmt.Sprint(r.clip) != fmt.Sprint([]string{value}) {
			t.Errorf("to the terminal %d", len(r.clip))
		}
	})
}
