package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"palmail/sandbox"
	"palmail/secret"
	"palmail/store"
	"palmail/transfer"
)

// posing are records whose cloud reads like one of Microsoft's.
func posing(t *testing.T) []store.Setup {
	t.Helper()
	data, err := os.ReadFile("testdata/posing/records.json")
	if err != nil {
		t.Fatal(err)
	}
	var records []struct {
		Cloud  string
		Custom store.Cloud
	}
	if err := json.Unmarshal(data, &records); err != nil {
		t.Fatal(err)
	}
	var all []store.Setup
	tenant := sandbox.New(sandbox.Options{})
	for _, r := range records {
		x := storedSetup(t, tenant, 180)
		x.Cloud, x.CustomCloud = r.Cloud, r.Custom
		all = append(all, x)
	}
	return all
}

// A record whose cloud poses as Microsoft's is refused by every command that
// reads it, and by import; only forget takes it.
func TestPosingRecordsAreRefused(t *testing.T) {
	t.Parallel()
	for _, x := range posing(t) {
		st := store.NewMemory()
		save(t, st, "default", x)
		for _, args := range [][]string{
			{"status"}, {"status", "--json"}, {"check"}, {"report"}, {"remind", "--output", "-"}, {"send", "--to", "a@b.gov"},
			{"export", "--passphrase-stdin", "--output", filepath.Join(t.TempDir(), "x.age")},
		} {
			o := inProcess(t, st, "correct horse battery staple\n", args...)
			if o.code != exitFailed || !strings.Contains(o.out+o.stderr, "The cloud of the profile default is refused") {
				t.Errorf("%q %q: %v ended with %d: %s%s", x.Cloud, x.CustomCloud.Name, args, o.code, o.out, o.stderr)
			}
		}
		const phrase = "correct horse battery staple"
		lock, err := transfer.Passphrase(secret.New(phrase), 8)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := transfer.Seal([]transfer.Profile{{Name: "default", Setup: x}}, lock, now())
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "posing.age")
		writeFile(t, file, sealed)
		to := store.NewMemory()
		o := inProcess(t, to, phrase+"\n", "import", file, "--passphrase-stdin", "--custom-cloud")
		if o.code != exitFailed || !strings.Contains(o.stderr, "nothing was imported") || len(records(t, to)) != 0 {
			t.Errorf("%q: import ended with %d: %s%s", x.Cloud, o.code, o.out, o.stderr)
		}
		if _, err := openExport(t.Context(), file, secret.New(phrase)); err == nil {
			t.Errorf("%q: the screens import it", x.Cloud)
		}
		if o := inProcess(t, st, "", "forget", "--yes"); o.code != exitDone {
			t.Errorf("%q: forget ended with %d: %s", x.Cloud, o.code, o.stderr)
		}
	}
}

// A custom cloud is named as one wherever a cloud is shown, and imported only
// after a yes.
func TestCustomCloudsAreNamedSo(t *testing.T) {
	t.Parallel()
	const label = "custom cloud lab (login.example)"
	x := storedSetup(t, sandbox.New(sandbox.Options{}), 180)
	x.Cloud, x.CustomCloud = "lab", store.Cloud{
		Name: "lab", Login: "https://login.example", Graph: "https://graph.example", Portal: "https://portal.example",
	}
	st := store.NewMemory()
	save(t, st, "default", x)
	for _, args := range [][]string{{"status"}, {"report"}, {"remind", "--output", "-"}} {
		o := inProcess(t, st, "", args...)
		text := strings.NewReplacer("\r\n ", "", `\(`, "(", `\)`, ")").Replace(o.out)
		if o.code != exitDone || !strings.Contains(text, label) {
			t.Errorf("%v ended with %d: %s%s", args, o.code, o.out, o.stderr)
		}
	}
	file, key := exportedTo(t, st)
	to := store.NewMemory()
	o := inProcess(t, to, "", "import", file, "--identity", key)
	if o.code != exitUsage || !strings.Contains(o.stderr, label) || len(records(t, to)) != 0 ||
		!strings.Contains(o.out, "sign-in login.example, Graph graph.example, portal portal.example") {
		t.Errorf("import ended with %d: %s%s", o.code, o.out, o.stderr)
	}
	if o = inProcess(t, to, "", "import", file, "--identity", key, "--custom-cloud"); o.code != exitDone ||
		len(records(t, to)) != 1 {
		t.Errorf("import ended with %d: %s%s", o.code, o.out, o.stderr)
	}
}
