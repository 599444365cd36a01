package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// keyringDaemon is the gnome-keyring that the tests kill, stop and start again.
type keyringDaemon struct {
	pid int
	cmd *exec.Cmd // nil for the one .ci/with-keyring started
}

// longTimeouts are long deadlines: a busy disk was seen to hold the daemon's fsync
// for seconds, and no part but "stopped" is about time.
func longTimeouts() Options {
	return Options{
		Service: realService, ReadTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second,
		ProbeTimeout: 20 * time.Second,
	}
}

// eventually polls until try succeeds.
func eventually(t *testing.T, try func() error) {
	t.Helper()
	end := time.Now().Add(30 * time.Second)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("after 30 s still: %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// start runs a daemon on the bus; env may move its files.
func (d *keyringDaemon) start(t *testing.T, unlock bool, env ...string) {
	t.Helper()
	args := []string{"--components=secrets", "--foreground"}
	if unlock {
		args = append(args, "--unlock")
	}
	d.cmd = exec.Command("gnome-keyring-daemon", args...)
	d.cmd.Env = append(os.Environ(), env...)
	d.cmd.Stdin = strings.NewReader("test-password") // as .ci/with-keyring has it
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	d.pid = d.cmd.Process.Pid
	bus, err := dbus.SessionBus()
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		var path dbus.ObjectPath
		service := bus.Object("org.freedesktop.secrets", "/org/freedesktop/secrets")
		if err := service.Call("org.freedesktop.Secret.Service.ReadAlias", 0, "default").Store(&path); err != nil {
			return err
		}
		if unlock && path == "/" {
			return errors.New("no default collection yet")
		}
		return nil
	})
}

func (d *keyringDaemon) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(d.pid, s); err != nil {
		t.Fatal(err)
	}
}

// kill ends it as a crash would, and waits until the bus knows.
func (d *keyringDaemon) kill(t *testing.T) {
	t.Helper()
	d.signal(t, syscall.SIGKILL)
	if d.cmd != nil {
		_ = d.cmd.Wait()
	}
	k := NewKeyring(longTimeouts())
	eventually(t, func() error {
		if err := k.Probe(t.Context()); !errors.Is(err, ErrNoProvider) {
			return fmt.Errorf("want no provider: %w", err)
		}
		return nil
	})
}

// TestSecretService is one test with parts, since they share one daemon.
func TestSecretService(t *testing.T) {
	needKeyring(t)
	pid, err := strconv.Atoi(os.Getenv("GKD_PID"))
	if err != nil {
		t.Fatal("GKD_PID is not set: run under .ci/with-keyring")
	}
	d := &keyringDaemon{pid: pid}
	if !processAlive(pid) {
		d.start(t, true) // a second run in the same place (-count)
	}
	t.Cleanup(func() {
		if d.cmd != nil {
			_ = d.cmd.Process.Kill()
			_ = d.cmd.Wait()
		}
	})
	ctx := t.Context()

	t.Run("everything", func(t *testing.T) { exerciseStore(t, NewKeyring(longTimeouts())) })

	t.Run("bytes and sizes", func(t *testing.T) {
		k := NewKeyring(longTimeouts())
		s := Setup{Organisation: "Ministère 日本 \x00\r\n" + strings.Repeat("é", 30000)}
		mustSave(t, k, "big", &s)
		if got, err := k.Load(ctx, "big"); err != nil || !sameSetup(got, s) {
			t.Error("not what was saved", err)
		}
		if err := k.Delete(ctx, "big"); err != nil {
			t.Error(err)
		}
	})

	t.Run("two palmails", func(t *testing.T) {
		a, b := NewKeyring(longTimeouts()), NewKeyring(longTimeouts())
		release, err := a.Claim(ctx, "p")
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.Claim(ctx, "p")
		want(t, err, ErrInUse)
		releaseB, err := b.ClaimForce(ctx, "p")
		if err != nil {
			t.Fatal(err)
		}
		want(t, a.Save(ctx, "p", &Setup{}), ErrChanged)
		if err := errors.Join(release(ctx), releaseB(ctx)); err != nil {
			t.Error(err)
		}
	})

	var s Setup
	t.Run("killed in the middle", func(t *testing.T) {
		k := NewKeyring(longTimeouts())
		s = fullSetup()
		mustSave(t, k, "crash", &s)
		unknown := 0
		for round := range 8 {
			before := s.AppName
			s.AppName = "round " + strconv.Itoa(round)
			saved := make(chan error, 1)
			go func() { saved <- k.Save(ctx, "crash", &s) }()
			select {
			case err := <-saved: // it was faster: the record must survive the crash
				saved <- err
			case <-time.After(time.Duration(rand.IntN(12000)) * time.Microsecond):
			}
			d.kill(t)
			err := <-saved
			switch {
			case errors.Is(err, ErrOutcomeUnknown):
				unknown++
			case err != nil:
				want(t, err, ErrNoProvider)
			}
			d.start(t, true)
			got, loadErr := k.Load(ctx, "crash")
			if loadErr != nil || got.AppName != before && got.AppName != s.AppName {
				t.Fatalf("round %d: Save said %v, then %q, %v", round, err, got.AppName, loadErr)
			}
			if err == nil && got.AppName != s.AppName || err != nil && !errors.Is(err, ErrOutcomeUnknown) &&
				got.AppName != before {
				t.Errorf("round %d: Save said %v and %q is stored", round, err, got.AppName)
			}
			mustSave(t, k, "crash", &s)
		}
		t.Logf("%d of 8 outcomes were unknown", unknown)
	})

	t.Run("stopped", func(t *testing.T) {
		o := longTimeouts()
		o.ReadTimeout, o.WriteTimeout, o.ProbeTimeout = 200*time.Millisecond, 300*time.Millisecond, 200*time.Millisecond
		k := NewKeyring(o)
		d.signal(t, syscall.SIGSTOP)
		t.Cleanup(func() { _ = syscall.Kill(d.pid, syscall.SIGCONT) })
		want(t, k.Probe(ctx), ErrTimeout)
		_, err := k.Load(ctx, "crash")
		want(t, err, ErrTimeout)
		err = k.Save(ctx, "crash", &s)
		want(t, err, ErrTimeout)
		wantNot(t, err, ErrOutcomeUnknown)
		d.signal(t, syscall.SIGCONT)
		eventually(t, func() error { return k.Probe(ctx) })

		// Stopped between the check and the write: unknown, then done.
		k.backend = stopper{d, t}
		s.AppName = "written late"
		want(t, k.Save(ctx, "crash", &s), ErrTimeout, ErrOutcomeUnknown)
		d.signal(t, syscall.SIGCONT)
		k.backend = osKeyring{}
		eventually(t, func() error { return k.Probe(ctx) })
		if got, err := k.Load(ctx, "crash"); err != nil || got.AppName != "written late" {
			t.Errorf("%q, %v", got.AppName, err)
		}
		mustSave(t, k, "crash", &s)
	})

	t.Run("locked", func(t *testing.T) {
		bus, err := dbus.SessionBus()
		if err != nil {
			t.Fatal(err)
		}
		service := bus.Object("org.freedesktop.secrets", "/org/freedesktop/secrets")
		login := []dbus.ObjectPath{"/org/freedesktop/secrets/collection/login"}
		if err := service.Call("org.freedesktop.Secret.Service.Lock", 0, login).Err; err != nil {
			t.Fatal(err)
		}
		k := NewKeyring(longTimeouts())
		want(t, k.Probe(ctx), ErrLocked)
		_, err = k.Load(ctx, "crash")
		want(t, err, ErrLocked)
		err = k.Save(ctx, "crash", &s)
		want(t, err, ErrLocked)
		wantNot(t, err, ErrOutcomeUnknown)
		want(t, k.Delete(ctx, "crash"), ErrLocked)
		d.kill(t)
		d.start(t, true)
		if got, err := k.Load(ctx, "crash"); err != nil || !sameSetup(got, s) {
			t.Error("after unlocking:", err)
		}
	})

	t.Run("absent", func(t *testing.T) {
		d.kill(t)
		k := NewKeyring(longTimeouts())
		want(t, k.Probe(ctx), ErrNoProvider)
		_, err := k.Load(ctx, "crash")
		want(t, err, ErrNoProvider)
		want(t, k.Save(ctx, "crash", &s), ErrNoProvider)
	})

	t.Run("no login keyring", func(t *testing.T) {
		d.start(t, false, "XDG_DATA_HOME="+t.TempDir())
		k := NewKeyring(longTimeouts())
		want(t, k.Probe(ctx), ErrLocked)
		_, err := k.Load(ctx, "crash")
		want(t, err, ErrLocked)
		d.kill(t)
	})

	t.Run("back again", func(t *testing.T) {
		d.start(t, true)
		k := NewKeyring(longTimeouts())
		if got, err := k.Load(ctx, "crash"); err != nil || !sameSetup(got, s) {
			t.Error(err)
		}
		if err := k.Delete(ctx, "crash"); err != nil {
			t.Error(err)
		}
	})

	t.Run("no bus", func(t *testing.T) {
		empty := t.TempDir()
		t.Setenv("XDG_RUNTIME_DIR", empty)
		k := NewKeyring(longTimeouts())
		k.platform.precheck = sessionBus{userDir: empty}.check
		for _, address := range []string{"", "autolaunch:", "unix:path=" + filepath.Join(empty, "gone")} {
			t.Setenv(busVariable, address)
			want(t, k.Probe(ctx), ErrNoSessionBus)
			want(t, k.Save(ctx, "crash", &s), ErrNoSessionBus)
		}
	})
}

// stopper stops the daemon just before the record is written.
type stopper struct {
	d *keyringDaemon
	t *testing.T
}

func (s stopper) Set(service, item, text string) error {
	s.d.signal(s.t, syscall.SIGSTOP)
	return osKeyring{}.Set(service, item, text)
}

func (stopper) Get(service, item string) (string, error) { return osKeyring{}.Get(service, item) }
func (stopper) Delete(service, item string) error        { return osKeyring{}.Delete(service, item) }
