package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"palmail/store"
)

// The two tests here run in two keyrings, one after the other, with a folder
// between them; .ci/transfer-test sees to that.
const transferPhrase = "correct horse battery staple"

func between(t *testing.T) (dir string, env []string) {
	t.Helper()
	needKeyring(t)
	dir = os.Getenv("PALMAIL_TRANSFER_DIR")
	if dir == "" {
		t.Skip("it needs two keyrings: run .ci/transfer-test")
	}
	return dir, bareEnv(t, "DBUS_SESSION_BUS_ADDRESS="+os.Getenv("DBUS_SESSION_BUS_ADDRESS"), "XDG_RUNTIME_DIR="+
		os.Getenv("XDG_RUNTIME_DIR"))
}

// TestTransferLeaving fills a keyring with a hundred profiles, looks at all of
// them, and exports them.
func TestTransferLeaving(t *testing.T) {
	dir, env := between(t)
	k, l := store.NewKeyring(store.Options{}), newLab(t, nil)
	for n := range 100 {
		x := storedSetup(t, l.Tenant, 180)
		x.Cloud, x.CustomCloud = "lab", store.Cloud{Name: "lab", Login: l.url, Graph: l.url, Portal: l.url}
		save(t, k, fmt.Sprintf("p%02d", n), x)
	}
	onWire := append(slices.Clone(env), "SSL_CERT_FILE="+l.ca, "SSL_CERT_DIR="+t.TempDir())
	began := time.Now()
	took := func(what string) {
		t.Logf("%s took %v", what, time.Since(began).Round(time.Millisecond))
		began = time.Now()
	}
	o := invocation{args: []string{"status", "--all"}, env: env}.run(t)
	took("status --all of 100 profiles")
	if o.code != exitDone || !strings.Contains(o.out, "100 profiles: 100 well") {
		t.Errorf("status ended with %d: %s%s", o.code, o.out, o.stderr)
	}
	began = time.Now()
	o = invocation{args: []string{"check", "--all"}, env: onWire}.run(t)
	took("check --all")
	if o.code != exitDone || !strings.Contains(o.out, "100 profiles: 100 hold") {
		t.Errorf("check ended with %d: %s%s", o.code, o.out, o.stderr)
	}
	gone, err := k.Load(t.Context(), "p33")
	if err != nil {
		t.Fatal(err)
	}
	l.DeleteApp(gone.ClientID)
	o = invocation{args: []string{"check", "--all", "--json"}, env: onWire}.run(t)
	v := oneJSON(t, o.out)
	if o.code != exitFailed || v["ok"] != false {
		t.Errorf("with one app deleted, check ended with %d: %s%s", o.code, o.out, o.stderr)
	}
	for n, p := range v["profiles"].([]any) {
		if p := p.(map[string]any); p["profile"] != fmt.Sprintf("p%02d", n) || p["ok"] != (n != 33) {
			t.Errorf("%d: %v is %v", n, p["profile"], p["ok"])
		}
	}
	// One is warned of, through its own mailbox, once.
	for n, want := range []string{"warned me@agency.gov", "already"} {
		change(t, k, "p44", func(x *store.Setup) { x.Secret.Expires = now().UTC().AddDate(0, 0, 5) })
		o = invocation{args: []string{"status", "--all", "--notify", "me@agency.gov"}, env: onWire}.run(t)
		if o.code != exitSoon || !strings.Contains(o.out, "p44: ") || !strings.Contains(o.out, want) ||
			len(l.Mails()) != 1 {
			t.Errorf("warned %d times, status ended with %d and %d mails: %s", n, o.code, len(l.Mails()), o.stderr)
		}
	}
	leakless(t, "output", o.out+o.stderr, gone.Secret.Value.Reveal())

	o = invocation{
		args: []string{
			"export", "--all", "--output", filepath.Join(dir, "all.age"), "--passphrase-stdin",
		}, env: env, stdin: transferPhrase + "\n",
	}.run(t)
	if o.code != exitDone {
		t.Errorf("export ended with %d: %s", o.code, o.stderr)
	}
	expected, err := json.Marshal(records(t, k))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "expected.json"), expected)
}

// TestTransferArriving imports them into another keyring.
func TestTransferArriving(t *testing.T) {
	dir, env := between(t)
	data, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]string
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	k := store.NewKeyring(store.Options{})
	if here, err := k.Profiles(t.Context()); err != nil || len(here) != 0 || len(want) != 100 {
		t.Fatalf("%v and %d profiles: not another keyring", err, len(here))
	}
	file := filepath.Join(dir, "all.age")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(t.TempDir(), "half.age")
	writeFile(t, half, whole[:len(whole)/2])
	run := func(stdin string, args ...string) outcome {
		return invocation{
			args: append([]string{"import", "--passphrase-stdin", "--custom-cloud"}, args...), env: env, stdin: stdin,
		}.run(t)
	}
	for name, o := range map[string]outcome{
		"a wrong passphrase": run("incorrect horse battery\n", file),
		"half a file":        run(transferPhrase, half),
	} {
		if o.code != exitFailed || len(records(t, k)) != 0 {
			t.Errorf("%s: ended with %d: %s", name, o.code, o.stderr)
		}
	}
	if o := run(transferPhrase, file); o.code != exitDone || !strings.Contains(o.out, "Imported 100 profiles") {
		t.Errorf("ended with %d: %s", o.code, o.stderr)
	}
	if got := records(t, k); !maps.Equal(got, want) {
		t.Errorf("%d profiles have arrived, and not as they left", len(got))
	}

	// What is here is replaced only after a yes.
	for answer, code := range map[string]int{"no": exitFailed, "yes": exitDone} {
		change(t, k, "p07", func(x *store.Setup) { x.Mailbox = "mine@agency.gov" })
		s := onTerminal(t, env, "import", file, "--profile", "p07", "--custom-cloud")
		s.Want("Passphrase of the file:")
		s.Press(transferPhrase + enter)
		s.Want("Type yes to replace:")
		s.Press(answer + enter)
		got := s.Exit()
		x, err := k.Load(t.Context(), "p07")
		if err != nil || got != code || (x.Mailbox == "mine@agency.gov") != (answer == "no") {
			t.Errorf("%s: ended with %d, %v, %s", answer, got, err, x.Mailbox)
		}
	}
	if o := run(transferPhrase, file); o.code != exitUsage || !strings.Contains(o.stderr, "--overwrite") {
		t.Errorf("again, ended with %d: %s", o.code, o.stderr)
	}
}
