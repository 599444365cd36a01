package cli

import (
	"strings"
	"testing"

	"palmail/ptytest"
)

// The walk through the practice tenant, screen by screen. Each part starts on
// its screen and ends when the next one stands.
const (
	esc   = "\x1b"
	enter = "\r"
	ctrlC = "\x03"
	ctrlD = "\x04"
	ctrlE = "\x05"
	ctrlL = "\x0c"
	ctrlO = "\x0f"
	ctrlT = "\x14"
	down  = "\x1b[B"
	end   = "\x1b[F"
	f1    = "\x1bOP"
	home  = "\x1b[H"
)

// titles are what tells the screens apart.
var titles = map[string]string{
	"start":         "Before you start",
	"tenant":        "Your tenant",
	"how":           "How do you want to do it?",
	"register":      "Register an app",
	"secret":        "Create a client secret",
	"permission":    "Grant Mail.Send",
	"consent-link":  "Send this to an",
	"exchange":      "Exchange does not allow it yet",
	"pal":           "Put the four values into PAL",
	"test":          "Send a test mail",
	"arrived":       "Did it arrive?",
	"where-to-look": "Where to look",
}

// practise opens the practice tenant's list and picks way from it.
func practise(s *ptytest.Terminal, way string) {
	wake(s, ctrlT, "Practice: do the portal's part")
	for i := 0; i < 20 && !s.Shows("❯ "+way); i++ {
		before := picked(s.Text())
		s.Press(down)
		s.Until("another pick", func(screen string) bool { return picked(screen) != before })
	}
	s.Want("❯ " + way)
	s.Press(enter)
	s.Gone("Practice: do the portal's part")
}

// wake presses a key that opens something until it does: a screen that came
// late, by itself as it were, does not listen to keys at once. It gives each
// press much time, since a second one would close again what the first opens.
func wake(s *ptytest.Terminal, key, opens string) {
	for range 10 {
		s.Press(key)
		if s.Within(ptytest.Limit/15, func(screen string) bool { return ptytest.Shows(screen, opens) }) {
			return
		}
	}
	s.Want(opens)
}

// listening waits until the page with this title listens to keys.
func listening(s *ptytest.Terminal, title string) {
	s.Want(title)
	wake(s, f1, "esc close")
	s.Press(esc)
	s.Want(title)
}

// picked returns the line of the screen that is picked.
func picked(screen string) string {
	for line := range strings.Lines(screen) {
		if strings.Contains(line, "❯ ") {
			return line
		}
	}
	return ""
}

// doneTitle stands over what the practice tenant says it has done.
const doneTitle = "Done in the practice tenant"

// done reads away what the practice tenant says it has done, where it lies over the screen.
func done(s *ptytest.Terminal, title string) {
	if s.WantOne(title, doneTitle) != title {
		s.Press(esc)
	}
	s.Want(title)
}

const right = "Do it right"

func fillStart(s *ptytest.Terminal) {
	s.Want(titles["start"])
	practise(s, right)
	s.Want("✓ Tenant 5f0c2e1b")
	wake(s, enter, titles["how"])
}

// chooseGuided takes the way through the portal.
func chooseGuided(s *ptytest.Terminal) {
	s.Coax(end, "❯ Be guided through the portal")
	wake(s, enter, titles["register"])
}

func fillRegister(s *ptytest.Terminal) {
	practise(s, right)
	done(s, titles["register"])
	s.Want("✓ The app is in your tenant.")
	wake(s, enter, titles["secret"])
}

func fillSecret(s *ptytest.Terminal) {
	practise(s, right)
	done(s, titles["secret"])
	s.Want("✓ The secret works.")
	wake(s, enter, titles["permission"])
}

func fillPermission(s *ptytest.Terminal) {
	practise(s, right)
	// The next screen comes by itself, perhaps before anybody has looked.
	if s.WantOne(titles["pal"], doneTitle) == doneTitle {
		s.Press(esc)
	}
	s.Want(titles["pal"])
}

func fillPAL(s *ptytest.Terminal) {
	s.Coax(end, "❯ Secret Key") // it has come by itself, so it does not listen at once
	wake(s, enter, titles["test"])
}

func fillTest(s *ptytest.Terminal) {
	listening(s, "Send it to")
	s.Press("me@agency.gov")
	s.Want("✓ Microsoft allows it.")
	s.Press(enter)
	wakeArrived(s)
}

// wakeArrived waits until the question whether the mail is there listens to keys.
func wakeArrived(s *ptytest.Terminal) {
	s.Want(titles["arrived"])
	s.Coax(end, "❯ I cannot look now")
	wake(s, home, "❯ Yes, it is there")
}

// notLimited answers the offer after the test mail.
func notLimited(s *ptytest.Terminal) {
	s.Want("Limit it to this mailbox?")
	s.Coax(end, "❯ Limit it")
	s.Coax(home, "❯ Not now")
	s.Press(enter)
}

// walk is the order of the screens, and what leads from each to the next.
var walk = []struct {
	screen string
	on     func(*ptytest.Terminal)
}{
	{"start", fillStart},
	{"how", chooseGuided},
	{"register", fillRegister},
	{"secret", fillSecret},
	{"permission", fillPermission},
	{"pal", fillPAL},
	{"test", fillTest},
	{"arrived", nil},
}

// walkTo goes to a screen, aside from the straight way where need be.
func walkTo(t testing.TB, s *ptytest.Terminal, screen string) {
	t.Helper()
	aside := map[string]struct {
		from string
		on   func()
	}{
		"tenant":       {"start", func() { wake(s, ctrlE, titles["tenant"]) }},
		"consent-link": {"permission", func() { wake(s, ctrlL, titles["consent-link"]) }},
		"exchange":     {"permission", func() { wake(s, ctrlE, titles["exchange"]) }},
		"where-to-look": {"arrived", func() {
			wake(s, down, "❯ Not there")
			s.Press(enter)
		}},
	}
	a, away := aside[screen]
	to := screen
	if away {
		to = a.from
	}
	for _, w := range walk {
		s.Want(titles[w.screen])
		if w.screen == to {
			break
		}
		w.on(s)
	}
	if away {
		a.on()
	}
	s.Want(titles[screen])
}
