package store

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestErrorsAfterAWriteThatHappened(t *testing.T) {
	f := &fakeKeyring{}
	k := keyringOn(f, unlimitedPlatform)
	var s Setup
	mustSave(t, k, "p", &s)
	broken := errors.New("the line broke")
	// The keyring wrote, and its answer was lost: read-back shows it.
	f.setHook(func(call, _ string) error { return errWhenSet(call) })
	lost := &lostAnswer{fakeKeyring: f}
	k.backend = lost
	s.AppName = "new"
	if err := k.Save(t.Context(), "p", &s); err != nil {
		t.Errorf("a write that happened is reported as %v", err)
	}
	// It did not write: the error is the keyring's, and the old record is there.
	k.backend = f
	f.setHook(func(call, item string) error {
		if call == "set" {
			return broken
		}
		return nil
	})
	before := s.Revision
	err := k.Save(t.Context(), "p", &s)
	want(t, err, broken)
	wantNot(t, err, ErrOutcomeUnknown)
	if got, _ := k.Load(t.Context(), "p"); got.Revision != before || s.Revision != before {
		t.Error("the record changed")
	}
	// The outcome is unknown and the write happened: saving again works.
	k.backend = lost
	f.setHook(func(call, item string) error {
		if call == "get" && item == "profile.p" && slices.Contains(f.calls[len(f.calls)-2:], "set profile.p") {
			return broken
		}
		return errWhenSet(call)
	})
	s.AppName = "newer"
	want(t, k.Save(t.Context(), "p", &s), errLostAnswer, ErrOutcomeUnknown)
	// The outcome is unknown and the write did not happen: saving again works too.
	k.backend = f
	want(t, k.Save(t.Context(), "p", &s), errLostAnswer, ErrOutcomeUnknown)
	f.setHook(nil)
	if got, _ := k.Load(t.Context(), "p"); got.AppName != "newer" {
		t.Fatal("the test's write did not happen")
	}
	want(t, k.Save(t.Context(), "p", &Setup{}), ErrChanged) // ours, but not that Setup's
	if err := k.Save(t.Context(), "p", &s); err != nil {
		t.Errorf("saving again: %v", err)
	}
	if got, _ := k.Load(t.Context(), "p"); got.Revision != s.Revision {
		t.Error("the revision is not the stored one")
	}
}

var errLostAnswer = errors.New("the answer was lost")

func errWhenSet(call string) error {
	if call == "set" {
		return errLostAnswer
	}
	return nil
}

// lostAnswer writes and then says what its fake says.
type lostAnswer struct{ *fakeKeyring }

func (l *lostAnswer) Set(service, item, text string) error {
	if err := l.memory.Set(service, item, text); err != nil {
		return err
	}
	return l.record("set", item)
}

func TestKeyringThatLies(t *testing.T) {
	ctx := t.Context()
	f := &fakeKeyring{dropWrites: true}
	k := keyringOn(f, unlimitedPlatform)
	want(t, k.Probe(ctx), ErrNotKept)
	s := Setup{AppName: "new"}
	err := k.Save(ctx, "p", &s)
	want(t, err, ErrNotKept)
	wantNot(t, err, ErrOutcomeUnknown, ErrChanged)
	_, err = k.Claim(ctx, "p")
	want(t, err, ErrNotKept)

	f.dropWrites = false
	mustSave(t, k, "p", &s)
	f.dropWrites = true
	before := s
	s.AppName = "newer"
	err = k.Save(ctx, "p", &s)
	want(t, err, ErrNotKept)
	wantNot(t, err, ErrChanged)
	if got, _ := k.Load(ctx, "p"); got.AppName != "new" || got.Revision != before.Revision ||
		s.Revision != before.Revision {
		t.Errorf("%+v", got)
	}

	f.dropWrites, f.dropDeletes = false, true
	want(t, k.Probe(ctx), ErrNotKept)
	err = k.Delete(ctx, "p")
	want(t, err, ErrNotKept)
	wantNot(t, err, ErrNotFound)
	if names, _ := k.Profiles(ctx); !slices.Contains(names, "p") {
		t.Error("it is there, and no longer listed")
	}
}

func TestProbeThatCannotDelete(t *testing.T) {
	f := &fakeKeyring{}
	broken := errors.New("broken")
	f.setHook(func(call, _ string) error {
		if call == "delete" {
			return broken
		}
		return nil
	})
	want(t, keyringOn(f, unlimitedPlatform).Probe(t.Context()), broken)
}

func TestSaveCutOffAnywhere(t *testing.T) {
	// After an interruption at any call the record is complete.
	cut := errors.New("cut off")
	for last := range 12 {
		f := &fakeKeyring{}
		k := keyringOn(f, unlimitedPlatform)
		s := Setup{AppName: "old"}
		mustSave(t, k, "p", &s)
		n := 0
		f.setHook(func(string, string) error {
			if n++; n > last {
				return cut
			}
			return nil
		})
		s.AppName = "new"
		err := k.Save(t.Context(), "p", &s)
		f.setHook(nil)
		got, loadErr := keyringOn(f, unlimitedPlatform).Load(t.Context(), "p")
		if loadErr != nil || got.AppName != "old" && got.AppName != "new" {
			t.Fatalf("cut after %d: %+v, %v", last, got, loadErr)
		}
		if err == nil && got.AppName != "new" || err != nil && got.AppName == "new" &&
			!errors.Is(err, ErrOutcomeUnknown) {
			t.Errorf("cut after %d: %s is stored and Save said %v", last, got.AppName, err)
		}
	}
}

func TestSaveWaitsForUnlockAndHonoursContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeKeyring{}
		k := keyringOn(f, unlimitedPlatform)
		unlock := make(chan struct{})
		f.setHook(func(call, item string) error { <-unlock; return nil })
		go func() {
			time.Sleep(100 * time.Second)
			close(unlock)
		}()
		var s Setup
		if err := k.Save(t.Context(), "p", &s); err != nil {
			t.Errorf("unlocked after 100 s: %v", err)
		}

		unlock = make(chan struct{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		err := k.Save(ctx, "p", &s)
		want(t, err, context.DeadlineExceeded)
		wantNot(t, err, ErrOutcomeUnknown) // it had not come to writing
		if took := time.Since(began); took != time.Second {
			t.Errorf("took %v", took)
		}
		close(unlock)
		synctest.Wait()
	})
}

func TestContextEndsDuringAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeKeyring{}
		k := keyringOn(f, unlimitedPlatform)
		var s Setup
		mustSave(t, k, "p", &s)
		slow := func(d time.Duration) {
			f.setHook(func(call, item string) error {
				if call == "set" {
					time.Sleep(d)
				}
				return nil
			})
		}
		// A write that returns within the grace period has a known outcome.
		slow(100 * time.Millisecond)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		s.AppName = "quick"
		if err := k.Save(ctx, "p", &s); err != nil {
			t.Error(err)
		}
		cancel()
		// One that takes longer has an unknown outcome; saving again works after it.
		slow(10 * time.Second)
		ctx, cancel = context.WithTimeout(t.Context(), time.Millisecond)
		s.AppName = "slow"
		err := k.Save(ctx, "p", &s)
		want(t, err, context.DeadlineExceeded, ErrOutcomeUnknown)
		cancel()
		_, err = k.Load(t.Context(), "p")
		want(t, err, ErrTimeout)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got, err := k.Load(t.Context(), "p"); err != nil || got.AppName != "slow" {
			t.Errorf("%+v, %v", got, err)
		}
		slow(0)
		if err := k.Save(t.Context(), "p", &s); err != nil {
			t.Error(err)
		}
	})
}
