//go:build linux

package store

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/godbus/dbus/v5"
)

// The texts are what go-keyring 0.2.8 was seen to return.
func TestSecretServiceErrors(t *testing.T) {
	said := func(name, text string) error { return dbus.Error{Name: name, Body: []any{text}} }
	const bus = "org.freedesktop.DBus.Error."
	for _, c := range []struct{ raw, kind error }{
		{&exec.Error{Name: "dbus-launch", Err: exec.ErrNotFound}, ErrNoSessionBus},
		{
			&net.OpError{
				Op: "dial", Net: "unix", Err: &os.SyscallError{Syscall: "connect", Err: syscall.ENOENT},
			}, ErrNoSessionBus,
		},
		{io.EOF, ErrNoSessionBus},
		{dbus.ErrClosed, ErrNoSessionBus},
		{errors.New("dbus: authentication failed"), ErrNoSessionBus},
		{errors.New("dbus: invalid bus address (no transport)"), ErrNoSessionBus},
		{
			said(bus+"ServiceUnknown", "The name org.freedesktop.secrets was not provided by any .service files"),
			ErrNoProvider,
		},
		{
			said(bus+"NameHasNoOwner", "Could not get owner of name 'org.freedesktop.secrets': no such name"),
			ErrNoProvider,
		},
		{said(bus+"Spawn.ChildExited", "Process org.freedesktop.secrets exited with status 1"), ErrNoProvider},
		{
			said(bus+"TimedOut", "Failed to activate service 'org.freedesktop.secrets': timed out "+
				"(service_start_timeout=120000ms)"), ErrNoProvider,
		},
		{said(bus+"NoReply", "Message recipient disconnected from message bus without replying"), ErrNoProvider},
		{said(bus+"NoReply", "Did not receive a reply."), ErrTimeout},
		{errors.New("failed to unlock correct collection '/org/freedesktop/secrets/aliases/default'"), ErrLocked},
		{errors.New("failed to unlock correct collection '/org/freedesktop/secrets/collection/login'"), ErrLocked},
		{said("org.freedesktop.Secret.Error.IsLocked", "Cannot create an item in a locked collection"), ErrLocked},
		{
			said(bus+"UnknownMethod", "No such interface 'org.freedesktop.Secret.Collection' on object at path "+
				"/org/freedesktop/secrets/collection/login"), ErrLocked,
		},
		{
			said(bus+"InvalidArgs", "Algorithm plain is not supported. (only dh-ietf1024-sha256-aes128-cbc-pkcs7 is "+
				"supported)"), ErrUnsupported,
		},
		{said(bus+"NotSupported", "no"), ErrUnsupported},
		{said(bus+"AccessDenied", "An AppArmor policy prevents this sender from sending this message"), ErrBlocked},
		{said(bus+"Failed", "something else"), nil},
		{errors.New("something else"), nil},
	} {
		if got := system.sentinel(c.raw); !errors.Is(got, c.kind) {
			t.Errorf("%v is %v, not %v", c.raw, got, c.kind)
		}
		p := system
		p.precheck = nil
		f := &fakeKeyring{}
		f.setHook(func(string, string) error { return c.raw })
		err := keyringOn(f, p).Probe(t.Context())
		if !errors.Is(err, c.raw) && !strings.Contains(err.Error(), c.raw.Error()) {
			t.Errorf("%v lost %v", err, c.raw)
		}
	}
}

// listen is a bus's socket that takes connections.
func listen(t *testing.T, path string) {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
}

func TestSessionBus(t *testing.T) {
	live, dead, user, empty := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	listen(t, filepath.Join(live, "bus"))
	listen(t, filepath.Join(user, "bus"))
	l, err := net.Listen("unix", filepath.Join(dead, "bus"))
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	_ = l.Close()
	old := t.TempDir()
	if err := os.WriteFile(filepath.Join(old, "dbus-session"), []byte("DBUS_SESSION_BUS_ADDRESS=unix:path="+live+
		"/bus\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := t.TempDir()
	if err := os.WriteFile(filepath.Join(file, "bus"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ address, runtime, user, becomes string }{
		"set": {
			"unix:path=" + live + "/bus,guid=00", empty, empty, "unix:path=" + live + "/bus,guid=00",
		},
		"second of two": {
			"unix:path=" + dead + "/bus;unix:path=" + live + "/bus", "", empty, "unix:path=" + dead +
				"/bus;unix:path=" + live + "/bus",
		},
		"not a socket file":   {"tcp:host=localhost,port=1", "", empty, "tcp:host=localhost,port=1"},
		"runtime directory":   {"", live, empty, "unix:path=" + live + "/bus"},
		"autolaunch":          {"autolaunch:", live, empty, "unix:path=" + live + "/bus"},
		"user's directory":    {"", "", user, "unix:path=" + user + "/bus"},
		"runtime comes first": {"", live, user, "unix:path=" + live + "/bus"},
		"older systems":       {"", old, empty, "unix:path=" + live + "/bus"},
		"nothing":             {"", empty, empty, ""},
		"nothing to launch":   {"autolaunch:", empty, empty, ""},
		"no such socket":      {"unix:path=" + empty + "/bus", live, user, ""},
		"dead socket":         {"unix:path=" + dead + "/bus", "", empty, ""},
		"dead socket found":   {"", dead, empty, ""},
		"bad escape":          {"unix:path=%zz", "", empty, ""},
		"no path":             {"unix:guid=00", "", empty, ""},
		"file, not socket":    {"", file, empty, ""},
		"dead abstract":       {"unix:abstract=palmail-nobody-listens", "", empty, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(busVariable, c.address)
			t.Setenv("XDG_RUNTIME_DIR", c.runtime)
			err := sessionBus{userDir: c.user}.check(context.Background())
			if c.becomes == "" {
				want(t, err, ErrNoSessionBus)
				if os.Getenv(busVariable) != c.address {
					t.Error("the variable was changed")
				}
				return
			}
			if err != nil || os.Getenv(busVariable) != c.becomes {
				t.Errorf("%v, %s", err, os.Getenv(busVariable))
			}
		})
	}
}

// TestNoBusStartsNone: with no bus, a dbus-launch on the PATH must not be run.
func TestNoBusStartsNone(t *testing.T) {
	bin, empty := t.TempDir(), t.TempDir()
	ran := filepath.Join(bin, "ran")
	script := "#!/bin/sh\n: > '" + ran + "'\necho DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere\n"
	if err := os.WriteFile(filepath.Join(bin, "dbus-launch"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	t.Setenv("XDG_RUNTIME_DIR", empty)
	for _, address := range []string{"", "autolaunch:"} {
		t.Setenv(busVariable, address)
		k := NewKeyring(Options{Service: "palmail-test"})
		k.platform.precheck = sessionBus{userDir: empty}.check
		want(t, k.Probe(t.Context()), ErrNoSessionBus)
		_, err := k.Load(t.Context(), "p")
		want(t, err, ErrNoSessionBus)
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("dbus-launch was run")
	}
}
