package store

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// twoPalmails are two palmails on one keyring, in processes 1 and 2 of one machine.
func twoPalmails(t *testing.T) (f *fakeKeyring, a, b *Keyring, dead map[int]bool) {
	t.Helper()
	f, dead = &fakeKeyring{}, map[int]bool{}
	a, b = keyringOn(f, unlimitedPlatform), keyringOn(f, unlimitedPlatform)
	for n, k := range []*Keyring{a, b} {
		k.pid, k.host = n+1, "here"
		k.isAlive = func(pid int) bool { return !dead[pid] }
	}
	return f, a, b, dead
}

func TestClaimIsExclusive(t *testing.T) {
	ctx := t.Context()
	f, a, b, _ := twoPalmails(t)
	since := time.Now().UTC().Truncate(time.Second)
	release, err := a.Claim(ctx, "p")
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Claim(ctx, "p")
	var held *InUseError
	if !errors.Is(err, ErrInUse) || !errors.As(err, &held) || held.PID != 1 || held.Host != "here" ||
		held.Since.Before(since) {
		t.Fatal(err)
	}
	_, err = a.Claim(ctx, "p")
	want(t, err, ErrInUse) // by this very process
	if other, err := b.Claim(ctx, "q"); err != nil {
		t.Error("another profile:", err)
	} else if err := other(ctx); err != nil {
		t.Error(err)
	}
	if err := errors.Join(release(ctx), release(ctx)); err != nil {
		t.Error(err)
	}
	if len(f.items) != 0 {
		t.Error(f.items)
	}
	if _, err := b.Claim(ctx, "p"); err != nil {
		t.Error("released:", err)
	}
}

func TestStaleClaims(t *testing.T) {
	for name, prepare := range map[string]func(a, b *Keyring, dead map[int]bool, f *fakeKeyring){
		"dead process": func(_, _ *Keyring, dead map[int]bool, _ *fakeKeyring) { dead[1] = true },
		"old":          func(_, b *Keyring, _ map[int]bool, _ *fakeKeyring) { b.opts.Now = later(25 * time.Hour) },
		"future":       func(_, b *Keyring, _ map[int]bool, _ *fakeKeyring) { b.opts.Now = later(-25 * time.Hour) },
		"damaged": func(_, _ *Keyring, _ map[int]bool, f *fakeKeyring) {
			_ = f.memory.Set("palmail-test", "claim.p", `{"v":1,`)
		},
	} {
		f, a, b, dead := twoPalmails(t)
		if _, err := a.Claim(t.Context(), "p"); err != nil {
			t.Fatal(err)
		}
		prepare(a, b, dead, f)
		if _, err := b.Claim(t.Context(), "p"); err != nil {
			t.Error(name, err)
		}
	}
	_, a, b, _ := twoPalmails(t)
	_, _ = a.Claim(t.Context(), "p")
	b.opts.Now = later(23 * time.Hour)
	_, err := b.Claim(t.Context(), "p")
	want(t, err, ErrInUse)
}

// A claim of another machine or PID namespace is asked about, not run over: its
// process may be alive, whatever runs here under the same ID.
func TestClaimsFromElsewhere(t *testing.T) {
	for name, prepare := range map[string]func(b *Keyring){
		"another machine":   func(b *Keyring) { b.host = "there" },
		"another container": func(b *Keyring) { b.namespace = "pid:[4026532999]" },
		"no namespace here": func(b *Keyring) { b.namespace = "" },
	} {
		_, a, b, dead := twoPalmails(t)
		a.namespace, b.namespace = "pid:[4026531836]", "pid:[4026531836]"
		if _, err := a.Claim(t.Context(), "p"); err != nil {
			t.Fatal(err)
		}
		prepare(b)
		dead[1] = true // as seen from b, which sees other processes
		_, err := b.Claim(t.Context(), "p")
		var held *InUseError
		if !errors.As(err, &held) || !held.Elsewhere || held.PID != 1 || held.Host != "here" {
			t.Errorf("%s: %v %+v", name, err, held)
		}
		if _, err := b.ClaimForce(t.Context(), "p"); err != nil {
			t.Errorf("%s: after a yes: %v", name, err)
		}
		want(t, a.Save(t.Context(), "p", &Setup{}), ErrChanged)
	}
	_, a, b, dead := twoPalmails(t)
	a.namespace, b.namespace = "", "pid:[4026531836]" // a is an older palmail
	_, _ = a.Claim(t.Context(), "p")
	dead[1] = true
	if _, err := b.Claim(t.Context(), "p"); err != nil {
		t.Error("an ended process of a palmail that records no namespace:", err)
	}
}

func TestPIDNamespace(t *testing.T) {
	if name := pidNamespace(); runtime.GOOS == "linux" && !strings.HasPrefix(name, "pid:[") {
		t.Errorf("%q", name)
	}
}

func later(d time.Duration) func() time.Time {
	return func() time.Time { return time.Now().Add(d) }
}

func TestTakeOver(t *testing.T) {
	ctx := t.Context()
	_, a, b, _ := twoPalmails(t)
	releaseA, err := a.Claim(ctx, "p")
	if err != nil {
		t.Fatal(err)
	}
	mine := Setup{AppName: "first"}
	mustSave(t, a, "p", &mine)
	releaseB, err := b.ClaimForce(ctx, "p")
	if err != nil {
		t.Fatal(err)
	}
	mine.AppName = "late"
	err = a.Save(ctx, "p", &mine)
	want(t, err, ErrChanged)
	if !strings.Contains(err.Error(), "process 2 on here") {
		t.Error(err)
	}
	theirs, err := b.Load(ctx, "p")
	if err != nil || theirs.AppName != "first" {
		t.Error(theirs, err)
	}
	if err := releaseA(ctx); err != nil {
		t.Error(err)
	}
	mustSave(t, b, "p", &theirs) // the first one's release left the second one's claim alone
	if err := releaseB(ctx); err != nil {
		t.Error(err)
	}
	want(t, a.Save(ctx, "p", &mine), ErrChanged) // it holds nothing, and the record has moved on
}

func TestTakenOverAndGivenBack(t *testing.T) {
	ctx := t.Context()
	_, a, b, _ := twoPalmails(t)
	_, _ = a.Claim(ctx, "p")
	mine := Setup{AppName: "first"}
	mustSave(t, a, "p", &mine)
	release, err := b.ClaimForce(ctx, "p")
	if err != nil {
		t.Fatal(err)
	}
	if err := release(ctx); err != nil {
		t.Fatal(err)
	}
	want(t, a.Save(ctx, "p", &mine), ErrChanged)
	if _, err := a.Claim(ctx, "p"); err != nil {
		t.Fatal(err)
	}
	mustSave(t, a, "p", &mine)
}

func TestClaimRace(t *testing.T) {
	for range 50 {
		_, a, b, _ := twoPalmails(t)
		var wg sync.WaitGroup
		held := make([]error, 2)
		for n, k := range []*Keyring{a, b} {
			wg.Go(func() { _, held[n] = k.Claim(t.Context(), "p") })
		}
		wg.Wait()
		// For a moment both can hold the claim; then at most one can Save.
		var s [2]Setup
		saved := 0
		for n, k := range []*Keyring{a, b} {
			if held[n] != nil {
				want(t, held[n], ErrInUse)
				continue
			}
			if err := k.Save(t.Context(), "p", &s[n]); err == nil {
				saved++
			} else {
				want(t, err, ErrChanged)
			}
		}
		if saved != 1 {
			t.Fatalf("%d saved: %v", saved, held)
		}
	}
}

func TestClaimWithUnknownOutcomeIsOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, a, _, _ := twoPalmails(t)
		hang := make(chan struct{})
		f.setHook(func(call, _ string) error {
			if call == "set" {
				<-hang
			}
			return nil
		})
		_, err := a.Claim(t.Context(), "p")
		want(t, err, ErrTimeout, ErrOutcomeUnknown)
		close(hang)
		synctest.Wait()
		if _, err := a.Claim(t.Context(), "p"); err != nil {
			t.Error("our own late claim:", err)
		}
		mustSave(t, a, "p", &Setup{})
	})
}

func TestAlive(t *testing.T) {
	if !processAlive(os.Getpid()) || processAlive(0) || processAlive(-1) {
		t.Error("this process is not alive, or 0 is")
	}
	child := exec.Command(os.Args[0], "-test.run=^$")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if !processAlive(child.Process.Pid) {
		t.Error("a child is not alive") // also before it is waited for
	}
	if err := child.Wait(); err != nil {
		t.Fatal(err)
	}
	if processAlive(child.Process.Pid) {
		t.Error("an ended process is alive")
	}
}
