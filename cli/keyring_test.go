package cli

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"

	"palmail/ptytest"
)

// needKeyring skips a test that writes to the system's keyring, unless it was
// asked for: .ci/with-keyring makes a keyring for it.
func needKeyring(t testing.TB) {
	t.Helper()
	if os.Getenv("PALMAIL_KEYRING_TESTS") != "require" {
		t.Skip("it needs a keyring to write to: run it with .ci/with-keyring")
	}
}

// kept is a palmail that keeps its setup in the real keyring, in a profile of its own.
type kept struct {
	*labWalk
	t       *testing.T
	env     []string
	profile string
	raw     strings.Builder // all that was written
}

func newKept(t *testing.T) *kept {
	t.Helper()
	needKeyring(t)
	k := &kept{labWalk: &labWalk{lab: newLab(t, nil)}, t: t, profile: fmt.Sprintf("e2e-%08x", rand.Uint32())}
	k.env = k.lab.env(t, "DBUS_SESSION_BUS_ADDRESS="+os.Getenv("DBUS_SESSION_BUS_ADDRESS"), "XDG_RUNTIME_DIR="+
		os.Getenv("XDG_RUNTIME_DIR"))
	t.Cleanup(func() { k.run("forget", "--yes") })
	return k
}

// run carries out a command on the profile.
func (k *kept) run(args ...string) outcome {
	k.t.Helper()
	o := invocation{args: append(args, "--profile", k.profile), env: k.env}.run(k.t)
	k.raw.WriteString(o.out + o.stderr)
	return o
}

// open starts the wizard on the profile.
func (k *kept) open(args ...string) *ptytest.Terminal {
	k.t.Helper()
	return onTerminal(k.t, k.env, append(args, "--profile", k.profile)...)
}

// ends waits for the wizard's end and checks how it ended.
func (k *kept) ends(s *ptytest.Terminal, code int, says string) {
	k.t.Helper()
	if got := s.Exit(); got != code {
		k.t.Errorf("ended with %d, want %d", got, code)
	}
	left(k.t, s)
	if !strings.Contains(printed(s), says) {
		k.t.Errorf("%q is not in the summary:\n%s", says, printed(s))
	}
	k.raw.Write(s.Raw())
}

// status checks what is stored.
func (k *kept) status(code int, state, next string) map[string]any {
	k.t.Helper()
	o := k.run("status", "--json")
	st := wantKeys(k.t, "status", oneJSON(k.t, o.out), "profile", "state", "cloud", "tenant_id", "client_id",
		"mailbox", "pal_url", "secret", "old_secret", "next_step", "last_test")
	if o.code != code || st["state"] != state || st["next_step"] != next || st["profile"] != k.profile ||
		o.stderr != "" {
		k.t.Errorf("status ended with %d, %q and %v; want %d, %s and %s next", o.code, o.stderr, st, code, state, next)
	}
	return st
}

// The whole life of a setup in a real keyring: begun, left in the middle,
// killed, taken up again, finished, proved, looked at, and forgotten.
func TestLifeInTheKeyring(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	k.status(exitUnfinished, "none", "start")

	k.s = k.open("--cloud", k.cloud)
	k.to(t, "start", "secret")
	k.s.Press(ctrlC)
	k.ends(k.s, exitInterrupted, "To go on: palmail --profile "+k.profile)
	st := k.status(exitUnfinished, "incomplete", "secret")
	if st["client_id"] != k.app.ClientID || st["mailbox"] != "noreply@agency.gov" || st["secret"] != nil {
		t.Errorf("the answers are not all kept: %v", st)
	}

	// Taken up again at the same step, the cloud's file not needed any more,
	// and killed in the middle of the next.
	k.s = k.open()
	listening(k.s, titles["secret"])
	k.secret = k.addSecret(t, k.app.ClientID)
	k.s.Paste(k.secret.Value)
	k.s.Want("✓ The secret works.")
	k.s.Press(enter)
	k.s.Want("Waiting for Mail.Send to appear")
	k.s.Signal(syscall.SIGKILL)
	k.s.Exit()
	k.raw.Write(k.s.Raw())
	if st = k.status(exitUnfinished, "incomplete", "permission"); wantKeys(t, "secret", st["secret"], "description",
		"hint", "created", "expires", "days_left")["hint"] != k.secret.Value[:3] {
		t.Errorf("the secret is not kept: %v", st)
	}

	// A second one on the same profile is told so, and changes nothing.
	k.s = k.open()
	k.s.Want(titles["permission"])
	second := k.open()
	second.Want("Another palmail is working on the profile " + k.profile)
	second.Coax(end, "❯ Take over")
	second.Press(esc)
	k.ends(second, exitInUse, "")
	k.status(exitUnfinished, "incomplete", "permission")

	k.grant(t, k.app.ClientID)
	k.s.Want(titles["pal"])
	fillPAL(k.s)
	fillTest(k.s)
	k.s.Press(enter)
	notLimited(k.s)
	k.ends(k.s, exitDone, "PAL can send as noreply@agency.gov.")

	st = k.status(exitDone, "ready", "")
	if test := wantKeys(t, "last_test", st["last_test"], "at", "to", "ok", "reference"); test["ok"] != true ||
		test["to"] != "me@agency.gov" {
		t.Errorf("the test mail is not kept: %v", st)
	}
	if o := k.run("status", "--json", "--warn-days", "200"); o.code != exitSoon {
		t.Errorf("with a warning of 200 days, status ended with %d", o.code)
	}
	o := k.run("check", "--json")
	if ok, _ := wantChecks(t, o.out); !ok || o.code != exitDone {
		t.Errorf("check ended with %d:\n%s%s", o.code, o.out, o.stderr)
	}
	if o = k.run("send", "--json", "--to", "you@agency.gov"); o.code != exitDone || len(k.Mails()) != 2 {
		t.Errorf("send ended with %d, %d mails have left:\n%s%s", o.code, len(k.Mails()), o.out, o.stderr)
	}

	k.rotate()

	// A finished setup opens at its home screen.
	s := k.open()
	s.Want("PAL sends as noreply@agency.gov")
	s.Coax(end, "❯ Leave")
	s.Press(enter)
	k.ends(s, exitDone, "Mail stops on ")
	leakless(t, "everything", k.raw.String(), k.secretsOf()...)

	k.forget()
}

// forget is asked to confirm by the profile's name.
func (k *kept) forget() {
	t := k.t
	t.Helper()
	if o := k.run("forget"); o.code != exitUsage {
		t.Errorf("with nobody to ask, forget ended with %d", o.code)
	}
	s := k.open("forget")
	s.Want("Type the profile's name to go on:")
	s.Press("something else" + enter)
	if code := s.Exit(); code != exitFailed {
		t.Errorf("with a wrong name, forget ended with %d", code)
	}
	k.status(exitDone, "ready", "")
	s = k.open("forget")
	s.Want("Type the profile's name to go on:")
	s.Press(k.profile + enter)
	if code := s.Exit(); code != exitDone {
		t.Errorf("forget ended with %d:\n%s", code, s.Text())
	}
	k.status(exitUnfinished, "none", "start")
	if o := k.run("forget", "--yes"); o.code != exitUnfinished {
		t.Errorf("a second forget ended with %d", o.code)
	}
}

// What the practice tenant does never touches the keyring.
func TestDemoLeavesTheKeyringAlone(t *testing.T) {
	t.Parallel()
	k := newKept(t)
	s := k.open(calm...)
	fillStart(s)
	s.Press(ctrlC)
	k.ends(s, exitInterrupted, "practice tenant: nothing of it exists")
	k.status(exitUnfinished, "none", "start")
}

// A secret is renewed in the portal; palmail is killed in the middle, with both
// secrets kept and PAL's working, and then finishes what was begun.
func (k *kept) rotate() {
	t := k.t
	t.Helper()
	old := k.secret
	s := k.open("rotate")
	s.Want("Renew the secret")
	awake(s)
	s.Coax(end, "❯ Make it in the portal")
	s.Press(enter)
	s.Want("Create a new client secret")
	k.secret = k.addSecret(t, k.app.ClientID)
	s.Paste(k.secret.Value)
	s.Want("✓ The secret works.")
	s.Press(enter)
	s.Want("Put the new secret into PAL")
	s.Signal(syscall.SIGKILL)
	s.Exit()
	k.raw.Write(s.Raw())
	if o := k.run("check", "--json"); o.code != exitDone {
		t.Errorf("after the kill PAL's secret does not work any more: %d\n%s", o.code, o.out)
	}

	s = k.open("rotate")
	s.Want("A new secret is waiting: finish or undo")
	awake(s)
	s.Press(enter)
	s.Want("Put the new secret into PAL")
	awake(s)
	s.Press(enter)
	s.Want("✓ Microsoft allows it.")
	awake(s)
	s.Press(enter)
	wakeArrived(s)
	s.Press(enter)
	s.Want("Does PAL send?")
	s.Coax(end, "❯ Go back to the old secret")
	s.Coax(home, "❯ Yes, PAL sends with the new secret")
	s.Press(enter)
	s.Want("Delete the old secret")
	awake(s)
	s.Want("❯ Delete it in the portal") // picked already, since the new one was made there
	s.Press(enter)
	s.Want("Is the new secret saved on every PAL server?")
	awake(s)
	s.Press(enter)
	s.Want("Delete the old secret's row")
	if err := k.RemoveSecret(k.app.ClientID, old.ID); err != nil {
		t.Fatal(err)
	}
	awake(s)
	s.Press(enter)
	k.ends(s, exitDone, "Mail stops on ")
	st := k.status(exitDone, "ready", "")
	if secret := wantKeys(t, "secret", st["secret"], "description", "hint", "created", "expires",
		"days_left"); secret["hint"] != k.secret.Value[:3] || st["old_secret"] != nil {
		t.Errorf("after the renewal: %v", st)
	}
	if o := k.run("check", "--json"); o.code != exitDone {
		t.Errorf("the new secret does not work: %d\n%s", o.code, o.out)
	}
	leakless(t, "everything", k.raw.String(), old.Value)
}

// awake waits until a screen that came by itself listens to keys.
func awake(s *ptytest.Terminal) {
	wake(s, f1, "esc close")
	s.Press(esc)
	s.Gone("esc close")
}
