package cli

import (
	"strings"
	"syscall"
	"testing"
)

// After a double-click the window closes with the program, so the summary stays until a key is pressed.
func TestOwnWindowStaysUntilAKey(t *testing.T) {
	t.Parallel()
	s := onTerminal(t, bareEnv(t, asWindow+"=own"), calm...)
	s.Want(titles["start"])
	s.Press(ctrlC)
	s.Want("Press any key to close this window.")
	s.Press("x")
	leftEarly(t, s, "start")
}

// Whoever closes the window or logs off is not asked for a key.
func TestOwnWindowThatIsClosed(t *testing.T) {
	t.Parallel()
	if !hasSignals {
		t.Skip("this system has no such signals")
	}
	s := onTerminal(t, bareEnv(t, asWindow+"=own"), calm...)
	s.Want(titles["start"])
	s.Signal(syscall.SIGTERM)
	leftEarly(t, s, "start")
	if strings.Contains(printed(s), "Press any key") {
		t.Error("it asked for a key")
	}

	waiting := onTerminal(t, bareEnv(t, asWindow+"=own"), calm...)
	waiting.Want(titles["start"])
	waiting.Press(ctrlC)
	waiting.Want("Press any key to close this window.")
	waiting.Signal(syscall.SIGTERM)
	leftEarly(t, waiting, "start")
}

// A scheduler opens a window of its own too, and nobody presses a key in it.
func TestOwnWindowOfACommand(t *testing.T) {
	t.Parallel()
	s := onTerminal(t, bareEnv(t, asWindow+"=own"), "version")
	if code := s.Exit(); code != exitDone || s.Shows("Press any key") {
		t.Errorf("%d:\n%s", code, s.Text())
	}
}

// A window that refuses control sequences gets questions line by line, and no control sequence.
func TestLegacyConsole(t *testing.T) {
	t.Parallel()
	s := onTerminal(t, bareEnv(t, asWindow+"=legacy"), calm...)
	s.Want("cannot show palmail's screens")
	s.Want(plainAnswers[0].prompt)
	if raw := string(s.Raw()); strings.Contains(raw, "\x1b") {
		t.Errorf("control sequences: %q", raw)
	}
	s.Press(ctrlC)
	s.Exit()
}

// PALMAIL_ASCII leaves no other characters on the screens.
func TestASCIIScreens(t *testing.T) {
	t.Parallel()
	s := onTerminal(t, bareEnv(t, "PALMAIL_ASCII=1"), calm...)
	s.Want(titles["start"])
	for _, c := range s.Text() {
		if c > '~' {
			t.Fatalf("%q is on the screen:\n%s", c, s.Text())
		}
	}
	s.Press(ctrlC)
	leftEarly(t, s, "start")
}
