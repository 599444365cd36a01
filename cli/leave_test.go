package cli

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"palmail/ptytest"
)

// everyScreen is every screen that the practice tenant leads to.
var everyScreen = []string{
	"start", "tenant", "how", "register", "secret", "permission", "consent-link", "exchange", "pal", "test", "arrived",
	"where-to-look",
}

// leftEarly checks what an interrupted program leaves behind.
func leftEarly(t *testing.T, s *ptytest.Terminal, screen string) {
	t.Helper()
	if code := s.Exit(); code != exitInterrupted {
		t.Errorf("ended with %d", code)
	}
	left(t, s)
	secretless(t, s)
	said := printed(s)
	want := "The setup is not finished."
	switch screen {
	case "start", "tenant":
		want = "To begin: palmail --demo"
	case "arrived":
		want = "Nobody has said yet whether the test mail"
	}
	if !strings.Contains(said, want) || !strings.Contains(said, "practice tenant: nothing of it exists") {
		t.Errorf("%q is not in the summary:\n%s", want, said)
	}
}

func TestCtrlCOnEveryScreen(t *testing.T) {
	t.Parallel()
	for _, screen := range everyScreen {
		t.Run(screen, func(t *testing.T) {
			t.Parallel()
			s := onTerminal(t, nil, calm...)
			walkTo(t, s, screen)
			s.Press(ctrlC)
			leftEarly(t, s, screen)
		})
	}
}

// Leaving while something lies over the screen.
func TestCtrlCOnOverlays(t *testing.T) {
	t.Parallel()
	for key, shows := range map[string]string{ctrlT: "Practice: do the portal's part", "\x1bOP": "Help"} {
		s := onTerminal(t, nil, calm...)
		s.Want(titles["start"])
		s.Press(key)
		s.Want(shows)
		s.Press(ctrlC)
		leftEarly(t, s, "start")
	}
}

func TestSignals(t *testing.T) {
	t.Parallel()
	if !hasSignals {
		t.Skip("Windows sends a process no SIGTERM and no SIGHUP; ctrl+break is in TestSandboxCommand")
	}
	for name, sig := range map[string]os.Signal{
		"SIGTERM": syscall.SIGTERM, "SIGHUP": syscall.SIGHUP, "SIGINT": syscall.SIGINT,
	} {
		for _, screen := range []string{"start", "register", "permission", "arrived"} {
			t.Run(name+" "+screen, func(t *testing.T) {
				t.Parallel()
				s := onTerminal(t, nil, calm...)
				walkTo(t, s, screen)
				if screen == "register" { // during a check that would go on for two minutes
					practise(s, "paste the Object ID instead of the client ID")
					done(s, titles[screen])
					s.Want("of 2:00")
				}
				s.Signal(sig)
				leftEarly(t, s, screen)
			})
		}
	}
}

func TestSignalsInPlain(t *testing.T) {
	t.Parallel()
	if !hasSignals {
		t.Skip("Windows sends a process no SIGTERM and no SIGHUP; ctrl+break is in TestSandboxCommand")
	}
	for name, sig := range map[string]os.Signal{"SIGTERM": syscall.SIGTERM, "SIGHUP": syscall.SIGHUP, "ctrl+c": nil} {
		for _, answers := range []int{0, 3, 7} { // at a question, at the secret without echo, while it waits
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := onTerminal(t, nil, append(calm, "--plain")...)
				s.Want(plainAnswers[0].prompt)
				for i, q := range plainAnswers[:answers] {
					switch {
					case answers == 7 && i == 5: // nothing is granted, so it waits
						s.Want(q.prompt)
						s.Press(enter)
						s.Want("This is tried for 5 minutes at most.")
					case answers == 7 && i == 6:
					default:
						s.Want(q.prompt)
						s.Press(q.answer + enter)
					}
				}
				if answers == 3 {
					s.Want("Expires in days, number [2]: ")
					s.Press(enter)
					s.Want("nothing shows while you type")
				}
				if sig == nil {
					s.Press(ctrlC)
				} else {
					s.Signal(sig)
				}
				if code := s.Exit(); code != exitInterrupted {
					t.Errorf("ended with %d", code)
				}
				raw := string(s.Raw())
				if answers > 0 && !strings.Contains(raw, "The setup is not finished.") {
					t.Errorf("no summary:\n%s", raw)
				}
				if strings.Contains(raw, "\x1b") {
					t.Errorf("an escape sequence was written: %q", raw)
				}
				secretless(t, s)
			})
		}
	}
}

// The window is closed: nothing can be written any more, and the program must go.
func TestClosedTerminal(t *testing.T) {
	t.Parallel()
	for _, screen := range []string{"start", "register", "permission", "pal"} {
		t.Run(screen, func(t *testing.T) {
			t.Parallel()
			s := onTerminal(t, nil, calm...)
			walkTo(t, s, screen)
			if screen == "register" {
				practise(s, "paste the Object ID instead of the client ID")
				done(s, titles[screen])
				s.Want("of 2:00")
			}
			s.Hangup()
			if code := s.Exit(); code != exitInterrupted {
				t.Errorf("ended with %d", code)
			}
		})
	}
	t.Run("plain", func(t *testing.T) {
		t.Parallel()
		s := onTerminal(t, nil, append(calm, "--plain")...)
		s.Want(plainAnswers[0].prompt)
		s.Hangup()
		if code := s.Exit(); code != exitInterrupted && code != exitUnfinished {
			t.Errorf("ended with %d", code)
		}
	})
}

// ctrl+z where no shell is there to continue the program must not hang it.
func TestSuspendWithoutAShell(t *testing.T) {
	t.Parallel()
	s := onTerminal(t, nil, calm...)
	s.Want(titles["start"])
	s.Press("\x1a")
	s.Press("n")
	s.Want("n")
	s.Press(ctrlC)
	leftEarly(t, s, "start")
}

func TestResizeOnEveryScreen(t *testing.T) {
	t.Parallel()
	sizes := func(s *ptytest.Terminal, title string) {
		for _, size := range [][2]int{{20, 5}, {1, 1}, {200, 60}, {40, 10}, {39, 10}} {
			s.Resize(size[0], size[1])
			switch {
			case size[0] >= 40:
				s.Want(title)
			case size[0] > 1:
				s.Want("Please make the")
			}
		}
		s.Resize(80, 24)
		s.Want(title)
	}
	s := onTerminal(t, nil, calm...)
	for _, w := range walk {
		s.Want(titles[w.screen])
		sizes(s, titles[w.screen])
		switch w.screen {
		case "start":
			wake(s, ctrlE, titles["tenant"])
			sizes(s, titles["tenant"])
			wake(s, esc, titles["start"])
		case "permission":
			wake(s, ctrlL, titles["consent-link"])
			sizes(s, "Send this to an")
			wake(s, enter, titles["permission"])
		case "secret":
			wake(s, ctrlT, "Practice: do the")
			sizes(s, "Practice: do the")
			wake(s, esc, titles["secret"])
		}
		if w.on != nil {
			w.on(s)
		}
	}
	s.Press(enter)
	notLimited(s)
	if code := s.Exit(); code != exitDone {
		t.Errorf("ended with %d", code)
	}
	left(t, s)
}
