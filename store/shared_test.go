package store

import (
	"errors"
	"testing"
)

// Two processes on one keyring see each other's records and claims, and a
// process that has ended holds nothing.
func TestSharedKeyring(t *testing.T) {
	shared := NewShared()
	fail := false
	first, endFirst := shared.Open(func(operation, _ string, do func() error) error {
		if fail && operation == "set" {
			return ErrLocked
		}
		return do()
	}, 0)
	second, _ := shared.Open(func(_, _ string, do func() error) error { return do() }, 2560)
	ctx := t.Context()
	x := fullSetup()
	x.CustomCloud = Cloud{}
	x.Revision = ""
	if err := first.Save(ctx, "default", &x); err != nil {
		t.Fatal(err)
	}
	if got, err := second.Load(ctx, "default"); err != nil || !sameSetup(got, x) {
		t.Errorf("the second process sees %+v, %v", got, err)
	}
	if _, err := first.Claim(ctx, "default"); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Claim(ctx, "default"); !errors.Is(err, ErrInUse) {
		t.Errorf("claimed by both: %v", err)
	}
	endFirst()
	if _, err := second.Claim(ctx, "default"); err != nil {
		t.Errorf("a dead process holds the profile: %v", err)
	}
	fail = true
	if err := first.Save(ctx, "other", &Setup{}); !errors.Is(err, ErrLocked) {
		t.Errorf("saved into a locked keyring: %v", err)
	}
}
