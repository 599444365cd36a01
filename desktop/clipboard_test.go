package desktop

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const testSecret = "aBc8Q~Zx9y8W7v6U5t4S3r2Q1p0O9n8M7l6K5j4I"

func TestClipboardHere(t *testing.T) {
	for _, c := range []struct {
		goos string
		env  []string
		wsl  bool
		want bool
	}{
		{goos: "windows", want: true},
		{goos: "darwin", want: true},
		{goos: "linux"},
		{goos: "linux", wsl: true, want: true},
		{goos: "linux", env: []string{"DISPLAY=:0"}, want: true},
		{goos: "linux", env: []string{"WAYLAND_DISPLAY=wayland-0"}, want: true},
		{goos: "linux", env: []string{"DISPLAY=localhost:10.0", "SSH_CONNECTION=a 1 b 22"}},
		{goos: "windows", env: []string{"SSH_CONNECTION=a 1 b 22"}},
		{goos: "darwin", env: []string{"SSH_TTY=/dev/ttys001"}},
	} {
		if got := clipboardHere(c.goos, browserEnvOf(c.env...), c.wsl); got != c.want {
			t.Errorf("%s, WSL %t, %q: %t", c.goos, c.wsl, c.env, got)
		}
	}
}

// clipboardChild runs copies of a secret in a process of their own, because the
// library looks for its helper programs once, when a program starts.
func clipboardChild(t *testing.T, xclip string, env ...string) (out, copied string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the clipboards of other systems are no programs on PATH")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "copied")
	script := "#!/bin/sh\n" + strings.ReplaceAll(xclip, "FILE", file) + "\n"
	if err := os.WriteFile(filepath.Join(dir, "xclip"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestClipboardChild$", "-test.v")
	cmd.Env = append([]string{"PATH=" + dir, "PALMAIL_CLIPBOARD_CHILD=1", "HOME=" + dir, "TMPDIR=" + dir}, env...)
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	got, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text), string(got)
}

func TestClipboardChild(t *testing.T) {
	if os.Getenv("PALMAIL_CLIPBOARD_CHILD") == "" {
		t.Skip("runs as a child of the other tests")
	}
	for range 2 {
		began := time.Now()
		how, err := CopyText(t.Context(), testSecret)
		fmt.Printf("how=%q err=%v none=%t slow=%t\n", how, err, errors.Is(err, ErrNoClipboard),
			time.Since(began) > time.Second)
	}
}

func TestClipboardCopies(t *testing.T) {
	out, copied := clipboardChild(t, "/bin/cat >FILE", "DISPLAY=:99")
	if copied != testSecret || !strings.Contains(out, `how="the clipboard" err=<nil>`) {
		t.Errorf("%d bytes copied: %s", len(copied), out)
	}
}

func TestClipboardWithoutAScreenOfOurOwn(t *testing.T) {
	for _, env := range [][]string{nil, {"DISPLAY=:99", "SSH_TTY=/dev/pts/1"}} {
		out, copied := clipboardChild(t, "/bin/cat >FILE", env...)
		if copied != "" || !strings.Contains(out, `how="" err=`+ErrNoClipboard.Error()+" none=true") {
			t.Errorf("%q: %d bytes copied: %s", env, len(copied), out)
		}
	}
}

func TestClipboardErrorsHoldNoSecret(t *testing.T) {
	out, _ := clipboardChild(t, "/bin/cat; /bin/cat >&2; exit 3", "DISPLAY=:99")
	if !strings.Contains(out, `how="" err=copying to the clipboard: exit status 3`) {
		t.Errorf("%s", out)
	}
	if strings.Contains(out, testSecret[:20]) || strings.Contains(out, testSecret[20:]) {
		t.Error("the secret can be read")
	}
}

// The second copy must not wait behind the first one.
func TestClipboardThatHangs(t *testing.T) {
	out, _ := clipboardChild(t, "exec /bin/sleep 20", "DISPLAY=:99")
	first, second, _ := strings.Cut(out, "\n")
	for !strings.HasPrefix(first, "how=") && second != "" {
		first, second, _ = strings.Cut(second, "\n")
	}
	if !strings.Contains(first, "deadline exceeded") ||
		!strings.Contains(second, "still hangs from the last copy none=false slow=false") {
		t.Errorf("%s", out)
	}
}
