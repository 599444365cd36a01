package store

import (
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"palmail/secret"
)

// fakeKeyring is a keyring that misbehaves on demand.
type fakeKeyring struct {
	memory
	mu          sync.Mutex
	calls       []string
	hook        func(call, item string) error // an error ends the call; it may block
	dropWrites  bool                          // Set says yes and keeps nothing
	dropDeletes bool                          // Delete says yes and keeps everything
}

func (f *fakeKeyring) record(call, item string) error {
	f.mu.Lock()
	f.calls = append(f.calls, call+" "+item)
	before := f.hook
	f.mu.Unlock()
	if before != nil {
		return before(call, item)
	}
	return nil
}

func (f *fakeKeyring) setHook(before func(call, item string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hook = before
}

func (f *fakeKeyring) Set(service, item, text string) error {
	if err := f.record("set", item); err != nil {
		return err
	}
	if f.dropWrites {
		return nil
	}
	return f.memory.Set(service, item, text)
}

func (f *fakeKeyring) Get(service, item string) (string, error) {
	if err := f.record("get", item); err != nil {
		return "", err
	}
	return f.memory.Get(service, item)
}

func (f *fakeKeyring) Delete(service, item string) error {
	if err := f.record("delete", item); err != nil {
		return err
	}
	if f.dropDeletes {
		return nil
	}
	return f.memory.Delete(service, item)
}

// unlimitedPlatform is a platform without limits or errors of its own.
var unlimitedPlatform = platform{displayName: "a test's keyring", limit: noLimit}

func keyringOn(backend backend, p platform) *Keyring {
	return &Keyring{newVault(Options{Service: "palmail-test"}, backend, p)}
}

// fullSetup is a Setup with everything in it and nothing short.
func fullSetup() Setup {
	at := time.Date(2026, 11, 23, 21, 57, 35, 0, time.UTC)
	long := func(start string) string {
		for len(start) < 200 {
			start += "/and-some-more&x=<y>"
		}
		return start[:200]
	}
	value := func(start string) Secret {
		return Secret{
			Value:       secret.New(start + "8Q~theValueOfASecretWithFortyLetters12"),
			Description: "PAL mail 2026-11", Hint: start, KeyID: "3ce379e4-441f-4eae-9730-fc0220183001",
			Created: at, Expires: at.AddDate(2, 0, 0),
		}
	}
	return Setup{
		Mailbox: "noreply-public-access-link@records.agency.gov", PALURL: long("https://pal.agency.gov/admin"),
		Cloud: "lab", CustomCloud: Cloud{
			Name: "lab", Login: long("https://login.example"), Graph: long("https://graph.example"),
			Portal: long("https://portal.example"),
		},
		TenantID: "72f988bf-86f1-41af-91ab-2d7cd011db47", Organisation: "Department of Things, Office of Records",
		AppName: "PAL mail (palmail, default)", ClientID: "6731de76-14a6-49ae-97bc-6eba6914391e",
		Secret: value("abc"), Pending: value("def"), Old: value("ghi"),
		LimitedByExchange: true, Limit: Limit{"first.last.of.some.length@records.agency.gov", LimitGranted, at},
		AppProved: at, SecretProved: at, PermissionProved: at, PALSaved: at,
		Mode: ModeSignIn, SignedInAs: "first.last.administrator@agency.onmicrosoft.com",
		AppObjectID:        "33333333-2222-3333-4444-555555555555",
		ServicePrincipalID: "44444444-2222-3333-4444-555555555555",
		GrantID:            "gt7C3ZzqJ0mR0bYwQK1f8rP2x5YyWkpHlq7vT0m1aZk", Made: "app service-principal grant",
		AppUniqueName: "palmail-7h2k9cmq4zj3x5v8w1n6b0tdra", AppAdopted: true,
		Intent:       Intent{"secret", "PAL mail 2026-11 K3F7QX", time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)},
		AdminAddress: "first.last.of.some.length@records.agency.gov",
		LastTest: Test{
			At: at, To: "first.last.of.some.length@records.agency.gov", Reference: "PAL-7K2M", Accepted: true,
			Arrived: "yes",
		},
		PendingShown: at, Revoking: at, Removing: "3f2a1b4c-0000-4000-8000-1234567890ab",
		LastNotice: Notice{at, 30},
		History: []Event{{at, EventCreated, "3ce379e4-441f-4eae-9730-fc0220183001", "", "admin@agency.gov"},
			{at, EventTested, "", "5ce379e4-441f-4eae-9730-fc0220183001", ""}},
	}
}

// sameSetup compares two setups without the revision.
func sameSetup(a, b Setup) bool {
	equal := func(x, y Secret) bool {
		ok := x.Value.Equal(y.Value) && x.Created.Equal(y.Created) && x.Expires.Equal(y.Expires)
		x.Value, y.Value = secret.Value{}, secret.Value{}
		x.Created, x.Expires, y.Created, y.Expires = time.Time{}, time.Time{}, time.Time{}, time.Time{}
		return ok && x == y
	}
	ok := equal(a.Secret, b.Secret) && equal(a.Pending, b.Pending) && equal(a.Old, b.Old)
	a.Secret, a.Pending, a.Old, a.Revision = Secret{}, Secret{}, Secret{}, ""
	b.Secret, b.Pending, b.Old, b.Revision = Secret{}, Secret{}, Secret{}, ""
	return ok && reflect.DeepEqual(a, b)
}

func mustSave(t *testing.T, k *Keyring, profile string, s *Setup) {
	t.Helper()
	if err := k.Save(t.Context(), profile, s); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, err error, kinds ...error) {
	t.Helper()
	for _, kind := range kinds {
		if !errors.Is(err, kind) {
			t.Errorf("%v is not %q", err, kind)
		}
	}
}

func wantNot(t *testing.T, err error, kinds ...error) {
	t.Helper()
	for _, kind := range kinds {
		if errors.Is(err, kind) {
			t.Errorf("%v is %q", err, kind)
		}
	}
}
