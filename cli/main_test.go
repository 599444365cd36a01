package cli

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"

	"palmail/desktop"
	"palmail/ptytest"
)

// asPalmail in the environment makes the test binary palmail itself, so that
// the tests never run a binary that is older than the code.
const asPalmail = "PALMAIL_TEST_BINARY_IS_PALMAIL"

// asWindow in the environment says what kind of window the program finds.
const asWindow = "PALMAIL_TEST_WINDOW"

func TestMain(m *testing.M) {
	if os.Getenv(asPalmail) != "" || len(os.Args) == 2 && os.Args[1] == desktop.ClearArgument {
		if err := os.Unsetenv(asPalmail); err != nil {
			panic(err)
		}
		s := standard()
		switch os.Getenv(asWindow) {
		case "own":
			s.window.Own = true
		case "legacy":
			s.window.Escapes = false
		}
		os.Exit(run(os.Args[1:], s))
	}
	flag.Parse()
	parallel := "12" // these tests wait for other processes, and those for timers
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", parallel); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// self is the path of the test binary.
func self(t testing.TB) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// bareEnv is the environment of a person at a terminal who has no keyring:
// neither session bus nor runtime directory.
func bareEnv(t testing.TB, more ...string) []string {
	t.Helper()
	env := []string{
		asPalmail + "=1", "PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LANG=C.UTF-8", "COLORTERM=truecolor",
		"NO_PROXY=", "HTTPS_PROXY=",
	}
	for _, name := range []string{"SYSTEMROOT", "TEMP", "TMP", "GOCOVERDIR", "GORACE"} {
		if v := os.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return append(env, more...)
}

// outcome is how a run without a terminal ended.
type outcome struct {
	code        int
	out, stderr string
}

// invocation is a run without a terminal.
type invocation struct {
	args  []string
	env   []string // bareEnv when nil
	stdin string
}

// run carries out an invocation and waits for its end.
func (i invocation) run(t testing.TB) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), ptytest.Limit) // clean-ups run programs too
	defer cancel()
	cmd := exec.CommandContext(ctx, self(t), i.args...)
	if cmd.Env = i.env; cmd.Env == nil {
		cmd.Env = bareEnv(t)
	}
	cmd.Stdin = strings.NewReader(i.stdin)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("palmail %s: %v, %v\n%s%s", strings.Join(i.args, " "), err, ctx.Err(), &out, &stderr)
	}
	o := outcome{cmd.ProcessState.ExitCode(), out.String(), stderr.String()}
	if strings.Contains(o.out+o.stderr, "goroutine ") || strings.Contains(o.stderr, "panic:") {
		t.Errorf("palmail %s panicked:\n%s%s", strings.Join(i.args, " "), o.out, o.stderr)
	}
	return o
}

// onTerminal runs palmail on a terminal of 80 by 24.
func onTerminal(t testing.TB, env []string, args ...string) *ptytest.Terminal {
	t.Helper()
	return onWindow(t, 80, 24, env, args...)
}

func onWindow(t testing.TB, cols, rows int, env []string, args ...string) *ptytest.Terminal {
	t.Helper()
	if env == nil {
		env = bareEnv(t)
	}
	return ptytest.Start(t, ptytest.Command{Path: self(t), Args: args, Env: env, Cols: cols, Rows: rows})
}

// left checks that the program has put the terminal back: the normal screen,
// a cursor, and no panic on it.
func left(t testing.TB, s *ptytest.Terminal) {
	t.Helper()
	if s.AltScreen() {
		t.Error("left on the alternate screen")
	}
	if s.CursorHidden() {
		t.Error("left without a cursor")
	}
	raw := string(s.Raw())
	if strings.Contains(raw, "goroutine ") || strings.Contains(raw, "panic:") {
		t.Errorf("a panic:\n%s", raw)
	}
	// What was switched on is switched off: bracketed paste, the kitty
	// keyboard, mouse reports.
	for on, off := range map[string]string{
		"\x1b[?2004h": "\x1b[?2004l", "\x1b[?1049h": "\x1b[?1049l", "\x1b[?25l": "\x1b[?25h",
	} {
		if strings.LastIndex(raw, on) > strings.LastIndex(raw, off) {
			t.Errorf("%q was not undone", on)
		}
	}
}
