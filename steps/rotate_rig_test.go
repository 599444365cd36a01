package steps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/secret"
	"palmail/steps/progress"
	"palmail/store"
)

// errDead is what a dead process's calls would have come to; nobody hears it.
var errDead = errors.New("the process is dead")

// fate ends the process in front of a point, or right behind it: a write to
// the store, or a call. What comes after does not happen any more.
type fate struct {
	mu     sync.Mutex
	n      int
	die    int // at which point; 0: never
	behind bool
	dead   bool
	kill   context.CancelFunc
	points []string
	check  func(where string)
}

// pass says whether the point is passed, and whether the process dies behind it.
func (f *fate) pass(what string) (through, last bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return false, false
	}
	f.n++
	f.points = append(f.points, what)
	if f.n != f.die {
		return true, false
	}
	f.dead = true
	if !f.behind {
		f.kill()
	}
	return f.behind, f.behind
}

func (f *fate) around(what string, do func()) bool {
	through, last := f.pass(what)
	if through {
		do()
		if f.check != nil {
			f.check(what)
		}
	}
	if last {
		f.kill()
	}
	return through && !last
}

// mortalStore is a store of a process that dies.
type mortalStore struct {
	*store.Memory
	fate *fate
	fail func(n int) error // of the n-th Save
	n    int
}

func (m *mortalStore) Save(ctx context.Context, profile string, x *store.Setup) (err error) {
	m.n++
	if m.fail != nil {
		if err := m.fail(m.n); err != nil {
			return err
		}
	}
	if !m.fate.around(fmt.Sprint("write ", m.n), func() { err = m.Memory.Save(ctx, profile, x) }) {
		return errDead
	}
	return err
}

// mortalWire is the way to Microsoft of a process that dies.
type mortalWire struct {
	http.RoundTripper
	fate *fate
}

func (m mortalWire) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if !m.fate.around(r.Method+" "+r.URL.Path, func() { resp, err = m.RoundTripper.RoundTrip(r) }) {
		if resp != nil {
			_ = resp.Body.Close()
		}
		return nil, errDead
	}
	return resp, err
}

// office is an admin at palmail, at PAL and at the portal.
type office struct {
	*script
	w      *world
	picks  map[string][]string                                             // by screen, the options to pick by their first words
	pal    secret.Value                                                    // what PAL's form holds
	asked  func(screen string)                                             // is told each choice
	shown  func(screen string)                                             // is told each notice, nil for nobody
	export func(context.Context, string, secret.Value) ([]Imported, error) // files of palmail export
	// keepRows leaves the rows that are to be deleted where they are.
	keepRows bool
}

func (o *office) Choose(ctx context.Context, c Choice) (int, error) {
	if c.Check != nil {
		o.silence.ends("before " + c.Name)
		c.Check(ctx, o.report)
		o.silence.ends("the check of " + c.Name)
	}
	if c.Name == "rotate-discard" && ctx.Err() == nil && len(c.Options) > c.Picked &&
		strings.HasPrefix(c.Options[c.Picked].Text, "I have deleted") {
		o.deleteRow(c.Text)
	}
	if o.asked != nil {
		o.asked(c.Name)
	}
	if q := o.picks[c.Name]; len(q) > 0 && ctx.Err() == nil {
		o.choices[c.Name] = c
		o.next(c.Name)
		o.picks[c.Name] = q[1:]
		if q[0] == "esc" {
			return 0, ErrBack
		}
		for i, option := range c.Options {
			if strings.HasPrefix(option.Text, q[0]) {
				return i, nil
			}
		}
		o.t.Errorf("%s: no option %q in %+v", c.Name, q[0], c.Options)
	}
	return o.script.Choose(ctx, c)
}

func (o *office) Show(ctx context.Context, n Notice) error {
	err := o.script.Show(ctx, n)
	if err != nil {
		return err
	}
	if o.shown != nil {
		o.shown(n.Name)
	}
	switch n.Name {
	case "pal", "rotate-pal", "rotate-back", "old-servers-key":
		o.pal = n.Values[len(n.Values)-1].Secret
	case "old-row", "revoke-row":
		o.deleteRow(n.Text)
	}
	return nil
}

// deleteRow deletes at the portal the row that a screen describes.
func (o *office) deleteRow(text string) {
	if o.keepRows {
		return
	}
	for _, app := range o.w.tenant.Apps() {
		for _, s := range app.Secrets {
			if strings.Contains(text, fmt.Sprintf("Its row: description **%s**, value beginning with **%s**",
				s.Description, s.Hint)) || strings.Contains(text, "Its row: value beginning with **"+s.Hint+"**") {
				_ = o.w.tenant.RemoveSecret(app.ClientID, s.ID)
			}
		}
	}
}

// works says whether the tenant gives a token for a secret of the record's app.
func (w *world) works(x *store.Setup, v secret.Value) bool {
	if v.IsZero() {
		return false
	}
	c, _ := m365.CloudNamed(x.Cloud)
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {x.ClientID}, "client_secret": {v.Reveal()},
		"scope": {c.Graph + "/.default"},
	}
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, c.Login+"/"+x.TenantID+
		"/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := w.tenant.Transport().RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	granted := resp.StatusCode == http.StatusOK && bytes.Contains(body, []byte("access_token"))
	if !granted && !bytes.Contains(body, []byte("AADSTS7000215")) && !bytes.Contains(body, []byte("AADSTS7000222")) {
		w.t.Errorf("the tenant says neither that the secret works nor that it does not: %d %s", resp.StatusCode, body)
	}
	return granted
}

// visit is one run of palmail by an office, with a fate.
func (o *office) visit(f *fate, start string, fail func(int) error) (End, error) {
	ctx, cancel := context.WithCancel(o.t.Context())
	defer cancel()
	o.leave, f.kill = cancel, cancel
	if len(o.turns["test"]) == 0 {
		o.on("test", turn{
			fill: map[string]string{"to": "admin@agency.gov"},
		}, turn{fill: map[string]string{"to": "admin@agency.gov"}})
	}
	st := &mortalStore{Memory: o.w.store, fate: f, fail: fail}
	return Run(ctx, Env{
		UI: o, Store: st, Memory: func() Store { return store.NewMemory() },
		M365: m365.Options{Transport: mortalWire{o.w.tenant.Transport(), f}, Now: time.Now}, Profile: "default",
		Portal: portal{o.w.tenant}, Now: time.Now, Start: start,
		OpenExport: o.export,
	})
}

// begin returns a world with a finished setup in the given mode, and what PAL holds.
func begin(t *testing.T, mode string) (*world, store.Setup) {
	t.Helper()
	w := from(t, "begun "+mode, func(t *testing.T) *world {
		w := newWorld(t, sandbox.Options{Seed: 31})
		s := newScript(t)
		if mode == store.ModeSignIn {
			s = signer(t, w, "admin@agency.gov")
		}
		if _, err := w.run(s); err != nil {
			t.Fatal(err)
		}
		return w
	})
	time.Sleep(100 * 24 * time.Hour)
	return w, w.record(t)
}

func newOffice(t *testing.T, w *world, pal secret.Value) *office {
	return &office{script: signer(t, w, "admin@agency.gov"), w: w, pal: pal, picks: map[string][]string{}}
}

// guard asserts the two things that hold at every moment: the stored record
// knows a secret that works, and so does PAL.
func guard(t *testing.T, w *world, o *office, where string) {
	t.Helper()
	x, err := w.store.Load(context.Background(), "default")
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	var working secret.Value
	for _, v := range []secret.Value{x.Secret.Value, x.Pending.Value, x.Old.Value} {
		if working.IsZero() && w.works(&x, v) {
			working = v
		}
	}
	if working.IsZero() {
		t.Errorf("%s: the record knows no secret that works", where)
	}
	if !o.pal.Equal(working) && !w.works(&x, o.pal) {
		t.Errorf("%s: PAL's secret does not work", where)
	}
}

// settlement is how a rotation or its undoing has ended.
type settlement struct {
	renewed bool // the new secret is in use
	alone   bool // the tenant has no other secret
}

// settled asserts how everything stands after a rotation or its undoing.
func settled(t *testing.T, w *world, o *office, first store.Setup, want settlement) {
	t.Helper()
	for _, wrong := range unsettled(w, o, first, want) {
		t.Error(wrong)
	}
}

// unsettled says what is not as it has to be.
func unsettled(w *world, o *office, first store.Setup, want settlement) (wrong []string) {
	say := func(format string, a ...any) { wrong = append(wrong, fmt.Sprintf(format, a...)) }
	x, err := w.store.Load(context.Background(), "default")
	if err != nil {
		return []string{err.Error()}
	}
	if x.Secret.Value.Equal(first.Secret.Value) == want.renewed {
		say("renewed %v, but the record has %s", want.renewed, x.Secret.Hint)
	}
	if !o.pal.Equal(x.Secret.Value) || !w.works(&x, o.pal) {
		say("PAL's secret is not the record's, or does not work")
	}
	if progress.Rotating(&x) || !x.Pending.Value.IsZero() || !x.PendingShown.IsZero() ||
		x.Intent != (store.Intent{}) || !x.Old.Value.IsZero() {
		say("left over: pending %q, shown %v, intent %+v, old %q", x.Pending.Description, x.PendingShown, x.Intent,
			x.Old.Description)
	}
	if next := progress.Next(&x); next != progress.Finished {
		say("not finished: %s", next)
	}
	app, _ := w.tenant.AppWithID(x.ClientID)
	switch {
	case !want.alone:
	case len(app.Secrets) != 1:
		say("%d secrets in the tenant: %+v", len(app.Secrets), app.Secrets)
	case want.renewed && x.Secret.KeyID != "" && app.Secrets[0].ID != x.Secret.KeyID:
		say("the wrong secret is left")
	}
	return wrong
}
