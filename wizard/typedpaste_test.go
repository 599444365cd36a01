package wizard

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"palmail/steps"
)

// typePaste sends text as a terminal without paste brackets does: key by key, with enter for each line end.
func (r *rig) typePaste(text string) {
	for _, c := range text {
		switch c {
		case '\n':
			r.do(press("enter"))
		case '\t':
			r.do(press("tab"))
		default:
			r.do(tea.KeyPressMsg{Code: c, Text: string(c)})
		}
		time.Sleep(2 * time.Millisecond)
	}
}

var unbracketed = Options{BrowserHere: true, TypedPastes: true}

// A paste of several lines without brackets stays on its page, whatever the field, and is the same as with them.
func TestTypedPasteStaysOnItsPage(t *testing.T) {
	text := func(kind steps.FieldKind) steps.Page {
		return steps.Page{Title: "First", Fields: []steps.Field{{Key: "f", Label: "Field", Kind: kind}}}
	}
	for name, c := range map[string]struct {
		page        steps.Page
		paste, want string
	}{
		"a value and its line end":   {text(steps.TextField), "noreply@agency.gov\n", "noreply@agency.gov"},
		"two lines":                  {text(steps.TextField), "noreply@agency.gov\nand more\n", "noreply@agency.gov and more"},
		"blank lines":                {text(steps.TextField), "a\n\n\nb\n\n", "a b"},
		"a row of a table":           {text(steps.TextField), "a\tb\n", "a b"},
		"a secret":                   {text(steps.SecretField), value + "\n\n" + "x\n", value + " x"},
		"many lines into a long one": {text(steps.LongField), "AADSTS7000215: a\nTrace ID: b\n", "AADSTS7000215: a\nTrace ID: b\n"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var got steps.Answers
				r := newRig(t, 80, 24, unbracketed, fill(c.page, &got))
				r.typePaste(c.paste)
				r.want("First")
				if r.m.answered {
					t.Fatal("the paste has left the page")
				}
				r.sleep(time.Second)
				if have := r.m.screen.(*page).fields[0].text(); have != c.want {
					t.Errorf("the field has %q, wanted %q", have, c.want)
				}
				r.press("enter")
				if err := r.done(); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// On a screen without a field a paste chooses nothing.
func TestTypedPasteChoosesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := newRig(t, 80, 24, unbracketed, choosing(homeChoice))
		r.typePaste("xyz\njkl\n\n")
		if r.m.answered {
			t.Fatal("the paste has chosen something")
		}
		if strings.Contains(r.screen(), "Pasted lines") {
			t.Error("there was no field to paste into")
		}
	})
}

// Fast typing is no paste, and neither is enter after a pause.
func TestEnterAfterTypingStillContinues(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var got steps.Answers
		r := newRig(t, 80, 24, unbracketed, fill(steps.Page{
			Title: "First", Fields: []steps.Field{{Key: "f", Label: "Field"}},
		}, &got))
		for _, c := range "abc" {
			r.typed(string(c))
			time.Sleep(34 * time.Millisecond)
		}
		r.press("enter")
		if err := r.done(); err != nil || got.Get("f") != "abc" {
			t.Fatal(err, got.Text)
		}
	})
}

func TestWhichTerminalsBracketPastes(t *testing.T) {
	for term, want := range map[string]bool{
		"": true, "xterm-256color": true, "tmux-256color": true, "linux": false, "vt100": false, "vt220": false, "ansi": false,
	} {
		if got := bracketsPastes([]string{"TERM=" + term}); got != want {
			t.Errorf("%q: %v", term, got)
		}
	}
}

// ASCII is drawn where the caller or the admin says so, whatever the environment promises.
func TestASCIIOnDemand(t *testing.T) {
	for name, o := range map[string]Options{
		"the console's font": {ASCII: true, Env: utf8Env},
		"the Linux console":  {Env: []string{"TERM=linux", "LANG=C.UTF-8"}},
	} {
		m := newModel(t.Context(), o, func(tea.Msg) {}, func() {})
		for _, s := range []string{m.pen.sym.right, m.pen.sym.dash, m.pen.sym.spin[0], m.pen.text("… “x” → ✓")} {
			if !printableASCII(s) {
				t.Errorf("%s: %q", name, s)
			}
		}
	}
	if s := Signs(); !strings.Contains(s, "✓") || !strings.Contains(s, "⣾") || printableASCII(s) {
		t.Errorf("the signs are %q", s)
	}
}
