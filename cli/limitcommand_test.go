package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The script alone: to a file that is not there yet, with what Windows
// PowerShell needs to read it, or to standard output.
func TestLimitScript(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "it's a limit.ps1")
	o := invocation{args: []string{"limit", "--demo", "--output", file}}.run(t)
	if o.code != exitDone || !strings.Contains(o.out, "it''s a limit.ps1'") {
		t.Fatalf("ended with %d: %s%s", o.code, o.out, o.stderr)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\ufeff#", "$mailbox = 'noreply@agency.gov'\r\n", "New-ManagementRoleAssignment"} {
		if !bytes.Contains(data, []byte(want)) {
			t.Errorf("%q is not in the script", want)
		}
	}
	if practiceSecret.Match(data) {
		t.Error("a secret is in the script")
	}
	if o := (invocation{
		args: []string{"limit", "--demo", "--output", file},
	}).run(t); o.code != exitUsage || !strings.Contains(o.stderr, "exists already") {
		t.Errorf("over a file that is there it ended with %d and %q", o.code, o.stderr)
	}
	if o := (invocation{
		args: []string{"limit", "--demo", "--undo", "--output", "-"},
	}).run(t); o.code != exitDone || !strings.Contains(o.out, "Remove-ManagementRoleAssignment") {
		t.Errorf("ended with %d and %q", o.code, o.stderr)
	}
	if o := (invocation{
		args: []string{"limit", "--demo", "--undo"},
	}).run(t); o.code != exitUsage || !strings.Contains(o.stderr, "--output") {
		t.Errorf("--undo alone ended with %d and %q", o.code, o.stderr)
	}
}

// The whole limit line by line, with answers on standard input.
func TestLimitPlain(t *testing.T) {
	t.Parallel()
	answers := strings.Join([]string{
		"1", "", // begin, the administrator's own mailbox
		"practice 1", "3", // the script is run
		"practice 1", "3", "", // the consent is taken back in the portal
		"", // proved
	}, "\n") + "\n"
	o := invocation{args: append([]string{"limit", "--plain"}, calm...), stdin: answers}.run(t)
	if o.code != exitDone || o.stderr != "" {
		t.Fatalf("ended with %d and %q\n%s", o.code, o.stderr, o.out)
	}
	for _, want := range []string{
		"Limit Mail.Send to one mailbox", "OK: The app may send as admin@agency.gov today.",
		"Ran the script in the practice tenant",
		"Revoked the consent", "OK: The limit holds.", "OK: admin@agency.gov may not",
		"limited to this mailbox, proved on",
	} {
		if !strings.Contains(o.out, want) {
			t.Errorf("%q was not said:\n%s", want, o.out)
		}
	}
	if strings.Contains(o.out, "\x1b") || practiceSecret.MatchString(o.out) {
		t.Error("an escape sequence or a secret was written")
	}
}

// The limit on the screens: begun, the script written to a file, the consent
// taken back by signing in, proved.
func TestLimitOnScreens(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := onTerminal(t, nil, append([]string{"limit"}, calm...)...)
	s.Want("Limit Mail.Send to one mailbox")
	awake(s)
	s.Press(enter)
	listening(s, "Which mailbox must be refused?")
	s.Want("✓ The app may send as admin@agency.gov today.")
	s.Press(enter)
	s.Want("Let Exchange grant it for this mailbox")
	awake(s)
	s.Press(down)
	s.Want("❯ Write it to a file")
	s.Press(enter)
	listening(s, "Write the script to a file")
	s.Press(ctrlU)
	s.Paste(filepath.Join(dir, "limit.ps1"))
	s.Press(enter)
	s.Want("To run it, in PowerShell:")
	awake(s)
	s.Press(enter)
	s.Want("❯ It has run, and InScope is True")
	if data, err := os.ReadFile(filepath.Join(dir, "limit.ps1")); err != nil ||
		!bytes.Contains(data, []byte("New-ManagementScope")) {
		t.Errorf("%v: %s", err, data)
	}
	practise(s, right)
	done(s, "Let Exchange grant it for this mailbox")
	s.Press(enter)
	s.Want("Take the consent in Entra back")
	s.Want("❯ Leave, and come back after")
	awake(s)
	s.Press(down)
	s.Want("❯ Sign in and let palmail take it back")
	s.Press(enter)
	s.Want("Sign in as an administrator")
	s.Coax(home, "❯ With a code, on any device")
	s.Press(enter)
	practise(s, "sign in as admin@agency.gov")
	s.Want("delete the app role assignment of Mail.Send")
	s.Coax(end, "❯ No")
	s.Coax(home, "❯ Yes, delete it")
	s.Press(enter)
	s.Want("✓ admin@agency.gov may not")
	awake(s)
	s.Press(enter)
	if code := s.Exit(); code != exitDone {
		t.Errorf("ended with %d", code)
	}
	if !strings.Contains(printed(s), "limited to this mailbox, proved on") {
		t.Errorf("the summary does not say it:\n%s", printed(s))
	}
	secretless(t, s)
}
