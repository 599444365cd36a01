package desktop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/windows/registry"
)

// asBrowser is the first argument of this test binary when the registry has it
// started as a browser: then it runs no test.
const asBrowser = "as-browser"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == asBrowser {
		if log := os.Getenv("PALMAIL_TEST_BROWSER"); log != "" {
			_ = os.WriteFile(log, []byte(strings.Join(os.Args[2:], "\n")), 0o600)
		}
		return
	}
	os.Exit(m.Run())
}

func TestSystemOpensTheAddress(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const scheme = `Software\Classes\palmail-test`
	root := registry.LOCAL_MACHINE // the only place where Wine looks; on Windows it takes an administrator
	if key, _, err := registry.CreateKey(root, scheme, registry.SET_VALUE); err == nil {
		_ = key.Close()
	} else {
		root = registry.CURRENT_USER
	}
	t.Cleanup(func() {
		for _, k := range []string{`\shell\open\command`, `\shell\open`, `\shell`, ``} {
			_ = registry.DeleteKey(root, scheme+k)
		}
	})
	set(t, root, scheme, "", "URL:test")
	set(t, root, scheme, "URL Protocol", "")
	set(t, root, scheme+`\shell\open\command`, "", `"`+self+`" `+asBrowser+` "%1"`)
	log := filepath.Join(t.TempDir(), "log")
	t.Setenv("PALMAIL_TEST_BROWSER", log)
	if err := openBySystem(t.Context(), "palmail-test://example/a?b=1&c=2"); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if data, err := os.ReadFile(log); err == nil && len(data) > 0 {
			if got := string(data); got != "palmail-test://example/a?b=1&c=2" {
				t.Errorf("the browser got %q", got)
			}
			return
		}
		if time.Now().After(end) {
			t.Fatal("nothing was started")
		}
	}
}

// An address that no program opens is an error, not a silence.
func TestSystemHasNoProgram(t *testing.T) {
	if err := openBySystem(t.Context(), "palmail-no-such-scheme://example"); err == nil {
		t.Error("opened")
	} else {
		t.Log(err)
	}
}

func set(t *testing.T, root registry.Key, path, name, value string) {
	t.Helper()
	key, _, err := registry.CreateKey(root, path, registry.SET_VALUE)
	if err != nil {
		t.Fatal(err)
	}
	defer key.Close()
	if err := key.SetStringValue(name, value); err != nil {
		t.Fatal(err)
	}
}
