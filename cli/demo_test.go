package cli

import (
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"palmail/ptytest"
)

// calm is the practice tenant without delays.
var calm = []string{"--demo", "--weather", "calm"}

// practiceSecret is what a secret of the practice tenant looks like; such a
// tenant makes its secrets in the child, so that their value is not known here.
var practiceSecret = regexp.MustCompile(`[A-Za-z0-9_.~-]{3}[0-9]Q~[A-Za-z0-9_.~-]{20,}`)

// printed is what the program has printed on the normal screen after its own.
func printed(s *ptytest.Terminal) string {
	raw := string(s.Raw())
	if i := strings.LastIndex(raw, "\x1b[?1049l"); i >= 0 {
		raw = raw[i:]
	}
	return ptytest.Flat(ansi.Strip(raw))
}

// secretless checks that nothing that looks like a secret was ever on the terminal.
func secretless(t testing.TB, s *ptytest.Terminal) {
	t.Helper()
	if n := len(practiceSecret.FindAllString(ansi.Strip(string(s.Raw())), -1)); n > 0 {
		t.Errorf("a secret was written to the terminal %d times", n)
	}
}

func TestDemoOnScreens(t *testing.T) {
	t.Parallel()
	for name, size := range map[string][2]int{"80x24": {80, 24}, "40x10": {40, 10}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := onWindow(t, size[0], size[1], nil, calm...)
			walkTo(t, s, "arrived")
			if !s.AltScreen() {
				t.Error("not on the alternate screen")
			}
			practise(s, "Read the mail")
			s.Want("From: noreply@agency.gov")
			wake(s, esc, "❯ Yes, it is there")
			s.Press(enter)
			notLimited(s)
			if code := s.Exit(); code != exitDone {
				t.Errorf("ended with %d", code)
			}
			left(t, s)
			secretless(t, s)
			for _, want := range []string{
				"PAL can send as noreply@agency.gov.", "has arrived.", "Nothing was kept on this computer.",
				"Mail stops on ", "palmail rotate --demo",
			} {
				if !strings.Contains(printed(s), want) {
					t.Errorf("%q is not in the summary:\n%s", want, printed(s))
				}
			}
		})
	}
}

// The usual mistakes: what the screen says of each, and that doing it rightly
// afterwards leads on.
func TestDemoMistakes(t *testing.T) {
	t.Parallel()
	const inDetails = "in the details: "
	for _, c := range []struct {
		screen, way string
		says        []string
		next        string // the screen that doing it rightly leads to, "" for not tried
	}{
		{
			"start", "misspell the domain",
			[]string{"▲ The tenant of agenyc.gov was not found", "Continue to enter the tenant yourself.", inDetails +
				"tenant-unknown AADSTS90002"}, "how",
		},
		{
			"register", "swap the two IDs", []string{"✗ This is the Directory (tenant) ID. Copy the line above it"},
			"secret",
		},
		{
			"register", "paste another tenant's ID",
			[]string{"▲ The mailbox's domain belongs to tenant 5f0c2e1b", "Looking for the app in your tenant", "of 2:00"}, "",
		},
		{
			"register", "register under Mobile and desktop applications", []string{"✗", inDetails +
				"app-is-public-client AADSTS700025"}, "secret",
		},
		{
			"register", "paste the Object ID instead of the client ID",
			[]string{"Looking for the app in your tenant", "of 2:00"}, "secret",
		},
		{
			"secret", "paste the Secret ID instead of the Value",
			[]string{"✗ This is the Secret ID. Copy the column to its left, Value."}, "permission",
		},
		{
			"secret", "paste a secret that has expired", []string{"✗", inDetails + "secret-expired AADSTS7000222"},
			"permission",
		},
		{"secret", "paste the secret of another app", []string{"Signing in with the secret", "of 2:00"}, ""},
		{
			"secret", "paste only part of the Value",
			[]string{"▲ Was its end lost in copying? A secret's Value has 40 characters as a rule; this has 28.", "of 2:00"}, "",
		},
		{"permission", "add the delegated Mail.Send", []string{"Waiting for Mail.Send to appear", "of 5:00"}, "pal"},
		{
			"permission", "add Office 365 Exchange Online's Mail.Send",
			[]string{"Waiting for Mail.Send to appear", "of 5:00"}, "",
		},
		{"permission", "forget admin consent", []string{"Waiting for Mail.Send to appear", "of 5:00"}, "pal"},
		{
			"permission", "grant Mail.ReadWrite as well",
			[]string{"▲ Mail.Send is granted. The app may also do Mail.ReadWrite, which PAL does not need"}, "",
		},
		{
			"permission", "limit the app in Exchange Online instead of consenting",
			[]string{"Waiting for Mail.Send to appear"}, "",
		},
	} {
		t.Run(c.screen+": "+c.way, func(t *testing.T) {
			t.Parallel()
			s := onTerminal(t, nil, calm...)
			walkTo(t, s, c.screen)
			practise(s, c.way)
			done(s, titles[c.screen])
			for _, says := range c.says {
				if details, ok := strings.CutPrefix(says, inDetails); ok {
					causes := strings.Fields(details)
					wake(s, ctrlD, causes[0]) // the finding has come by itself
					for _, d := range causes {
						s.Want(d)
					}
					wake(s, esc, titles[c.screen])
					continue
				}
				s.Want(says)
			}
			if c.next != "" {
				for _, w := range walk {
					if w.screen == c.screen {
						w.on(s)
					}
				}
				s.Want(titles[c.next])
			}
			secretless(t, s)
		})
	}
}

// A mailbox without a licence is found out by the question that has no recipient.
func TestDemoUnlicensedMailbox(t *testing.T) {
	t.Parallel()
	s := onTerminal(t, nil, calm...)
	s.Want(titles["start"])
	practise(s, "use a mailbox without a licence")
	s.Want("✓ Tenant 5f0c2e1b")
	s.Press(enter)
	for _, w := range walk[1:4] {
		s.Want(titles[w.screen])
		w.on(s)
	}
	s.Want(titles["permission"])
	practise(s, right)
	if s.WantOne("❯ Change the mailbox", doneTitle) == doneTitle {
		s.Press(esc)
	}
	s.Want("❯ Change the mailbox") // before anything was entered in PAL
	wake(s, ctrlD, "mailbox-not-in-exchange-online")
	wake(s, esc, "❯ Change the mailbox")
	wake(s, enter, titles["start"])
}

// An Exchange administrator has limited the app instead of consenting.
func TestDemoLimitedByExchange(t *testing.T) {
	t.Parallel()
	s := onTerminal(t, nil, calm...)
	walkTo(t, s, "exchange")
	s.Want("❯ Try again")
	s.Coax(end, "❯ Leave")
	wake(s, esc, titles["permission"])
	practise(s, "limit the app in Exchange Online instead of consenting")
	done(s, titles["permission"])
	wake(s, ctrlE, titles["pal"])
	fillPAL(s)
	fillTest(s)
}

// plainAnswers lead through the practice tenant line by line. The secret's
// page has two: the practice and the lifetime.
var plainAnswers = []struct{ prompt, answer string }{
	{"System mailbox (noreply@agency.gov): ", "practice 1"},
	{"Number [1]: ", "2"},
	{"Application (client) ID (from the app's Overview): ", "practice 1"},
	{"Expires in days, number [2]: ", "practice 1"},
	{"Expires in days, number [2]: ", ""},
	{"Press enter to check it: ", "practice 1"},
	{"Press enter to check it: ", ""},
	{"Secret Key: hidden.", ""},
	{"Send it to (you@agency.gov): ", "me@agency.gov"},
	{"Did it arrive?", "practice 1"},
	{"Reference ", "1"},
}

func TestDemoPlainOnATerminal(t *testing.T) {
	t.Parallel()
	s := onTerminal(t, nil, append(calm, "--plain")...)
	seen := 0
	for _, q := range plainAnswers {
		s.Until(q.prompt, func(string) bool {
			i := strings.Index(string(s.Raw()[seen:]), q.prompt)
			if i >= 0 {
				seen += i + len(q.prompt)
			}
			return i >= 0
		})
		s.Press(q.answer + enter)
	}
	s.Want("Limit it to this mailbox?")
	s.Press(enter)
	if code := s.Exit(); code != exitDone {
		t.Errorf("ended with %d", code)
	}
	raw := string(s.Raw())
	for _, want := range []string{
		"Step 2 of 5: Secret", "OK: Mail.Send is granted.", "Subject: PAL test mail ",
		"PAL can send as noreply@agency.gov.",
	} {
		if !strings.Contains(raw, want) {
			t.Errorf("%q was not said", want)
		}
	}
	if strings.Contains(raw, "\x1b") {
		t.Errorf("an escape sequence was written: %q", raw)
	}
	secretless(t, s)
}

func TestDemoPlainPiped(t *testing.T) {
	t.Parallel()
	var answers strings.Builder
	for _, q := range plainAnswers {
		if q.prompt != "Press enter to check it: " && q.prompt != "Secret Key: hidden." || q.answer != "" {
			answers.WriteString(q.answer + "\n")
		}
	}
	o := invocation{args: append(calm, "--plain"), stdin: answers.String()}.run(t)
	if o.code != exitDone || o.stderr != "" {
		t.Errorf("ended with %d and %q", o.code, o.stderr)
	}
	for _, want := range []string{
		"OK: The secret works.", "OK: Mail.Send is granted.", "Subject: PAL test mail ",
		"PAL can send as noreply@agency.gov.", "Mail stops on ",
	} {
		if !strings.Contains(o.out, want) {
			t.Errorf("%q was not said:\n%s", want, o.out)
		}
	}
	if strings.Contains(o.out, "\x1b") || practiceSecret.MatchString(o.out) {
		t.Errorf("an escape sequence or a secret was written:\n%q", practiceSecret.ReplaceAllString(o.out, "[SECRET]"))
	}
}

// ACCESSIBLE and TERM=dumb ask for lines as --plain does, and answers that run
// out are an unfinished setup, with the question named.
func TestDemoPlainByEnvironment(t *testing.T) {
	t.Parallel()
	for _, env := range []string{"ACCESSIBLE=1", "TERM=dumb"} {
		o := invocation{args: calm, env: bareEnv(t, env), stdin: "practice 1\n2\n"}.run(t)
		if o.code != exitUnfinished || !strings.Contains(o.stderr, `no answer to "Application (client) ID"`) ||
			!strings.Contains(o.stderr, "--client-id") {
			t.Errorf("%s: ended with %d and %q", env, o.code, o.stderr)
		}
		if !strings.Contains(o.out, "The setup is not finished.") {
			t.Errorf("%s: no summary:\n%s", env, o.out)
		}
	}
}
