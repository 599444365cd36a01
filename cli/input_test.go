package cli

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"palmail/ptytest"
)

const (
	tab      = "\t"
	shiftTab = "\x1b[Z"
	ctrlU    = "\x15"
)

// badInputs are what nobody means to give, with what a terminal passes on.
var badInputs = map[string]func(*ptytest.Terminal){
	"nothing":    func(*ptytest.Terminal) {},
	"a book":     func(s *ptytest.Terminal) { s.Paste(strings.Repeat("0123456789abcde ", 1<<13)) },
	"many lines": func(s *ptytest.Terminal) { s.Paste("first line\nsecond line\r\nthird, line\r\r\n\n") },
	"other scripts": func(s *ptytest.Terminal) {
		s.Paste("почта＠例え.テスト é\u0301 👩\u200d👩\u200d👧 \u202egnp.exe\u202c \ufeff\u00a0x")
	},
	"control characters": func(s *ptytest.Terminal) { s.Paste("a\x00b\x01c\x07d\x08e\x0cf\x0eg\x7fh\u0085i, j") },
	"commands to the terminal": func(s *ptytest.Terminal) {
		s.Paste("\x1b[2J\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07\x1b[31mred, white\x1b[0m\x1bP+q544e\x1b\\\x9b5n")
	},
	"not UTF-8": func(s *ptytest.Terminal) { s.Paste("\xff\xfe\xc3\x28, \xe2\x82") },
	"typed":     func(s *ptytest.Terminal) { s.Press("?, q \\ \"' <>&%s %n {{.}}") },
}

// badFields are every field that takes text, and how to come to it.
var badFields = []struct {
	name, screen string
	to           func(*ptytest.Terminal)
}{
	{"System mailbox", "start", func(*ptytest.Terminal) {}},
	{"Application Admin URL", "start", func(s *ptytest.Terminal) { s.Press(tab) }},
	{"Tenant ID or domain", "tenant", func(s *ptytest.Terminal) { s.Press(tab) }},
	{"Application (client) ID", "register", func(*ptytest.Terminal) {}},
	{"Directory (tenant) ID", "register", func(s *ptytest.Terminal) { s.Press(tab + ctrlU) }},
	{"Secret value", "secret", func(*ptytest.Terminal) {}},
	{"End date", "secret", func(s *ptytest.Terminal) { s.Press(shiftTab + end); s.Want("End date"); s.Press(tab) }},
	{"Send it to", "test", func(*ptytest.Terminal) {}},
}

// Bad input is refused in its place: the page stays, nothing of it reaches the
// terminal as a command, and the program goes on.
func TestBadInput(t *testing.T) {
	t.Parallel()
	for _, f := range badFields {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s := onTerminal(t, nil, calm...)
			walkTo(t, s, f.screen)
			listening(s, titles[f.screen])
			f.to(s)
			n := 0
			for name, give := range badInputs {
				s.Press(ctrlU)
				give(s)
				s.Press(enter + enter)
				// A last thing whose sight says that all before it was read.
				n++
				last := "zq" + strings.Repeat("x", n)
				s.Press(ctrlU + last)
				if f.name == "Secret value" {
					s.Until(name+" read", func(screen string) bool {
						return strings.Contains(screen, fmt.Sprintf("this has %d.", len(last))) ||
							strings.Contains(screen, " "+strings.Repeat("•", len(last))+" ")
					})
				} else {
					s.Until(name+" read", func(screen string) bool {
						return slices.Contains(strings.Fields(screen), last)
					})
				}
				if !s.Shows(titles[f.screen]) {
					t.Fatalf("%s: led away from the screen:\n%s", name, s.Text())
				}
			}
			raw := string(s.Raw())
			for _, command := range []string{"owned", "b3duZWQ", "\x1b[31mred", "\u202e", "+q544e"} {
				if strings.Contains(raw, command) {
					t.Errorf("%q reached the terminal", command)
				}
			}
			s.Press(ctrlC)
			if code := s.Exit(); code != exitInterrupted {
				t.Errorf("ended with %d", code)
			}
			left(t, s)
		})
	}
}

// A megabyte where a name belongs, as from a log on the clipboard, is refused
// with its size.
func TestMegabytePasted(t *testing.T) {
	t.Parallel()
	s := onTerminal(t, nil, calm...)
	listening(s, titles["start"])
	s.Paste(strings.Repeat("0123456789abcde ", 1<<16))
	s.Want("That was 1048576 characters, far more than this field takes. Nothing was pasted.")
	s.Press("zq")
	s.Want("zq")
}

// The same by lines. On a terminal a line has at most 4,095 bytes.
func TestBadInputInPlain(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<20)
	o := invocation{args: append(calm, "--plain"), stdin: "\n" + long +
		"\nпочта＠例え\na\x00b\x07\x1b[2J\x1b]0;owned\x07 x\n\xff\xfe\nnoreply@agency.gov\nftp://x.y\n" + long +
		"\nhttps://pal.agency.gov\n" + long + "\nx\n2\n1b2c3d4e\n\x1b[31m\n" + long +
		"\npractice 1\n9\n-1\n1e9\nпять\n2\n" + long + "\n\x00\nshort\n"}.run(t)
	if o.code != exitUnfinished || !strings.Contains(o.stderr, `no answer to "Secret value"`) {
		t.Errorf("ended with %d and %q", o.code, o.stderr)
	}
	if strings.ContainsAny(o.out, "\x1b\x00\x07") || len(o.out) > 64<<10 {
		t.Errorf("%d bytes were written: %q", len(o.out), o.out[:min(len(o.out), 4<<10)])
	}
	if !strings.Contains(o.out, "OK: The app is in your tenant.") {
		t.Errorf("the right answers among the wrong ones were not taken:\n%s", o.out)
	}
}

// Keys at the wrong time: whatever is pressed, the program either goes on or
// has been left properly.
func TestKeysAtTheWrongTime(t *testing.T) {
	t.Parallel()
	keys := []string{
		enter, enter, esc, tab, "\x1b[Z", down, "\x1b[A", "\x1b[C", "\x1b[D", home, end, "\x1b[5~", "\x1b[6~", ctrlD,
		ctrlE, ctrlL, ctrlO, ctrlT, "\x19", "\x16", ctrlU, "\x0b", "\x17",
		"\x1bOP", "?", "q", "r", "c", " ", "\x7f", "\x1b[3~", "\x12", "\x1a", "\x1b[200~x\x1b[201~", "\x1b[200~",
		"\x1b[201~", "\x1b[<0;5;5M", "\x1b[I", "\x1b[O", "\x1b", "\x00", "\x1b[1;5C", "é", "日",
	}
	for _, seed := range []uint64{1, 2, 3, 4} {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			rnd := rand.New(rand.NewPCG(seed, 20))
			s := onTerminal(t, nil, calm...)
			walkTo(t, s, []string{"start", "register", "secret", "permission"}[seed-1])
			practise(s, "Weather: rough") // things take their time, and go wrong
			for range 300 {
				s.Press(keys[rnd.IntN(len(keys))])
				if rnd.IntN(12) == 0 { // let it draw
					s.Within(20*time.Millisecond, func(string) bool { return false })
				}
				if rnd.IntN(40) == 0 {
					s.Resize(20+rnd.IntN(120), 3+rnd.IntN(50))
				}
			}
			s.Resize(80, 24)
			s.Press("\x1b[201~") // an open paste would swallow the rest
			// Once: in the moment after the terminal is put back, a second one would
			// make it throw away what was written and not yet read.
			s.Press(ctrlC)
			if code := s.Exit(); code != exitInterrupted && code != exitUnfinished && code != exitDone {
				t.Errorf("ended with %d", code)
			}
			left(t, s)
			secretless(t, s)
			if !strings.Contains(printed(s), "practice tenant: nothing of it exists") {
				t.Errorf("no summary:\n%s", printed(s))
			}
		})
	}
}
