package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/zalando/go-keyring"
)

// store is the interface that the callers use, of Keyring and Memory.
type store interface {
	Place() string
	Probe(ctx context.Context) error
	Load(ctx context.Context, profile string) (Setup, error)
	Save(ctx context.Context, profile string, s *Setup) error
	Delete(ctx context.Context, profile string) error
	Profiles(ctx context.Context) ([]string, error)
	Claim(ctx context.Context, profile string) (func(context.Context) error, error)
	ClaimForce(ctx context.Context, profile string) (func(context.Context) error, error)
}

// exerciseStore checks the behaviour that every store must have.
func exerciseStore(t *testing.T, k store) {
	t.Helper()
	ctx := t.Context()
	if err := k.Probe(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Load(ctx, "default"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if err := k.Delete(ctx, "default"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if names, err := k.Profiles(ctx); err != nil || len(names) != 0 {
		t.Error(names, err)
	}
	release, err := k.Claim(ctx, "default")
	if err != nil {
		t.Fatal(err)
	}
	s := fullSetup()
	for range 3 {
		before := s.Revision
		if err := k.Save(ctx, "default", &s); err != nil || s.Revision == before {
			t.Fatal(err, s.Revision)
		}
	}
	other := Setup{Mailbox: "other@agency.gov"}
	if err := k.Save(ctx, "Default", &other); err != nil {
		t.Fatal(err)
	}
	got, err := k.Load(ctx, "default")
	if err != nil || !sameSetup(got, s) || got.Revision != s.Revision {
		t.Errorf("%v: %+v", err, got)
	}
	if names, err := k.Profiles(ctx); err != nil || !slices.Equal(names, []string{"Default", "default"}) {
		t.Error(names, err)
	}
	stale := got
	if err := k.Save(ctx, "default", &got); err != nil {
		t.Fatal(err)
	}
	err = k.Save(ctx, "default", &stale)
	want(t, err, ErrChanged)
	wantNot(t, err, ErrOutcomeUnknown)
	want(t, k.Save(ctx, "default", &Setup{}), ErrChanged) // a new setup over an old one
	if err := release(ctx); err != nil {
		t.Error(err)
	}
	if err := errors.Join(k.Delete(ctx, "default"), k.Delete(ctx, "Default")); err != nil {
		t.Error(err)
	}
	if _, err := k.Load(ctx, "default"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	want(t, k.Save(ctx, "default", &got), ErrChanged) // forgotten meanwhile
	if names, err := k.Profiles(ctx); err != nil || len(names) != 0 {
		t.Error(names, err)
	}
}

func TestMemory(t *testing.T) {
	k := NewMemory()
	exerciseStore(t, k)
	if k.Place() != "memory only" {
		t.Error(k.Place())
	}
}

func TestKeyringOverGoKeyring(t *testing.T) {
	keyring.MockInit()
	exerciseStore(t, keyringOn(osKeyring{}, unlimitedPlatform))
	if NewKeyring(Options{}).Place() == "" {
		t.Error("no place")
	}
}

func TestEverythingIsLeftClean(t *testing.T) {
	f := &fakeKeyring{}
	exerciseStore(t, keyringOn(f, unlimitedPlatform))
	if len(f.items) != 0 {
		t.Errorf("left behind: %v", f.items)
	}
}

func TestBadNames(t *testing.T) {
	f := &fakeKeyring{}
	k := keyringOn(f, unlimitedPlatform)
	_, loadErr := k.Load(t.Context(), "a:b")
	_, claimErr := k.Claim(t.Context(), "a:b")
	k2 := &Keyring{newVault(Options{Service: "palmail:x"}, f, unlimitedPlatform)}
	for _, err := range []error{
		loadErr, claimErr, k.Save(t.Context(), "a:b", &Setup{}), k.Delete(t.Context(), ""), k2.Probe(t.Context()),
	} {
		if err == nil {
			t.Error("a bad name was taken")
		}
	}
	if len(f.calls) != 0 {
		t.Error(f.calls)
	}
}

func TestStoredStateRefusesSave(t *testing.T) {
	for text, kind := range map[string]error{`{"v":2,"r":"x"}`: ErrNewer, `{"v":1`: ErrDamaged} {
		f := &fakeKeyring{}
		k := keyringOn(f, unlimitedPlatform)
		_ = f.memory.Set("palmail-test", "profile.p", text)
		_, err := k.Load(t.Context(), "p")
		want(t, err, kind)
		want(t, k.Save(t.Context(), "p", &Setup{}), kind)
		if got, _ := f.memory.Get("palmail-test", "profile.p"); got != text {
			t.Errorf("overwritten by %s", got)
		}
		if err := k.Delete(t.Context(), "p"); err != nil {
			t.Error(err)
		}
	}
}

func TestTooBig(t *testing.T) {
	big := Setup{Organisation: strings.Repeat("x", 2560)}
	huge := Setup{Organisation: strings.Repeat("x", maxRecord)}
	for _, c := range []struct {
		p    platform
		s    *Setup
		fits bool
	}{
		{windowsPlatform(nil), &big, false},
		{unlimitedPlatform, &big, true},
		{macPlatform, &Setup{Organisation: strings.Repeat("x", 2900)}, true},
		{macPlatform, &Setup{Organisation: strings.Repeat("x", 3000)}, false},
		{system, &huge, false},
		{memoryPlatform, &huge, false},
	} {
		f := &fakeKeyring{}
		c.p.precheck = nil
		err := keyringOn(f, c.p).Save(t.Context(), "p", c.s)
		var size *TooBigError
		switch {
		case c.fits && err != nil:
			t.Error(c.p.displayName, err)
		case !c.fits && (!errors.Is(err, ErrTooBig) || !errors.As(err, &size) || size.Size <= size.Limit ||
			len(f.calls) != 0):
			t.Error(c.p.displayName, err, f.calls)
		}
	}
}

func TestExactLimits(t *testing.T) {
	for _, p := range []platform{windowsPlatform(nil), macPlatform} {
		k := keyringOn(&fakeKeyring{}, p)
		limit := p.limit("palmail-test", "index.0")
		if _, err := k.writeItem(t.Context(), "index.0", strings.Repeat("x", limit)); err != nil {
			t.Error(p.displayName, err)
		}
		if _, err := k.writeItem(t.Context(), "index.0", strings.Repeat("x", limit+1)); !errors.Is(err, ErrTooBig) {
			t.Error(p.displayName, err)
		}
	}
	// What go-keyring would send at the limit is its limit, or up to a base64 group below.
	limit := macPlatform.limit("palmail", "profile.default")
	sent := len("add-generic-password -U -s palmail -a profile.default -w go-keyring-base64:\n") + (limit+2)/3*4
	if sent > macCommand || sent <= macCommand-4 {
		t.Errorf("%d bytes make a command of %d", limit, sent)
	}
}

func TestConcurrentSaves(t *testing.T) {
	k := keyringOn(&fakeKeyring{}, unlimitedPlatform)
	var start Setup
	mustSave(t, k, "p", &start)
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := ""
	for n := range 20 {
		wg.Go(func() {
			mine := start
			mine.AppName = fmt.Sprint("app ", n)
			err := k.Save(t.Context(), "p", &mine)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && won == "":
				won = mine.AppName
			case !errors.Is(err, ErrChanged):
				t.Errorf("%v after %q had won", err, won)
			}
		})
		wg.Go(func() {
			if _, err := k.Load(t.Context(), "p"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if s, err := k.Load(t.Context(), "p"); err != nil || s.AppName != won {
		t.Errorf("%q is stored and %q won: %v", s.AppName, won, err)
	}
}

func TestOtherPalmailWritesInBetween(t *testing.T) {
	f := &fakeKeyring{}
	k := keyringOn(f, unlimitedPlatform)
	var s Setup
	mustSave(t, k, "p", &s)
	theirs, err := encode(&Setup{Mailbox: "theirs"}, "theirs", beside{})
	if err != nil {
		t.Fatal(err)
	}
	reads := 0
	f.setHook(func(call, item string) error {
		if call == "get" && item == "profile.p" {
			if reads++; reads == 2 { // the read-back
				return f.memory.Set("palmail-test", item, theirs)
			}
		}
		return nil
	})
	err = k.Save(t.Context(), "p", &s)
	want(t, err, ErrChanged)
	if got, _ := f.memory.Get("palmail-test", "profile.p"); got != theirs {
		t.Error("overwritten")
	}
}

func TestDeleteUnknown(t *testing.T) {
	f := &fakeKeyring{}
	k := keyringOn(f, unlimitedPlatform)
	var s Setup
	mustSave(t, k, "p", &s)
	broken := errors.New("the line broke")
	f.setHook(func(call, item string) error {
		if item == "profile.p" {
			return broken
		}
		return nil
	})
	want(t, k.Delete(t.Context(), "p"), broken, ErrOutcomeUnknown)
	f.setHook(func(call, item string) error {
		if strings.HasPrefix(item, "index") {
			return broken
		}
		return nil
	})
	if err := k.Delete(t.Context(), "p"); !errors.Is(err, broken) || !strings.Contains(err.Error(), "still listed") {
		t.Error(err)
	}
	f.setHook(nil)
	want(t, k.Delete(t.Context(), "p"), ErrNotFound)
	if names, _ := k.Profiles(t.Context()); len(names) != 0 {
		t.Error(names)
	}
}
