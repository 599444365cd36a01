package steps

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/sandbox"
	"palmail/secret"
	"palmail/steps/progress"
	"palmail/store"
)

// many are n finished profiles in one practice tenant, p000 and so on.
func many(t *testing.T, tenant *sandbox.Tenant, st *store.Memory, n int) {
	t.Helper()
	for i := range n {
		x := readySetup(t, tenant)
		if err := st.Save(t.Context(), fmt.Sprintf("p%03d", i), &x); err != nil {
			t.Fatal(err)
		}
	}
}

// readySetup is a finished setup whose secret lasts 180 days.
func readySetup(t *testing.T, tenant *sandbox.Tenant) store.Setup {
	t.Helper()
	now := time.Now().UTC()
	app := tenant.RegisterApp("PAL mail", sandbox.Web, "https://pal.agency.gov/app/connectors/SMTP.aspx")
	s, err := tenant.AddSecret(app.ClientID, "PAL mail", now.AddDate(0, 0, 180))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(tenant.AddPermission(app.ClientID, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Send"),
		tenant.GrantConsent(app.ClientID)); err != nil {
		t.Fatal(err)
	}
	return store.Setup{
		Mailbox: "noreply@" + tenant.Domain(), PALURL: "https://pal.agency.gov/app", Cloud: m365.Commercial,
		TenantID: tenant.ID(),
		AppName:  "PAL mail", ClientID: app.ClientID, AppProved: now, SecretProved: now, PermissionProved: now,
		PALSaved: now,
		Secret: store.Secret{
			Value: secret.New(s.Value), Description: "PAL mail", Hint: s.Value[:3], Created: now,
			Expires: now.AddDate(0, 0, 180),
		},
		AdminAddress: "me@agency.gov", LastTest: store.Test{
			At: now, To: "me@agency.gov", Reference: "R", Accepted: true, Arrived: "yes",
		},
	}
}

// counted counts the calls that are under way at once.
type counted struct {
	http.RoundTripper
	now, most atomic.Int32
	wait      func(*http.Request) time.Duration
}

func (c *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	n := c.now.Add(1)
	defer c.now.Add(-1)
	for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
	}
	if c.wait != nil {
		select {
		case <-time.After(c.wait(r)):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	return c.RoundTripper.RoundTrip(r)
}

// shelf is a store of which some profiles cannot be read.
type shelf struct {
	*store.Memory
	bad   map[string]error
	reads []string
}

func (s *shelf) Load(ctx context.Context, profile string) (store.Setup, error) {
	s.reads = append(s.reads, profile)
	if err := s.bad[profile]; err != nil {
		return store.Setup{}, fmt.Errorf("loading profile %s: %w", profile, err)
	}
	return s.Memory.Load(ctx, profile)
}

func TestLoadAll(t *testing.T) {
	st := &shelf{Memory: store.NewMemory()}
	for i := range 100 {
		if err := st.Save(t.Context(), fmt.Sprintf("p%03d", i), &store.Setup{Mailbox: "a@agency.gov"}); err != nil {
			t.Fatal(err)
		}
	}
	all, unread, err := LoadAll(t.Context(), st)
	if err != nil || len(all) != 100 || unread != nil || len(st.reads) != 100 || !slices.IsSorted(st.reads) {
		t.Errorf("%d profiles with %d reads, %v", len(all), len(st.reads), err)
	}
	// What is wrong with a record is that record's.
	st.bad = map[string]error{
		"p003": store.ErrDamaged, "p004": store.ErrNewer, "p005": store.ErrNotFound, "p006": errors.New("error 31"),
	}
	all, _, err = LoadAll(t.Context(), st)
	list := StatusOfAll(all, "the keyring", time.Now())
	if err != nil || len(list) != 100 {
		t.Fatalf("%d profiles, %v", len(list), err)
	}
	for n, want := range map[int]struct {
		state   string
		outcome progress.Outcome
	}{
		2: {
			progress.StateIncomplete, progress.Unfinished,
		}, 3: {
			progress.StateUnreadable, progress.Failed,
		}, 4: {
			progress.StateUnreadable, progress.Failed,
		}, 5: {progress.StateNone, progress.Unfinished}, 6: {progress.StateUnreadable, progress.Failed},
	} {
		if p := list[n]; p.State != want.state || p.Outcome(30) != want.outcome ||
			(p.Finding != nil) != (want.outcome == progress.Failed) {
			t.Errorf("%s is %s with %d and %v", p.Profile, p.State, p.Outcome(30), p.Finding)
		}
	}
	// What is wrong with the keyring ends it: one question, one wait.
	for _, kind := range []error{
		store.ErrLocked, store.ErrTimeout, store.ErrNoSessionBus, store.ErrNoLogonSession, context.Canceled,
	} {
		ctx, cancel := context.WithCancel(t.Context())
		if kind == context.Canceled {
			cancel()
		}
		st.bad, st.reads = map[string]error{"p010": kind, "p011": kind}, nil
		all, unread, err := LoadAll(ctx, st)
		cancel()
		if !errors.Is(err, kind) {
			t.Errorf("%v: %v", kind, err)
		}
		if kind != context.Canceled && (len(all) != 10 || len(unread) != 90 || unread[0] != "p010" ||
			len(st.reads) != 11) {
			t.Errorf("%v: %d read, %d not, with %d calls", kind, len(all), len(unread), len(st.reads))
		}
	}
}

// A hundred profiles, eight at once, in the order of their names.
func TestCheckAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, st := sandbox.New(sandbox.Options{}), store.NewMemory()
		many(t, tenant, st, 100)
		spoiled, _ := st.Load(t.Context(), "p042")
		tenant.DeleteApp(spoiled.ClientID)
		all, _, err := LoadAll(t.Context(), st)
		if err != nil {
			t.Fatal(err)
		}
		all[7] = Stored{Profile: "p007", Err: store.ErrDamaged}
		all[8] = Stored{Profile: "p008"}
		all[9].Setup.Secret.Expires = time.Now().AddDate(0, 0, 10)
		all[10].Setup.Secret.Expires = time.Now().AddDate(0, 0, -10)
		all[11].Setup.TenantID = "99999999-86f1-41af-91ab-2d7cd011db47"
		wire := &counted{RoundTripper: tenant.Transport(), wait: func(r *http.Request) time.Duration {
			if strings.Contains(r.URL.Path, "99999999") {
				return time.Hour
			}
			return time.Second
		}}
		var got []ProfileCheck
		began := time.Now()
		err = CheckAll(t.Context(), all, CheckAllOptions{
			M365: m365.Options{Transport: wire}, Width: 8, Limit: time.Minute, WarnDays: 30, Now: time.Now(),
			Place:   "the keyring",
			Checked: func(r ProfileCheck) { got = append(got, r) },
		})
		if err != nil || len(got) != 100 {
			t.Fatalf("%d results, %v", len(got), err)
		}
		for n, r := range got {
			ok, want := true, progress.Good
			switch n {
			case 7, 42, 11:
				ok, want = false, progress.Failed
			case 8:
				ok, want = false, progress.Unfinished
			case 9:
				want = progress.ExpiresSoon
			case 10:
				want = progress.Expired
			}
			if r.Profile != fmt.Sprintf("p%03d", n) || r.OK != ok || r.Outcome() != want ||
				(r.Finding != nil) != (n == 7 || n == 8) {
				t.Errorf("%d: %s, %v, %d, %+v", n, r.Profile, r.OK, r.Outcome(), r.Checks)
			}
		}
		if f := failedChecks(got[42]); !slices.Equal(f, []diagnose.Cause{diagnose.CauseAppUnknown}) {
			t.Errorf("p042: %v", f)
		}
		// Each profile asks three things side by side and some more after each
		// other; one after the other the hundred would take minutes more.
		if most := wire.most.Load(); most <= 8 || most > 8*8 {
			t.Errorf("%d calls at once", most)
		}
		if took := time.Since(began); took > 3*time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}

func failedChecks(r ProfileCheck) (causes []diagnose.Cause) {
	for _, c := range r.Checks {
		if c.Finding != nil {
			causes = append(causes, c.Finding.Cause)
		}
	}
	return causes
}

// Told to end, it ends at once and has left nothing behind (synctest sees to that).
func TestCheckAllCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, st := sandbox.New(sandbox.Options{}), store.NewMemory()
		many(t, tenant, st, 20)
		all, _, _ := LoadAll(t.Context(), st)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		wire := &counted{RoundTripper: tenant.Transport(), wait: func(*http.Request) time.Duration { return time.Hour }}
		err := CheckAll(ctx, all, CheckAllOptions{
			M365: m365.Options{Transport: wire}, Width: 8, Limit: time.Minute, WarnDays: 30, Now: time.Now(),
			Checked: func(r ProfileCheck) { t.Errorf("%s is said to be done", r.Profile) },
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

func TestProfileCheckJSON(t *testing.T) {
	r := checkOne(t.Context(), Stored{Profile: "p"}, CheckAllOptions{Limit: time.Minute, WarnDays: 30, Now: time.Now()})
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal(text, &keys); err != nil || len(keys) != 5 || keys["checks"] == nil ||
		keys["ok"] != false || keys["days_left"] != nil {
		t.Errorf("%v: %s", err, text)
	}
}
