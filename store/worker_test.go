package store

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

func TestHangIsLeftBehindAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		f := &fakeKeyring{}
		k := keyringOn(f, unlimitedPlatform)
		var s Setup
		mustSave(t, k, "p", &s)
		hang := make(chan struct{})
		f.setHook(func(string, string) error { <-hang; return nil })

		began := time.Now()
		_, err := k.Load(ctx, "p")
		want(t, err, ErrTimeout)
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("Load took %v", took)
		}
		goroutines := runtime.NumGoroutine()
		began = time.Now()
		_, loadErr := k.Load(ctx, "p")
		_, listErr := k.Profiles(ctx)
		_, claimErr := k.Claim(ctx, "p")
		for _, err := range []error{
			loadErr, listErr, claimErr, k.Save(ctx, "p", &s), k.Delete(ctx, "p"), k.Probe(ctx),
		} {
			want(t, err, ErrTimeout)
			wantNot(t, err, ErrOutcomeUnknown)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("the calls after it took %v", took)
		}
		if n := runtime.NumGoroutine(); n > goroutines {
			t.Errorf("%d goroutines became %d", goroutines, n)
		}
		close(hang)
		synctest.Wait()
		if _, err := k.Load(ctx, "p"); err != nil {
			t.Errorf("after it came back: %v", err)
		}
		if err := k.Save(ctx, "p", &s); err != nil {
			t.Error(err)
		}
	})
}

func TestWriteTimeoutIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeKeyring{}
		k := keyringOn(f, unlimitedPlatform)
		var s Setup
		mustSave(t, k, "p", &s)
		hang := make(chan struct{})
		f.setHook(func(call, _ string) error {
			if call == "set" {
				<-hang
			}
			return nil
		})
		began := time.Now()
		want(t, k.Save(t.Context(), "p", &s), ErrTimeout, ErrOutcomeUnknown)
		if took := time.Since(began); took != 120*time.Second {
			t.Errorf("took %v", took)
		}
		close(hang)
		synctest.Wait()
		if err := k.Save(t.Context(), "p", &s); err != nil { // the late write is known for ours
			t.Error(err)
		}
	})
}

func TestProbeThatHangsCleansUpLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeKeyring{}
		k := keyringOn(f, unlimitedPlatform)
		hang := make(chan struct{})
		f.setHook(func(string, string) error { <-hang; return nil })
		began := time.Now()
		want(t, k.Probe(t.Context()), ErrTimeout)
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("took %v", took)
		}
		close(hang)
		synctest.Wait()
		if len(f.items) != 0 {
			t.Errorf("left: %v", f.items)
		}
		if err := k.Probe(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestWaitingForATurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeKeyring{}
		k := keyringOn(f, unlimitedPlatform)
		f.setHook(func(call, _ string) error {
			if call == "set" {
				time.Sleep(30 * time.Second) // a person looks for the password
			}
			return nil
		})
		saved := make(chan error)
		go func() { saved <- k.Save(t.Context(), "p", &Setup{}) }()
		synctest.Wait()
		_, err := k.Load(t.Context(), "p")
		want(t, err, ErrTimeout)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = k.Load(ctx, "p")
		want(t, err, context.Canceled)
		want(t, k.Save(ctx, "p", &Setup{}), context.Canceled)
		if err := <-saved; err != nil {
			t.Error(err)
		}
	})
}

func TestPanicInTheLibrary(t *testing.T) {
	f := &fakeKeyring{}
	k := keyringOn(f, unlimitedPlatform)
	f.setHook(func(string, string) error { panic("interface conversion") })
	_, err := k.Load(t.Context(), "p")
	want(t, err, ErrNoProvider)
	f.setHook(nil)
	_, err = k.Load(t.Context(), "p")
	want(t, err, ErrNotFound)
}

func TestNotReadyIsNotCalled(t *testing.T) {
	f := &fakeKeyring{}
	p := unlimitedPlatform
	p.precheck = func(context.Context) error { return ErrNoSessionBus }
	k := keyringOn(f, p)
	_, loadErr := k.Load(t.Context(), "p")
	for _, err := range []error{
		loadErr, k.Probe(t.Context()), k.Save(t.Context(), "p", &Setup{}), k.Delete(t.Context(), "p"),
	} {
		want(t, err, ErrNoSessionBus)
		wantNot(t, err, ErrOutcomeUnknown)
	}
	if len(f.calls) != 0 {
		t.Error(f.calls)
	}
}
