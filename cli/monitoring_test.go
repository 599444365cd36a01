package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// docBlocks are the blocks of one language in docs/monitoring.md.
func docBlocks(t *testing.T, language string, want int) []string {
	t.Helper()
	data, err := os.ReadFile("../docs/monitoring.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllSubmatch(data, -1) {
		blocks = append(blocks, string(m[1]))
	}
	if len(blocks) != want {
		t.Fatalf("%d blocks of %s, want %d", len(blocks), language, want)
	}
	return blocks
}

// shell runs a script in /bin/sh with a palmail that ends with code, and an
// environment as bare as cron's.
func shell(t *testing.T, script string, code int, args ...string) (out string, exit int) {
	t.Helper()
	dir := t.TempDir()
	fake := fmt.Sprintf("#!/bin/sh\n[ -n \"$DBUS_SESSION_BUS_ADDRESS\" ] || exit 99\necho \"ran $*\"\necho 'the last "+
		"line'\n[ %[1]d = 1 ] && echo 'palmail: the trouble' >&2\nexit %[1]d\n", code)
	if err := os.WriteFile(filepath.Join(dir, "palmail"), []byte(fake), 0o700); err != nil { //nolint:gosec // it is a program
		t.Fatal(err)
	}
	script = strings.ReplaceAll(strings.ReplaceAll(script, "/usr/local/bin/palmail", dir+"/palmail"),
		"PATH=/usr/local/bin:", "PATH="+dir+":")
	cmd := exec.CommandContext(t.Context(), "/bin/sh", append([]string{"-c", script, "sh"}, args...)...)
	cmd.Env = []string{"HOME=" + dir, "PATH=/usr/bin:/bin", "SHELL=/bin/sh"}
	data, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	return string(data), cmd.ProcessState.ExitCode()
}

func needShell(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("it needs /bin/sh")
	}
}

func TestMonitoringPlugin(t *testing.T) {
	t.Parallel()
	needShell(t)
	plugin := docBlocks(t, "sh", 1)[0]
	for _, tc := range []struct {
		code, exit int
		word       string
		args       []string
	}{
		{exitDone, 0, "OK: the last line\nran status --all\n", nil},
		{exitDone, 0, "OK: the last line\nran check --profile x\n", []string{"check", "--profile", "x"}},
		{exitSoon, 1, "WARNING: the last line", nil},
		{exitUnfinished, 2, "CRITICAL: the last line", []string{"status"}},
		{exitFailed, 3, "UNKNOWN: palmail: the trouble", []string{"status"}},
		{exitFailed, 2, "CRITICAL: palmail: the trouble", []string{"check", "--all"}},
		{exitUsage, 3, "UNKNOWN: the last line", nil},
		{exitInterrupted, 3, "UNKNOWN: the last line", nil},
	} {
		out, exit := shell(t, plugin, tc.code, tc.args...)
		if exit != tc.exit || !strings.HasPrefix(out, "PALMAIL "+tc.word) {
			t.Errorf("%d of %v: ended with %d: %s", tc.code, tc.args, exit, out)
		}
	}
}

func TestMonitoringCron(t *testing.T) {
	t.Parallel()
	needShell(t)
	line := strings.TrimSpace(docBlocks(t, "cron", 1)[0])
	fields := strings.SplitN(line, " ", 6)
	if len(fields) != 6 || strings.Contains(line, "\n") || strings.Contains(line, "%") ||
		strings.Join(fields[:5], " ") != "30 7 * * *" {
		t.Fatalf("not a line for cron: %q", line) // a % ends the command there
	}
	if out, exit := shell(t, fields[5], exitDone); out != "" || exit != 0 {
		t.Errorf("all well: ended with %d: %q", exit, out)
	}
	if out, exit := shell(t, fields[5], exitSoon); !strings.HasPrefix(out,
		"ran status --all --notify you@agency.gov\n") || exit != 0 {
		t.Errorf("not well: ended with %d: %q", exit, out)
	}
	if out, _ := shell(t, fields[5], exitFailed); !strings.Contains(out, "palmail: the trouble") {
		t.Errorf("with an error: %q", out)
	}
}

func TestMonitoringUnits(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze here")
	}
	units := docBlocks(t, "ini", 2)
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "palmail.service"), []byte(strings.ReplaceAll(units[0], "/usr/local/bin/palmail",
		self(t))))
	writeFile(t, filepath.Join(dir, "palmail.timer"), []byte(units[1]))
	out, err := exec.CommandContext(t.Context(), analyze, "--man=no", "verify", //nolint:gosec // it was looked up
		filepath.Join(dir, "palmail.service"), filepath.Join(dir, "palmail.timer")).CombinedOutput()
	if err != nil || strings.Contains(string(out), dir) {
		t.Errorf("%v: %s", err, out)
	}
}

// The page's table says what the program does.
func TestMonitoringLines(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../docs/monitoring.md")
	if err != nil {
		t.Fatal(err)
	}
	for code := range map[int]bool{
		exitDone: true, exitFailed: true, exitUsage: true, exitSoon: true, exitUnfinished: true, exitInterrupted: true,
	} {
		if !strings.Contains(string(data), fmt.Sprintf("\n| %d | ", code)) {
			t.Errorf("code %d is not in the table", code)
		}
	}
	// Every command line on the page is one that palmail takes, with --help after it.
	line := regexp.MustCompile("palmail(?:\\.exe')? ((?:status|check|remind)[^`\n|<\"]*)")
	for _, m := range line.FindAllStringSubmatch(string(data), -1) {
		args := strings.Fields(strings.NewReplacer("2>&1)", "", "ADDRESS", "a@agency.gov").Replace(m[1]))
		var flags []string
		for _, a := range args {
			if strings.HasPrefix(a, "--") {
				flags = append(flags, a)
			}
		}
		o := inProcess(t, nil, "", "--demo", args[0], "--help")
		for _, f := range flags {
			if !strings.Contains(o.out, f) {
				t.Errorf("%s knows no %s", args[0], f)
			}
		}
	}
}
