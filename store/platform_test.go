package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"github.com/zalando/go-keyring"
)

func TestCommonErrors(t *testing.T) {
	for _, p := range []platform{
		unlimitedPlatform, system, macPlatform, windowsPlatform(func() bool { return false }),
	} {
		for raw, kind := range map[error]error{
			keyring.ErrNotFound:            ErrNotFound,
			keyring.ErrSetDataTooBig:       ErrTooBig,
			keyring.ErrUnsupportedPlatform: ErrUnsupported,
		} {
			p.precheck = nil
			f := &fakeKeyring{}
			f.setHook(func(string, string) error { return raw })
			_, err := keyringOn(f, p).Load(t.Context(), "p")
			want(t, err, kind)
			if !errors.Is(kind, ErrNotFound) {
				want(t, keyringOn(f, p).Probe(t.Context()), kind, raw)
			}
		}
		if kind := p.sentinel(errors.New("never met")); kind != nil {
			t.Error(p.displayName, kind)
		}
		if kind := p.sentinel(nil); kind != nil {
			t.Error(p.displayName, kind)
		}
	}
}

func TestWindowsErrors(t *testing.T) {
	for code, kind := range map[syscall.Errno]error{
		1168: ErrNotFound, 1312: ErrNoLogonSession, 1260: ErrBlocked, 5: ErrBlocked, 1783: ErrTooBig,
		1722: ErrNoProvider, 87: nil,
	} {
		p := windowsPlatform(func() bool { return false })
		raw := fmt.Errorf("wrapped: %w", code)
		if got := p.sentinel(raw); !errors.Is(got, kind) {
			t.Errorf("%d is %v", int(code), got)
		}
		if kind == nil {
			continue
		}
		f := &fakeKeyring{}
		f.setHook(func(call, _ string) error {
			if call == "set" {
				return code
			}
			return nil
		})
		want(t, keyringOn(f, p).Save(t.Context(), "p", &Setup{}), kind, code)
	}
	if got := windowsPlatform(func() bool { return true }).sentinel(syscall.Errno(1312)); !errors.Is(got, ErrBlocked) {
		t.Errorf("1312 with the policy on is %v", got)
	}
}

// exited is what *exec.ExitError looks like to us.
type exited int

func (e exited) Error() string { return fmt.Sprintf("exit status %d", int(e)) }
func (e exited) ExitCode() int { return int(e) }

func TestMacErrors(t *testing.T) {
	for raw, kind := range map[error]error{
		exited(44): ErrNotFound, exited(36): ErrLocked, exited(51): ErrLocked, exited(128): ErrLocked,
		exited(37): ErrNoProvider, exited(50): ErrNoProvider, exited(53): ErrNoProvider, exited(1): nil,
		&os.PathError{Op: "fork/exec", Path: "/usr/bin/security", Err: fs.ErrNotExist}: ErrUnsupported,
	} {
		if got := macPlatform.sentinel(fmt.Errorf("wrapped: %w", raw)); !errors.Is(got, kind) {
			t.Errorf("%v is %v", raw, got)
		}
	}
	// The statuses are the low bytes of Security's codes.
	for status, code := range map[int32]int32{
		44: -25300, 36: -25308, 51: -25293, 128: -128, 37: -25307, 50: -25294, 53: -25291,
	} {
		if status != code&0xff {
			t.Errorf("%d is not %d", status, code)
		}
	}
}
