package cli

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"palmail/ptytest"
	"palmail/sandbox/contracttest"
)

// pieces are the parts of a secret or token that must not be found anywhere:
// every 16 characters of it, itself in base64, and itself backwards.
func pieces(value string) []string {
	var all []string
	for i := 0; i+16 <= len(value); i++ {
		all = append(all, value[i:i+16])
	}
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		all = append(all, e.EncodeToString([]byte(value))[:24])
	}
	return all
}

// leakless checks that none of the values, nor half of one, is in what was written.
func leakless(t testing.TB, where, written string, values ...string) {
	t.Helper()
	for n, value := range values {
		if len(value) < 16 {
			t.Fatalf("value %d is too short to look for", n)
		}
		for _, piece := range pieces(value) {
			if i := strings.Index(written, piece); i >= 0 {
				before := written[max(i-80, 0):i]
				t.Errorf("%s: a part of value %d was written, after %q", where, n, before)
				break
			}
		}
	}
}

// secretsOf are all secrets and tokens that a lab has given out or been sent.
func (w *labWalk) secretsOf() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string{w.secret.Value}, w.tokens...)
}

// inMemory starts the wizard where no keyring is, and goes on in memory only:
// the finding stands before anything is asked.
func inMemory(t *testing.T, l *lab, env []string, args ...string) *ptytest.Terminal {
	t.Helper()
	s := onTerminal(t, env, append([]string{"--cloud", l.cloud}, args...)...)
	s.Want("✗ There is no keyring in this session")
	s.Want("❯ Try again")
	if raw := string(s.Raw()); strings.Contains(raw, "Secret value") || strings.Contains(raw, titles["start"]) {
		t.Error("something was asked before the keyring's state was told")
	}
	s.Coax(end, "❯ Leave")
	s.Press("\x1b[A")
	s.Want("❯ Go on in memory only")
	s.Press(enter)
	listening(s, titles["start"])
	return s
}

// The whole wizard, without a keyring, against a tenant on the wire: every
// exchange is as Graph's description says, and no secret or token is anywhere.
func TestWizardWithoutAKeyring(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	record := &contracttest.Recorder{}
	l.Observe(record.Observe)
	log := filepath.Join(t.TempDir(), "palmail.log")
	home := t.TempDir()
	w := &labWalk{lab: l, s: inMemory(t, l, l.env(t, "HOME="+home), "--log", log)}
	w.to(t, "start", "arrived")
	commandLine(t, w.s, w.secretsOf())
	w.s.Press(enter)
	if code := w.s.Exit(); code != exitDone {
		t.Errorf("ended with %d", code)
	}
	left(t, w.s)
	said := printed(w.s)
	for _, want := range []string{
		"PAL can send as noreply@agency.gov.", "Nothing was kept on this computer.", "client ID " + w.app.ClientID,
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in the summary:\n%s", want, said)
		}
	}
	if len(l.Mails()) != 1 {
		t.Errorf("%d mails have left", len(l.Mails()))
	}
	if !l.sentSecret(w.secret.Value) || len(l.tokens) == 0 {
		t.Fatal("the secret was never used, so that this test would see no leak")
	}
	leakless(t, "terminal", string(w.s.Raw()), w.secretsOf()...)
	leakless(t, "log", readLog(t, log), w.secretsOf()...)
	wantNoFiles(t, home, w.secretsOf())
	contracttest.Check(t, record)
}

// wantNoFiles checks that nothing in dir, if there is anything, holds a secret.
func wantNoFiles(t *testing.T, dir string, secrets []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		leakless(t, path, string(data), secrets...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// readLog reads a log, which only its owner may read.
func readLog(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("the log may be read by others: %v", info.Mode())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) == 0 {
		t.Error("the log is empty")
	}
	return string(data)
}

// commandLine checks what everybody on the machine can see of the process.
func commandLine(t *testing.T, s *ptytest.Terminal, secrets []string) {
	t.Helper()
	for _, name := range []string{"cmdline", "environ", "comm", "status"} {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", s.PID(), name))
		if err != nil {
			t.Fatal(err)
		}
		leakless(t, name, string(data), secrets...)
	}
}

// The same line by line, with the answers piped in.
func TestPlainWithoutAKeyring(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	a := l.readyApp(t)
	answers := strings.Join([]string{
		"2", "noreply@" + l.Domain(), "https://pal." + l.Domain() + "/app", "2", a.ClientID, l.ID(), "2",
		a.secret.Value, "me@" + l.Domain(), "1", "",
	}, "\n")
	log := filepath.Join(t.TempDir(), "palmail.log")
	o := invocation{args: []string{"--plain", "--cloud", l.cloud, "--log", log}, env: l.env(t), stdin: answers}.run(t)
	if o.code != exitDone || o.stderr != "" {
		t.Errorf("ended with %d and %q:\n%s", o.code, o.stderr, o.out)
	}
	if strings.Index(o.out, "There is no keyring in this session") > strings.Index(o.out, "System mailbox") {
		t.Error("the keyring's state was told after the first question")
	}
	if len(l.Mails()) != 1 || !strings.Contains(o.out, "PAL can send as noreply@agency.gov.") {
		t.Errorf("%d mails have left:\n%s", len(l.Mails()), o.out)
	}
	secrets := append([]string{a.secret.Value}, l.tokens...)
	leakless(t, "output", o.out+o.stderr, secrets...)
	leakless(t, "log", readLog(t, log), secrets...)
}

// The secret is shown only by its key, and hides again.
func TestReveal(t *testing.T) {
	t.Parallel()
	l := newLab(t, nil)
	w := &labWalk{lab: l, s: inMemory(t, l, l.env(t))}
	w.to(t, "start", "pal")
	s := w.s
	s.Coax(end, "❯ Secret Key")
	leakless(t, "terminal", string(s.Raw()), w.secretsOf()...)
	s.Press("r")
	s.Want(w.secret.Value)
	s.Want("hides in ")
	s.Press("r")
	s.Gone(w.secret.Value)
	s.Press("r")
	s.Want(w.secret.Value)
	s.Press(home) // anything else hides it too
	s.Gone(w.secret.Value)
	s.Press(end + "r")
	s.Want(w.secret.Value)
	s.Press(ctrlC)
	if code := s.Exit(); code != exitInterrupted {
		t.Errorf("ended with %d", code)
	}
	left(t, s)
	leakless(t, "summary", printed(s), w.secretsOf()...)
	if s.Shows(w.secret.Value[:16]) {
		t.Error("the secret has stayed on the screen")
	}
}

// What is pasted the moment the question for the secret stands is not shown.
func TestPlainSecretAtOnce(t *testing.T) {
	t.Parallel()
	const secret = "aB38Q~cdefghijklmnopqrstuvwxyzABCDEFGHIJ"
	for range 10 {
		s := onTerminal(t, nil, append(calm, "--plain")...)
		for _, q := range plainAnswers[:3] {
			s.Want(q.prompt)
			s.Press(q.answer + enter)
		}
		s.Want("Expires in days, number [2]: ")
		s.Press(enter)
		s.Want("nothing shows while you type: ")
		s.Press(secret + enter)
		s.WantOne("Wrong:", "Looking", "Signing in with the secret.")
		s.Press(ctrlC)
		s.Exit()
		leakless(t, "terminal", string(s.Raw()), secret)
	}
}
