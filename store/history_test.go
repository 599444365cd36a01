package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

var credentialManager = windowsPlatform(func() bool { return false })

// pastYears adds a history of every kind to s: a rotation has several events,
// each with IDs of its own, by one of three administrators.
func pastYears(s *Setup, events int) {
	for i := range events {
		s.Note(Event{
			At:        time.Date(2026, 11, 23, 1, i, 0, 0, time.UTC),
			What:      []string{EventCreated, EventProved, EventShown, EventTested, EventRotated, EventRemoved}[i%6],
			KeyID:     fmt.Sprintf("3ce379e4-441f-4eae-9730-%012d", i),
			RequestID: fmt.Sprintf("5ce379e4-441f-4eae-9730-%012d", i),
			By:        fmt.Sprintf("first.last.administrator%d@agency.onmicrosoft.com", i%3),
		})
	}
}

// A full setup fills the Credential Manager's record and keeps its whole history.
func TestFullSetupKeepsItsHistory(t *testing.T) {
	for _, p := range []platform{credentialManager, macPlatform} {
		s := fullSetup()
		pastYears(&s, 3*MaxHistory)
		f := &fakeKeyring{}
		k := keyringOn(f, p)
		mustSave(t, k, strings.Repeat("Mm", 32), &s)
		back, err := k.Load(t.Context(), strings.Repeat("Mm", 32))
		if err != nil || len(s.History) < 20 || !sameSetup(back, s) {
			t.Errorf("%s: %v: %d of %d events", p.displayName, err, len(back.History), len(s.History))
		}
		for item, text := range f.items {
			t.Logf("%s: %s takes %d bytes", p.displayName, item, len(text))
			if strings.Contains(item, "history") && strings.Contains(text, "8Q~") {
				t.Error("a secret is in the history")
			}
		}
	}
}

// A small setup needs no second item, and one that no longer needs it has none.
func TestHistoryItemOnlyWhereNeeded(t *testing.T) {
	f := &fakeKeyring{}
	k := keyringOn(f, credentialManager)
	s := Setup{Mailbox: "a@b.c", History: fullSetup().History}
	mustSave(t, k, "p", &s)
	if slices.ContainsFunc(f.calls, func(call string) bool { return strings.Contains(call, "history") }) {
		t.Error(f.calls)
	}
	pastYears(&s, MaxHistory)
	mustSave(t, k, "p", &s)
	first, _ := f.memory.Get("palmail-test", "history.p")
	mustSave(t, k, "p", &s)
	if second, _ := f.memory.Get("palmail-test", "history.p"); first == "" || first != second {
		t.Errorf("%s became %s", first, second)
	}
	s.History = nil
	mustSave(t, k, "p", &s)
	if back, err := k.Load(t.Context(), "p"); err != nil || len(back.History) != 0 || len(f.items) != 2 {
		t.Errorf("%v: %d events, %v", err, len(back.History), f.items)
	}
}

// Wherever a Save is cut off, what is loaded is a complete setup with a history
// that ends as the record's does and has nothing in it that was never saved.
func TestHistoryCutOffAnywhere(t *testing.T) {
	cut := errors.New("cut off")
	for last := range 16 {
		f := &fakeKeyring{}
		k := keyringOn(f, credentialManager)
		s := fullSetup()
		pastYears(&s, MaxHistory)
		mustSave(t, k, "p", &s)
		old := slices.Clone(s.History)
		n := 0
		f.setHook(func(string, string) error {
			if n++; n > last {
				return cut
			}
			return nil
		})
		s.AppName = "new"
		s.Note(Event{At: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), What: EventRemoved})
		err := k.Save(t.Context(), "p", &s)
		f.setHook(nil)
		again := keyringOn(f, credentialManager)
		got, loadErr := again.Load(t.Context(), "p")
		if loadErr != nil || !slices.Equal(got.History, old) && !slices.Equal(got.History, s.History) {
			t.Fatalf("cut after %d: %v, %+v", last, loadErr, got.History)
		}
		if err == nil && got.AppName != "new" {
			t.Errorf("cut after %d: %s is stored and Save said %v", last, got.AppName, err)
		}
		got.History = s.History
		mustSave(t, again, "p", &got)
		if back, err := again.Load(t.Context(), "p"); err != nil || !slices.Equal(back.History, s.History) {
			t.Errorf("cut after %d: not whole again: %v, %+v", last, err, back.History)
		}
	}
}

// Without its history item, or with one that is not its own, a record is read
// and saved as before.
func TestHistoryMissingOrWrong(t *testing.T) {
	for name, item := range map[string]string{
		"missing": "", "damaged": "{", "another's": `{"v":1,"id":"OTHERS","x":["tested"],"e":[[1,1,0,0,0]]}`,
		"newer": `{"v":2}`, "too long": `"` + strings.Repeat("x", maxRecord) + `"`,
	} {
		f := &fakeKeyring{}
		k := keyringOn(f, credentialManager)
		s := fullSetup()
		pastYears(&s, MaxHistory)
		mustSave(t, k, "p", &s)
		_ = f.memory.Delete("palmail-test", "history.p")
		if item != "" {
			_ = f.memory.Set("palmail-test", "history.p", item)
		}
		got, err := k.Load(t.Context(), "p")
		if err != nil || got.Secret.Value.IsZero() || len(got.History) > 2 {
			t.Errorf("%s: %v, %+v", name, err, got.History)
		}
		got.History = s.History
		mustSave(t, k, "p", &got)
		if got, err = k.Load(t.Context(), "p"); err != nil || !sameSetup(got, s) {
			t.Errorf("%s: not whole after a save: %v", name, err)
		}
	}
}

// Places that lie outside the texts, and texts that only look packed.
func TestHistoryRefused(t *testing.T) {
	for _, events := range []string{`[[1,2,0,0,0]]`, `[[1,-1,0,0,0]]`, `[[1,9223372036854775807,0,0,0]]`} {
		if got := decodeHistory(`{"v":1,"id":"x","x":["a"],"e":`+events+`}`, "x"); got != nil {
			t.Errorf("%s is %+v", events, got)
		}
	}
	for _, text := range []string{
		"", "~", "~abc", "3CE379E4-441F-4EAE-9730-FC0220183001", "3ce379e4441f4eae9730fc0220183001", "admin@agency.gov",
		"3ce379e4-441f-4eae-9730-fc0220183001",
	} {
		if got := unpackText(packText(text)); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// A new profile of a forgotten one's name has nothing of its history, even if a
// palmail that knows no history item forgot it.
func TestForgottenHistory(t *testing.T) {
	f := &fakeKeyring{}
	k := keyringOn(f, credentialManager)
	s := fullSetup()
	pastYears(&s, MaxHistory)
	mustSave(t, k, "p", &s)
	_ = f.memory.Delete("palmail-test", "profile.p")
	s = fullSetup()
	pastYears(&s, 2)
	mustSave(t, k, "p", &s)
	if got, err := k.Load(t.Context(), "p"); err != nil || !slices.Equal(got.History, s.History) {
		t.Errorf("%v: %+v", err, got.History)
	}
	broken := errors.New("broken")
	f.setHook(func(call, item string) error {
		if call == "delete" && item == "history.p" {
			return broken
		}
		return nil
	})
	want(t, k.Delete(t.Context(), "p"), broken)
	if _, err := k.Load(t.Context(), "p"); !errors.Is(err, ErrNotFound) {
		t.Error("the secret was kept for the history's sake:", err)
	}
	f.setHook(nil)
	want(t, k.Delete(t.Context(), "p"), ErrNotFound)
	if len(f.items) != 0 {
		t.Error("left behind:", f.items)
	}
}

// A record from before there was a second item, with its history and a newer
// palmail's key in it, is read, and goes on with one when it grows.
func TestOldRecordWithHistory(t *testing.T) {
	f := &fakeKeyring{}
	k := keyringOn(f, credentialManager)
	const stored = `{"v":1,"r":"old","m":"a@b.c","hi":[{"t":"2026-11-23T21:57:35Z","w":"tested","q":"id"}],"zz":"`
	_ = f.memory.Set("palmail-test", "profile.p", stored+strings.Repeat("x", 400)+`"}`)
	s, err := k.Load(t.Context(), "p")
	if err != nil || len(s.History) != 1 || s.History[0].What != EventTested {
		t.Fatal(err, s.History)
	}
	history := s.History
	s = fullSetup()
	s.CustomCloud, s.Revision, s.History = Cloud{}, "old", history
	pastYears(&s, MaxHistory-1)
	mustSave(t, k, "p", &s)
	if got, err := k.Load(t.Context(), "p"); err != nil || !sameSetup(got, s) {
		t.Errorf("%v: %+v", err, got.History)
	}
	if text, _ := f.memory.Get("palmail-test", "profile.p"); !strings.Contains(text, `"zz":"xxx`) {
		t.Error("the newer palmail's key is gone")
	}
}
