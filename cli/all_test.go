package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"palmail/ptytest"
	"palmail/sandbox"
	"palmail/secret"
	"palmail/steps"
	"palmail/store"
)

// inProcess runs a command in this process, with its setups in memory.
func inProcess(t testing.TB, keyring keeper, stdin string, args ...string) outcome {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stdin")
	writeFile(t, path, []byte(stdin))
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	ctx, cancel := context.WithTimeout(t.Context(), ptytest.Limit)
	defer cancel()
	var out, stderr bytes.Buffer
	code := execute(ctx, args, streams{in: in, out: &out, err: &stderr, keyring: keyring, work: 8})
	return outcome{code, out.String(), stderr.String()}
}

// storedSetup is a finished setup of an app in the tenant, as the keyring has it.
func storedSetup(t testing.TB, tenant *sandbox.Tenant, days int) store.Setup {
	t.Helper()
	at := now().UTC().Truncate(time.Second)
	app := tenant.RegisterApp("PAL mail", sandbox.Web, "https://pal.agency.gov/app/connectors/SMTP.aspx")
	s, err := tenant.AddSecret(app.ClientID, "PAL mail", at.AddDate(0, 0, 180))
	if err != nil {
		t.Fatal(err)
	}
	if err := tenant.AddPermission(app.ClientID, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Send"); err != nil {
		t.Fatal(err)
	}
	if err := tenant.GrantConsent(app.ClientID); err != nil {
		t.Fatal(err)
	}
	return store.Setup{
		Mailbox: "noreply@" + tenant.Domain(), PALURL: "https://pal.agency.gov/app", Cloud: "commercial",
		TenantID: tenant.ID(),
		AppName:  "PAL mail", ClientID: app.ClientID, AppProved: at, SecretProved: at, PermissionProved: at,
		PALSaved: at,
		Secret: store.Secret{
			Value: secret.New(s.Value), Description: "PAL mail 2026-11", Hint: s.Value[:3], Created: at,
			Expires: at.AddDate(0, 0, days),
		},
		AdminAddress: "me@agency.gov", LastTest: store.Test{
			At: at, To: "me@agency.gov", Reference: "R", Accepted: true, Arrived: "yes",
		},
	}
}

// hundred are a hundred finished profiles, p00 to p99.
func hundred(t testing.TB) *store.Memory {
	t.Helper()
	st, tenant := store.NewMemory(), sandbox.New(sandbox.Options{})
	for n := range 100 {
		x := storedSetup(t, tenant, 180)
		save(t, st, fmt.Sprintf("p%02d", n), x)
	}
	return st
}

func save(t testing.TB, st keeper, profile string, x store.Setup) {
	t.Helper()
	if err := st.Save(t.Context(), profile, &x); err != nil {
		t.Fatal(err)
	}
}

// change loads a profile, changes and saves it.
func change(t testing.TB, st keeper, profile string, how func(*store.Setup)) {
	t.Helper()
	x, err := st.Load(t.Context(), profile)
	if err != nil {
		t.Fatal(err)
	}
	how(&x)
	save(t, st, profile, x)
}

// failing is a keyring in which some profiles cannot be read.
type failing struct {
	*store.Memory
	bad   map[string]error
	loads int
}

func (f *failing) Load(ctx context.Context, profile string) (store.Setup, error) {
	f.loads++
	if err := f.bad[profile]; err != nil {
		return store.Setup{}, err
	}
	return f.Memory.Load(ctx, profile)
}

func TestStatusAll(t *testing.T) {
	t.Parallel()
	st := &failing{Memory: hundred(t)}
	o := inProcess(t, st, "", "status", "--all")
	if o.code != exitDone || o.stderr != "" || strings.Count(o.out, "\n") != 103 ||
		!strings.Contains(o.out, "100 profiles: 100 well") || st.loads != 100 {
		t.Errorf("ended with %d and %q after %d reads:\n%s", o.code, o.stderr, st.loads, o.out)
	}
	if a, b := strings.Index(o.out, "\np09"), strings.Index(o.out, "\np10"); a < 0 || a > b {
		t.Errorf("not in the order of the names:\n%s", o.out)
	}

	ends := func(profile string, days int) {
		change(t, st, profile, func(x *store.Setup) { x.Secret.Expires = now().AddDate(0, 0, days) })
	}
	codes := []int{}
	run := func() {
		o = inProcess(t, st, "", "status", "--all", "--json")
		codes = append(codes, o.code)
	}
	run()
	ends("p20", 10)
	run()
	st.bad = map[string]error{"p30": store.ErrDamaged}
	run()
	ends("p40", -2)
	run()
	if fmt.Sprint(codes) != "[0 3 1 4]" {
		t.Errorf("ended with %v", codes)
	}
	list := wantKeys(t, "the document", oneJSON(t, o.out), "profiles")["profiles"].([]any)
	if len(list) != 100 || o.stderr != "" {
		t.Fatalf("%d profiles and %q", len(list), o.stderr)
	}
	for n, p := range list {
		v := wantKeys(t, "a profile", p, "profile", "state", "cloud", "tenant_id", "client_id", "mailbox", "pal_url",
			"secret", "old_secret", "next_step", "last_test", "finding")
		want := steps.StateReady
		if n == 30 {
			want = steps.StateUnreadable
			wantFinding(t, v["finding"], "keyring")
		}
		if v["profile"] != fmt.Sprintf("p%02d", n) || v["state"] != want {
			t.Errorf("%d is %v, %v", n, v["profile"], v["state"])
		}
	}
	if o = inProcess(t, st, "", "status", "--all"); o.code != exitUnfinished ||
		!strings.Contains(o.out, "100 profiles: 97 well, 1 within 30 days of the end, 1 not set up, unfinished or "+
			"expired, 1 unreadable") {
		t.Errorf("ended with %d:\n%s", o.code, o.out)
	}
}

// A locked keyring is asked once, not a hundred times.
func TestAllWithALockedKeyring(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"status", "check"} {
		for _, kind := range []error{store.ErrLocked, store.ErrTimeout} {
			st := &failing{Memory: hundred(t), bad: map[string]error{}}
			for n := range 100 {
				st.bad[fmt.Sprintf("p%02d", n)] = kind
			}
			o := inProcess(t, st, "", command, "--all")
			if o.code != exitFailed || st.loads != 1 || strings.Count(o.stderr, "palmail:") != 1 ||
				!strings.Contains(o.stderr, "Not read: 100 profiles") {
				t.Errorf("%s, %v: ended with %d after %d reads: %s", command, kind, o.code, st.loads, o.stderr)
			}
			o = inProcess(t, st, "", command, "--all", "--json")
			v := oneJSON(t, o.out)
			wantFinding(t, v["finding"], "keyring")
			if o.code != exitFailed || len(v["not_read"].([]any)) != 100 || len(v["profiles"].([]any)) != 0 {
				t.Errorf("%s, %v: ended with %d: %s", command, kind, o.code, o.out)
			}
		}
	}
}

func TestAllWithNothing(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"status", "check"} {
		o := inProcess(t, store.NewMemory(), "", command, "--all", "--json")
		if v := oneJSON(t, o.out); o.code != exitUnfinished || len(v["profiles"].([]any)) != 0 {
			t.Errorf("%s ended with %d: %s", command, o.code, o.out)
		}
	}
	for _, args := range [][]string{
		{"status", "--all", "--profile", "x"}, {"check", "--all", "--secret-stdin"},
		{"check", "--all", "--mailbox", "a@b.gov"},
		{"status", "--notify", "nobody"}, {"status", "--notify", "a@agency.gov,b@agency.gov"},
	} {
		if o := inProcess(t, store.NewMemory(), "", args...); o.code != exitUsage || o.out != "" {
			t.Errorf("%v ended with %d and %s", args, o.code, o.stderr)
		}
	}
}

// Against a tenant on the wire, by another process, from a real keyring's
// point of view the same: TestTransfer does that. Here, the practice tenant.
func TestAllInTheDemo(t *testing.T) {
	t.Parallel()
	o := inProcess(t, nil, "", "--demo", "--weather", "calm", "check", "--all", "--json")
	v := wantKeys(t, "the document", oneJSON(t, o.out), "ok", "profiles")
	if o.code != exitDone || v["ok"] != true || o.stderr != "" {
		t.Errorf("ended with %d: %s%s", o.code, o.out, o.stderr)
	}
	wantKeys(t, "a profile", v["profiles"].([]any)[0], "profile", "ok", "checks", "days_left", "finding")
	o = inProcess(t, nil, "", "--demo", "status", "--notify", "me@agency.gov", "--warn-days", "200", "--json")
	w := wantKeys(t, "the warning", oneJSON(t, o.out)["warning"], "sent", "to", "threshold_days", "detail",
		"request_id", "finding")
	if o.code != exitSoon || w["sent"] != true || w["threshold_days"] != float64(200) {
		t.Errorf("ended with %d: %s%s", o.code, o.out, o.stderr)
	}
}

// An expired secret can warn of nothing; it says so and ends with 4.
func TestNotifyExpired(t *testing.T) {
	t.Parallel()
	st := store.NewMemory()
	save(t, st, "default", storedSetup(t, sandbox.New(sandbox.Options{}), -1))
	for _, args := range [][]string{
		{"status", "--notify", "me@agency.gov"}, {"status", "--notify", "me@agency.gov", "--all"},
	} {
		o := inProcess(t, st, "", args...)
		if o.code != exitUnfinished || !strings.Contains(o.out, "no warning can be sent with it") {
			t.Errorf("%v ended with %d: %s%s", args, o.code, o.out, o.stderr)
		}
	}
}

func TestRemind(t *testing.T) {
	t.Parallel()
	st := store.NewMemory()
	x := storedSetup(t, sandbox.New(sandbox.Options{}), 180)
	save(t, st, "default", x)
	o := inProcess(t, st, "", "remind", "--output", "-")
	if o.code != exitDone || strings.Count(o.out, "TRIGGER:") != 3 || strings.Count(o.out, "\nBEGIN:VEVENT") != 4 ||
		!strings.Contains(o.out, "DTSTART:"+x.Secret.Expires.Format("20060102T150405Z")) {
		t.Errorf("ended with %d: %s%s", o.code, o.stderr, o.out)
	}
	leakless(t, "the calendar", strings.ReplaceAll(o.out, "\r\n ", ""), x.Secret.Value.Reveal())

	path := filepath.Join(t.TempDir(), "pal.ics")
	if o = inProcess(t, st, "", "remind", "--output", path); o.code != exitDone || !strings.Contains(o.out, path) {
		t.Errorf("ended with %d: %s", o.code, o.stderr)
	}
	writeFile(t, path, []byte("mine"))
	if o = inProcess(t, st, "", "remind", "--output", path); o.code != exitUsage ||
		!strings.Contains(o.stderr, "exists already") {
		t.Errorf("over a file, ended with %d: %s", o.code, o.stderr)
	}
	if data, _ := os.ReadFile(path); string(data) != "mine" {
		t.Error("the file was overwritten")
	}
	if o = inProcess(t, st, "", "remind", "--output", path, "--force"); o.code != exitDone {
		t.Errorf("with --force, ended with %d: %s", o.code, o.stderr)
	}
	data, _ := os.ReadFile(path)
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".palmail*")); !bytes.HasPrefix(data,
		[]byte("BEGIN:VCALENDAR\r\n")) || len(left) > 0 {
		t.Errorf("%q, and %v beside it", data, left)
	}
	if o = inProcess(t, st, "", "remind", "--output", filepath.Join(path, "none", "x.ics")); o.code != exitUsage {
		t.Errorf("into no folder, ended with %d: %s", o.code, o.stderr)
	}
	for name, c := range map[string]struct {
		how  func(*store.Setup)
		code int
	}{
		"expired":    {func(x *store.Setup) { x.Secret.Expires = now().AddDate(0, 0, -1) }, exitUnfinished},
		"no end":     {func(x *store.Setup) { x.Secret.Expires = time.Time{} }, exitFailed},
		"no secret":  {func(x *store.Setup) { x.Secret = store.Secret{} }, exitUnfinished},
		"not set up": {nil, exitUnfinished},
	} {
		st := store.NewMemory()
		if c.how != nil {
			x := x
			c.how(&x)
			save(t, st, "default", x)
		}
		if o := inProcess(t, st, "", "remind", "--output", "-"); o.code != c.code || o.out != "" || o.stderr == "" {
			t.Errorf("%s: ended with %d, %q", name, o.code, o.stderr)
		}
	}
}

// The entries stay the same when the end is corrected, and are others for another secret or profile.
func TestReminderKey(t *testing.T) {
	t.Parallel()
	x := storedSetup(t, sandbox.New(sandbox.Options{}), 180)
	key := reminderKey("default", &x)
	corrected := x
	corrected.Secret.Expires = x.Secret.Expires.AddDate(0, 1, 0)
	if reminderKey("default", &corrected) != key {
		t.Error("another key after a correction")
	}
	renewed := x
	renewed.Secret.Created = x.Secret.Created.AddDate(0, 5, 0)
	if reminderKey("default", &renewed) == key || reminderKey("branch", &x) == key {
		t.Error("one key for two secrets")
	}
}
