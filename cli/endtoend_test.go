package cli

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"palmail/m365"
	"palmail/store"
)

// A person sets PAL up in lines, beside the portal of `palmail sandbox`; the
// record is in the system's keyring. Another day status and check find it well,
// the secret is renewed, and the profile goes to another name by export and
// import. Every palmail is a process of its own, which trusts the sandbox as
// programs do on this system.
func TestEndToEnd(t *testing.T) {
	needKeyring(t)
	dir := t.TempDir()
	s := serveSandbox(t, "--listen", "localhost:0", "--dir", dir)
	env := trusting(t, s.ca)
	profile := fmt.Sprintf("wire-%08x", rand.Uint32())
	run := func(code int, stdin, says string, args ...string) {
		t.Helper()
		o := invocation{args: args, env: env, stdin: stdin}.run(t)
		if o.code != code || !strings.Contains(o.out, says) {
			t.Fatalf("%v ended with %d and not %q:\n%s%s", args, o.code, says, o.out, o.stderr)
		}
	}
	forget := func(name string) { invocation{args: []string{"forget", "--yes", "--profile", name}, env: env}.run(t) }
	t.Cleanup(func() { forget(profile); forget(profile + "-copy") })

	clientID, tenantID, value := s.setUp()
	run(exitDone, strings.Join([]string{
		"noreply@agency.gov", m365.RedirectURI("https://pal.agency.gov/app"), "2", clientID, tenantID, "2", value,
		"me@agency.gov", "1", "",
	}, "\n"), "PAL can send as noreply@agency.gov.", "--plain", "--cloud", s.cloud, "--profile", profile)
	k := store.NewKeyring(store.Options{})
	kept, err := k.Load(t.Context(), profile)
	if err != nil || kept.Secret.Value.Reveal() != value {
		t.Fatalf("%s does not hold the secret: %v", k.Place(), err)
	}
	run(exitDone, "", "", "status", "--profile", profile)
	run(exitDone, "", "", "check", "--profile", profile)

	app := s.lastAddress[:strings.LastIndex(s.lastAddress, "/permissions")]
	second := s.newSecret(app, "PAL again")
	run(exitDone, strings.Join([]string{"2", "2", second, "", "me@agency.gov", "1", "1", "3"}, "\n"), "",
		"rotate", "--plain", "--profile", profile)
	if kept, err = k.Load(t.Context(), profile); err != nil || kept.Secret.Value.Reveal() != second {
		t.Fatalf("the new secret is not in use: %v", err)
	}
	run(exitDone, "", "", "check", "--profile", profile)

	file := filepath.Join(dir, "profile.age")
	const phrase = "correct horse battery staple\n"
	run(exitDone, phrase, "", "export", "--profile", profile, "--output", file, "--passphrase-stdin")
	if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), second) {
		t.Fatal("the export holds the secret, or is not there:", err)
	}
	forget(profile)
	run(exitDone, phrase, "", "import", file, "--passphrase-stdin", "--custom-cloud")
	run(exitDone, "", "", "check", "--profile", profile)
}
