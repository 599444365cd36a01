//go:build !windows

package desktop

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The process that clears the clipboard is this test's own program, and waits for less.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == ClearArgument {
		if err := ClearLater(context.Background(), os.Stdin, 300*time.Millisecond); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// display starts an X server with nothing on it, and returns its name.
func display(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"Xvfb", "xclip"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("PALMAIL_CLIPBOARD_TESTS") == "require" {
				t.Fatal(err)
			}
			t.Skip("needs Xvfb and xclip: ", err)
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command("Xvfb", "-displayfd", "3", "-nolisten", "tcp")
	server.ExtraFiles = []*os.File{w}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	_ = w.Close()
	defer r.Close()
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return ":" + strings.TrimSpace(number)
}

// onDisplay runs xclip on a display and returns what it writes.
func onDisplay(t *testing.T, name, in string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "xclip", append([]string{"-selection", "clipboard"}, args...)...)
	cmd.Env = append(os.Environ(), "DISPLAY="+name)
	cmd.Stdin = strings.NewReader(in)
	var out bytes.Buffer
	if in == "" {
		cmd.Stdout = &out // xclip stays in the background when it has something to give
	}
	_ = cmd.Run() // that there is nothing is an error to it
	return out.String()
}

// copySecretOn copies the secret in a process of its own, which ends.
func copySecretOn(t *testing.T, name, how string) string {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCopySecretChild$", "-test.v")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "DISPLAY=" + name, "PALMAIL_COPY_SECRET=" + how}
	cmd.Stdout = file // not a pipe, which what it leaves behind would hold open
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCopySecretChild(t *testing.T) {
	how := os.Getenv("PALMAIL_COPY_SECRET")
	if how == "" {
		t.Skip("runs as a child of the other tests")
	}
	clipboardDeadline = time.Minute
	if how == "helper" {
		ClearWith(os.Args[0])
	}
	where, err := CopySecret(t.Context(), testSecret)
	fmt.Printf("where=%q err=%v\n", where, err)
	if text, err := ReadClipboard(t.Context()); text != testSecret {
		t.Errorf("the clipboard does not hold it: %v", err)
	}
	if how == "leave" {
		if err := ClearSecret(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// A copied secret is gone from a real clipboard after its time although the
// program has ended, and at once when the program is left.
func TestCopiedSecretIsCleared(t *testing.T) {
	name := display(t)
	if out := copySecretOn(t, name, "helper"); !strings.Contains(out, "the clipboard for 45 seconds") {
		t.Error(out)
	}
	for until := time.Now().Add(30 * time.Second); strings.Contains(onDisplay(t, name, "", "-o"), testSecret); {
		if time.Now().After(until) {
			t.Fatal("it is still there")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if out := copySecretOn(t, name, "leave"); !strings.Contains(out, "It is cleared when palmail ends") {
		t.Error(out)
	}
	if strings.Contains(onDisplay(t, name, "", "-o"), testSecret) {
		t.Error("it stays after leaving")
	}
}

// What was copied since is not cleared, and what is no hash is refused.
func TestOnlyTheSecretIsCleared(t *testing.T) {
	name := display(t)
	onDisplay(t, name, "something else", "-i")
	sum := sha256.Sum256([]byte(testSecret))
	cmd := exec.CommandContext(t.Context(), os.Args[0], ClearArgument)
	cmd.Env = append(os.Environ(), "DISPLAY="+name, "SSH_CONNECTION=", "SSH_TTY=")
	cmd.Stdin = strings.NewReader(hex.EncodeToString(sum[:]))
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if got := onDisplay(t, name, "", "-o"); got != "something else" {
		t.Errorf("%q", got)
	}
	if err := ClearLater(t.Context(), strings.NewReader(testSecret), 0); err == nil {
		t.Error("it took what is no hash")
	}
}
