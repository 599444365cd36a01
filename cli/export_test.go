package cli

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"filippo.io/age"

	"palmail/sandbox"
	"palmail/secret"
	"palmail/store"
)

// ageKey is a key pair: the recipient, and the file with the identity.
func ageKey(t testing.TB) (recipient, file string) {
	t.Helper()
	i, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "key.txt")
	writeFile(t, file, []byte("# public key: "+i.Recipient().String()+"\n"+i.String()+"\n"))
	return i.Recipient().String(), file
}

// records are all profiles of a keyring as they would be carried.
func records(t testing.TB, k keeper) map[string]string {
	t.Helper()
	list, err := k.Profiles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, name := range list {
		x, err := k.Load(t.Context(), name)
		if err != nil {
			all[name] = err.Error()
			continue
		}
		record, err := store.EncodeProfile(&x)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(record)
	}
	return all
}

func three(t testing.TB) *store.Memory {
	t.Helper()
	st, tenant := store.NewMemory(), sandbox.New(sandbox.Options{})
	for _, name := range []string{"Branch.2", "default", "state_of-x"} {
		save(t, st, name, storedSetup(t, tenant, 180))
	}
	return st
}

// exportedTo exports all profiles and returns the file and the key to it.
func exportedTo(t testing.TB, st keeper, args ...string) (file, key string) {
	t.Helper()
	recipient, key := ageKey(t)
	file = filepath.Join(t.TempDir(), "pal.age")
	o := inProcess(t, st, "", append([]string{"export", "--output", file, "--recipient", recipient}, args...)...)
	if o.code != exitDone || o.stderr != "" || !strings.Contains(o.out, file) {
		t.Fatalf("export ended with %d: %s%s", o.code, o.out, o.stderr)
	}
	return file, key
}

func TestExportAndImport(t *testing.T) {
	t.Parallel()
	from, to := three(t), store.NewMemory()
	file, key := exportedTo(t, from, "--all")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	info, _ := os.Stat(file)
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v", info.Mode())
	}
	x, _ := from.Load(t.Context(), "default")
	leakless(t, "the file", string(data), x.Secret.Value.Reveal())
	o := inProcess(t, to, "", "import", file, "--identity", key)
	if o.code != exitDone || o.stderr != "" || !strings.Contains(o.out, "3 profiles (Branch.2, default, state_of-x)") {
		t.Errorf("import ended with %d: %s%s", o.code, o.out, o.stderr)
	}
	leakless(t, "output", o.out, x.Secret.Value.Reveal())
	if !maps.Equal(records(t, from), records(t, to)) {
		t.Errorf("not the same:\n%v\n%v", records(t, from), records(t, to))
	}
	for _, name := range []string{"Branch.2", "default"} { // nobody is left holding them
		release, err := to.Claim(t.Context(), name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_ = release(t.Context())
	}
}

func TestExportRefuses(t *testing.T) {
	t.Parallel()
	st := three(t)
	recipient, _ := ageKey(t)
	dir := t.TempDir()
	mine := filepath.Join(dir, "mine")
	writeFile(t, mine, []byte("mine"))
	free := filepath.Join(dir, "free")
	for name, c := range map[string]struct {
		stdin string
		code  int
		args  []string
	}{
		"no output":           {"", exitUsage, []string{"--recipient", recipient}},
		"a file that is":      {"", exitUsage, []string{"-o", mine, "--recipient", recipient}},
		"nobody to ask":       {"", exitUsage, []string{"-o", free}},
		"two ways":            {"", exitUsage, []string{"-o", free, "--recipient", recipient, "--passphrase-stdin"}},
		"not a recipient":     {"", exitUsage, []string{"-o", free, "--recipient", "me@agency.gov"}},
		"an empty passphrase": {"", exitUsage, []string{"-o", free, "--passphrase-stdin"}},
		"a short passphrase":  {"tooshort\n", exitFailed, []string{"-o", free, "--passphrase-stdin"}},
		"no such profile": {
			"", exitUnfinished, []string{"-o", free, "--recipient", recipient, "--profile", "none"},
		},
		"all and one": {
			"", exitUsage, []string{"-o", free, "--recipient", recipient, "--profile", "default", "--all"},
		},
		"no such folder": {"", exitUsage, []string{"-o", filepath.Join(dir, "none", "x"), "--recipient", recipient}},
	} {
		o := inProcess(t, st, c.stdin, append([]string{"export"}, c.args...)...)
		if o.code != c.code || o.out != "" || o.stderr == "" || strings.Contains(o.stderr, "tooshort") {
			t.Errorf("%s: ended with %d, %q, %q", name, o.code, o.out, o.stderr)
		}
	}
	// A profile that cannot be read must not be missing from a file of all.
	bad := &failing{Memory: st, bad: map[string]error{"default": store.ErrDamaged}}
	if o := inProcess(t, bad, "", "export", "--all", "-o", free, "--recipient", recipient); o.code != exitFailed {
		t.Errorf("with a damaged profile, ended with %d: %s", o.code, o.out)
	}
	if _, err := os.Stat(free); err == nil {
		t.Error("a file was written")
	}
	if data, _ := os.ReadFile(mine); string(data) != "mine" {
		t.Error("a file was overwritten")
	}
	if o := inProcess(t, st, "", "export", "-o", mine, "--recipient", recipient, "--force"); o.code != exitDone {
		t.Errorf("--force ended with %d: %s", o.code, o.stderr)
	}
	if info, err := os.Stat(mine); err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("%v, %v", info, err)
	}
}

// Whatever is wrong with a file or its key, everything stays as it was.
func TestImportRefuses(t *testing.T) {
	t.Parallel()
	from := three(t)
	file, key := exportedTo(t, from, "--all")
	one, oneKey := exportedTo(t, from, "--profile", "default")
	_, otherKey := ageKey(t)
	data, _ := os.ReadFile(file)
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		writeFile(t, path, data)
		return path
	}
	changed := bytes.Clone(data)
	changed[len(changed)/2] ^= 1
	to := store.NewMemory()
	save(t, to, "default", store.Setup{Mailbox: "mine@agency.gov"})
	before := records(t, to)
	for name, c := range map[string]struct {
		says string
		code int
		args []string
	}{
		"another key":  {"does not fit", exitFailed, []string{file, "--identity", otherKey}},
		"a passphrase": {"encrypted to a key", exitFailed, []string{file, "--passphrase-stdin"}},
		"half a file":  {"damaged", exitFailed, []string{write("half", data[:len(data)/2]), "--identity", key}},
		"a changed file": {
			"nothing was imported", exitFailed, []string{write("changed", changed), "--identity", key},
		},
		"an empty file":     {"not a file of palmail", exitFailed, []string{write("empty", nil), "--identity", key}},
		"another file":      {"not a file of palmail", exitFailed, []string{key, "--identity", key}},
		"a folder":          {dir, exitUsage, []string{dir, "--identity", key}},
		"no file":           {"none", exitUsage, []string{filepath.Join(dir, "none"), "--identity", key}},
		"no key":            {"none", exitUsage, []string{file, "--identity", filepath.Join(dir, "none")}},
		"not a key":         {"not an age key file", exitUsage, []string{file, "--identity", file}},
		"nobody to ask":     {"--passphrase-stdin", exitUsage, []string{file}},
		"two ways":          {"together", exitUsage, []string{file, "--identity", key, "--passphrase-stdin"}},
		"it is here":        {"default; --overwrite", exitUsage, []string{file, "--identity", key}},
		"one is here":       {"already in", exitUsage, []string{one, "--identity", oneKey}},
		"a name for many":   {"--profile picks one", exitUsage, []string{file, "--identity", key, "--as", "new"}},
		"not a name":        {"--as", exitUsage, []string{one, "--identity", oneKey, "--as", "../new"}},
		"not in the file":   {"no profile none", exitFailed, []string{file, "--identity", key, "--profile", "none"}},
		"two files":         {"one file", exitUsage, []string{file, file}},
		"an existing --as":  {"--overwrite", exitUsage, []string{one, "--identity", oneKey, "--as", "default"}},
		"picked and exists": {"--overwrite", exitUsage, []string{file, "--identity", key, "--profile", "default"}},
	} {
		o := inProcess(t, to, "a passphrase or other\n", append([]string{"import"}, c.args...)...)
		if o.code != c.code || strings.Contains(o.out, "Imported") || !strings.Contains(o.stderr, c.says) {
			t.Errorf("%s: ended with %d, %q, %q", name, o.code, o.out, o.stderr)
		}
		if !maps.Equal(before, records(t, to)) {
			t.Fatalf("%s: something was written", name)
		}
	}
	// What is here and cannot be read is not replaced, --overwrite or not.
	for _, kind := range []error{store.ErrDamaged, store.ErrNewer, store.ErrLocked} {
		bad := &failing{Memory: to, bad: map[string]error{"default": kind}}
		if o := inProcess(t, bad, "", "import", file, "--identity", key, "--overwrite"); o.code != exitFailed ||
			!maps.Equal(before, records(t, to)) {
			t.Errorf("%v: ended with %d: %s", kind, o.code, o.stderr)
		}
	}
	// Nor is what another palmail works on.
	release, err := to.Claim(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	if o := inProcess(t, to, "", "import", file, "--identity", key, "--overwrite"); o.code != exitInUse ||
		!maps.Equal(before, records(t, to)) || !strings.Contains(o.stderr, "Another palmail") {
		t.Errorf("in use: ended with %d: %s", o.code, o.stderr)
	}
	if err := release(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestImportReplaces(t *testing.T) {
	t.Parallel()
	from, to := three(t), store.NewMemory()
	file, key := exportedTo(t, from, "--all")
	save(t, to, "default", store.Setup{Mailbox: "mine@agency.gov"})
	save(t, to, "other", store.Setup{Mailbox: "other@agency.gov"})
	if o := inProcess(t, to, "", "import", file, "--identity", key, "--profile", "default", "--as",
		"moved"); o.code != exitDone || !strings.Contains(o.out, "the profile moved") {
		t.Errorf("ended with %d: %s", o.code, o.stderr)
	}
	got, want := records(t, to), records(t, from)
	if len(got) != 3 || got["moved"] != want["default"] || !strings.Contains(got["default"], "mine@") {
		t.Errorf("got %v", got)
	}
	if o := inProcess(t, to, "", "import", file, "--identity", key, "--overwrite"); o.code != exitDone {
		t.Errorf("ended with %d: %s", o.code, o.stderr)
	}
	got = records(t, to)
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s is %s", name, got[name])
		}
	}
	if len(got) != 5 || !strings.Contains(got["other"], "other@") {
		t.Errorf("got %v", got)
	}
}

// breaking is a keyring whose nth save fails, with or without having written.
type breaking struct {
	*store.Memory
	nth, saves int
	written    bool
	interrupt  func() // instead of failing
}

func (b *breaking) Save(ctx context.Context, profile string, x *store.Setup) error {
	if b.saves++; b.saves != b.nth {
		return b.Memory.Save(ctx, profile, x)
	}
	if b.interrupt != nil {
		b.interrupt()
		return b.Memory.Save(ctx, profile, x)
	}
	if !b.written {
		return store.ErrNotKept
	}
	return errors.Join(b.Memory.Save(ctx, profile, x), store.ErrTimeout, store.ErrOutcomeUnknown)
}

// A save that fails takes back those before it, wherever that is.
func TestImportRollsBack(t *testing.T) {
	t.Parallel()
	from := three(t)
	file, key := exportedTo(t, from, "--all")
	for nth := 1; nth <= 3; nth++ {
		for _, written := range []bool{false, true} {
			to := &breaking{Memory: store.NewMemory(), nth: 1000, written: written}
			save(t, to, "default", store.Setup{
				Mailbox: "mine@agency.gov", Secret: store.Secret{
					Value: secret.New("abc8Q~theValueOfASecretWithFortyLetters12"),
				},
			})
			save(t, to, "other", store.Setup{Mailbox: "other@agency.gov"})
			before := records(t, to)
			to.saves, to.nth = 0, nth
			o := inProcess(t, to, "", "import", file, "--identity", key, "--overwrite")
			if o.code != exitFailed || strings.Contains(o.out, "Imported") ||
				!strings.Contains(o.stderr, "everything is as it was") {
				t.Errorf("save %d, written %v: ended with %d, %q: %s", nth, written, o.code, o.out, o.stderr)
			}
			if after := records(t, to); !maps.Equal(before, after) {
				t.Errorf("save %d, written %v: before %v, after %v", nth, written, before, after)
			}
			to.nth = 1000
			if o := inProcess(t, to, "", "import", file, "--identity", key, "--overwrite"); o.code != exitDone {
				t.Errorf("again, ended with %d: %s", o.code, o.stderr)
			}
		}
	}
}

// Interrupted in the middle, it takes back what it has written.
func TestImportInterrupted(t *testing.T) {
	t.Parallel()
	file, key := exportedTo(t, three(t), "--all")
	for nth := 1; nth <= 3; nth++ {
		ctx, cancel := context.WithCancel(t.Context())
		to := &breaking{Memory: store.NewMemory(), nth: nth, interrupt: cancel}
		var out, stderr bytes.Buffer
		code := execute(ctx, []string{"import", file, "--identity", key}, streams{out: &out, err: &stderr, keyring: to})
		if code != exitInterrupted || len(records(t, to)) != 0 ||
			!strings.Contains(stderr.String(), "everything is as it was") {
			t.Errorf("at save %d: ended with %d: %s, and left %v", nth, code, &stderr, records(t, to))
		}
		cancel()
	}
}

// With a passphrase, from standard input and on a terminal, where it is never shown.
func TestPassphrase(t *testing.T) {
	t.Parallel()
	const phrase = "correct horse battery"
	from, to := three(t), store.NewMemory()
	file := filepath.Join(t.TempDir(), "pal.age")
	if o := inProcess(t, from, phrase+"\r\n", "export", "--all", "--output", file,
		"--passphrase-stdin"); o.code != exitDone {
		t.Fatalf("ended with %d: %s", o.code, o.stderr)
	}
	if o := inProcess(t, to, "incorrect horse\n", "import", file, "--passphrase-stdin"); o.code != exitFailed ||
		!strings.Contains(o.stderr, "does not fit") || len(records(t, to)) != 0 {
		t.Errorf("with a wrong passphrase, ended with %d: %s", o.code, o.stderr)
	}
	if o := inProcess(t, to, phrase, "import", file, "--passphrase-stdin"); o.code != exitDone ||
		!maps.Equal(records(t, from), records(t, to)) {
		t.Errorf("ended with %d: %s", o.code, o.stderr)
	}
	s := onTerminal(t, nil, "--demo", "import", file)
	s.Want("Passphrase of the file:")
	s.Press(phrase + enter)
	s.Want("The file is right; it holds 3 profiles")
	if code := s.Exit(); code != exitDone || strings.Contains(string(s.Raw()), "horse") {
		t.Errorf("ended with %d: %q", code, s.Raw())
	}
}

func TestPassphraseAskedTwice(t *testing.T) {
	t.Parallel()
	for again, want := range map[string]int{"correct horse battery": exitDone, "correct horse bakery": exitFailed} {
		file := filepath.Join(t.TempDir(), "pal.age")
		s := onTerminal(t, nil, "--demo", "export", "--output", file)
		s.Want("Passphrase for the file:")
		s.Press("correct horse battery" + enter)
		s.Want("The same again:")
		s.Press(again + enter)
		code := s.Exit()
		_, err := os.Stat(file)
		if code != want || (err == nil) != (want == exitDone) || strings.Contains(string(s.Raw()), "horse") {
			t.Errorf("%q: ended with %d, %v: %q", again, code, err, s.Raw())
		}
	}
	file := filepath.Join(t.TempDir(), "pal.age")
	s := onTerminal(t, nil, "--demo", "export", "--output", file)
	s.Want("Passphrase for the file:")
	s.Press("half" + ctrlC)
	if code := s.Exit(); code != exitInterrupted || strings.Contains(string(s.Raw()), "half") {
		t.Errorf("ended with %d: %q", code, s.Raw())
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a file was written")
	}
}
