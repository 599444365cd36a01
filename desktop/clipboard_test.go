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
		if got := clipboardReaches(c.goos, envOf(c.env...), c.wsl); got != c.want {
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
	if os.Getenv("PALMAIL_CLIPBOARD_HANGS") == "" {
		clipboardDeadline = time.Minute
	}
	for range 2 {
		if os.Getenv("PALMAIL_CLIPBOARD_CHILD") == "read" {
			text, err := ReadClipboard(t.Context())
			fmt.Printf("read=%q err=%v none=%t\n", text, err, errors.Is(err, ErrNoClipboard))
			continue
		}
		how, err := CopyText(t.Context(), testSecret)
		fmt.Printf("how=%q err=%v none=%t\n", how, err, errors.Is(err, ErrNoClipboard))
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

// The second call must not wait behind the first one.
func TestClipboardThatHangs(t *testing.T) {
	for what, env := range map[string][]string{
		"how=": {"DISPLAY=:99"}, "read=": {"DISPLAY=:99", "PALMAIL_CLIPBOARD_CHILD=read"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			out, _ := clipboardChild(t, "exec /bin/sleep 60", append(env, "PALMAIL_CLIPBOARD_HANGS=1")...)
			var calls []string
			for line := range strings.Lines(out) {
				if strings.HasPrefix(line, what) {
					calls = append(calls, line)
				}
			}
			if len(calls) != 2 || !strings.Contains(calls[0], "no answer within 2s") ||
				!strings.Contains(calls[1], "still waiting for the call before none=false") {
				t.Errorf("%s", out)
			}
		})
	}
}

func TestClipboardIsRead(t *testing.T) {
	out, _ := clipboardChild(t, "printf 'two\nlines'", "DISPLAY=:99", "PALMAIL_CLIPBOARD_CHILD=read")
	if strings.Count(out, `read="two\nlines" err=<nil>`) != 2 {
		t.Errorf("%s", out)
	}
	for script, want := range map[string]string{
		"exit 3":     `read="" err=reading the clipboard: exit status 3 none=false`,
		"echo never": `read="" err=` + ErrNoClipboard.Error() + " none=true",
	} {
		env := []string{"PALMAIL_CLIPBOARD_CHILD=read", "DISPLAY=:99"}
		if script == "echo never" {
			env = append(env, "SSH_TTY=/dev/pts/1")
		}
		if out, _ := clipboardChild(t, script, env...); !strings.Contains(out, want) {
			t.Errorf("%s: %s", script, out)
		}
	}
}
