package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// What can be asked of the program without doing anything.
func TestCommandsThatOnlyPrint(t *testing.T) {
	t.Parallel()
	for command, wants := range map[string][]string{
		"--help":                {"--demo", "--profile", "check", "status", "send", "forget"},
		"-h":                    {"--demo"},
		"help":                  {"--demo"},
		"help check":            {"--secret-stdin", "--warn-days"},
		"check --help":          {"--secret-stdin"},
		"send --help":           {"--to"},
		"status --help":         {"--warn-days"},
		"version":               {"palmail "},
		"--version":             {"palmail"},
		"completion bash":       {"palmail", "complete"},
		"completion zsh":        {"#compdef palmail"},
		"completion fish":       {"complete", "palmail"},
		"completion powershell": {"Register-ArgumentCompleter", "palmail"},
		"man":                   {".TH PALMAIL 1", "secret-stdin"},
	} {
		o := invocation{args: strings.Fields(command)}.run(t)
		if o.code != exitDone || o.stderr != "" || strings.Contains(o.out, "\x1b") {
			t.Errorf("%s: ended with %d and %q", command, o.code, o.stderr)
		}
		for _, want := range wants {
			if !strings.Contains(strings.ToLower(strings.ReplaceAll(o.out, `\-`, "-")), strings.ToLower(want)) {
				t.Errorf("%s: no %q in:\n%s", command, want, o.out)
			}
		}
	}
}

// Wrong usage ends with 2, says what is wrong and where help is, and prints nothing else.
func TestWrongUsage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.json")
	writeFile(t, broken, []byte(`{"name":"lab","login":`))
	plainHTTP := filepath.Join(dir, "http.json")
	writeFile(t, plainHTTP,
		[]byte(`{"name":"lab","login":"http://login.example","graph":"http://graph.example","portal":"http://portal.example"}`))
	huge := filepath.Join(dir, "huge.json")
	writeFile(t, huge, []byte(strings.Repeat(" ", 1<<20)+"{}"))
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"an unknown command": {[]string{"stats"}, `"stats"`},
		"a mistyped command": {[]string{"statsu"}, "did you mean status?"},
		"not a cloud": {
			[]string{
				"check", "--cloud", "azure", "--client-id", "1b2c3d4e-1111-2222-3333-444455556666",
				"--mailbox", "a@b.gov",
			}, "gcc-high",
		},
		"an unknown flag":             {[]string{"--frobnicate"}, "--frobnicate"},
		"an unknown flag of one":      {[]string{"status", "--frobnicate"}, "--frobnicate"},
		"an argument too many":        {[]string{"status", "extra"}, `"extra"`},
		"not a number":                {[]string{"status", "--warn-days", "soon"}, "--warn-days"},
		"a flag without its value":    {[]string{"--profile"}, "--profile"},
		"not a profile name":          {[]string{"--profile", "../../etc", "status"}, "--profile"},
		"a profile name with control": {[]string{"--profile", "a\x1b[31mb", "status"}, "--profile"},
		"not a weather":               {[]string{"--demo", "--weather", "stormy", "--plain"}, "calm, usual or rough"},
		"no such cloud file": {
			[]string{"--demo", "--plain", "--cloud", filepath.Join(dir, "none.json")}, "none.json",
		},
		"a broken cloud file":      {[]string{"--demo", "--plain", "--cloud", broken}, "broken.json"},
		"a cloud file without TLS": {[]string{"--demo", "--plain", "--cloud", plainHTTP}, "http.json"},
		"a huge cloud file":        {[]string{"--demo", "--plain", "--cloud", huge}, "huge.json"},
		"a folder as cloud file": {
			[]string{"--demo", "--plain", "--cloud", dir + string(filepath.Separator)}, filepath.Base(dir),
		},
		"a log in no folder": {
			[]string{"--demo", "--plain", "--log", filepath.Join(dir, "none", "log")}, "--log",
		},
		"the screens in no terminal": {nil, "--plain"},
		"the demo in no terminal":    {[]string{"--demo"}, "palmail check"},
		"forget with nobody to ask":  {[]string{"forget"}, "--yes"},
		"send to nobody":             {[]string{"send"}, "--to"},
	} {
		o := invocation{args: c.args}.run(t)
		if o.code != exitUsage || o.out != "" {
			t.Errorf("%s: ended with %d, %q on standard output, and %q", name, o.code, o.out, o.stderr)
		}
		if !strings.HasPrefix(o.stderr, "palmail: ") || !strings.Contains(o.stderr, "palmail: hint: ") ||
			!strings.Contains(o.stderr, c.says) || strings.Contains(o.stderr, "\x1b") {
			t.Errorf("%s: %q does not name %q and a hint", name, o.stderr, c.says)
		}
	}
}

// The log is for its owner, is appended to, and --json stays one document beside it.
func TestLog(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	size := int64(0)
	for range 2 {
		o := invocation{args: []string{"--demo", "--weather", "calm", "check", "--json", "--log", path}}.run(t)
		if ok, _ := wantChecks(t, o.out); !ok || o.code != exitDone {
			t.Errorf("ended with %d:\n%s%s", o.code, o.out, o.stderr)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() <= size {
			t.Errorf("the log has %d bytes, it had %d", info.Size(), size)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("the log's mode is %v", info.Mode())
		}
		size = info.Size()
	}
	if log := readLog(t, path); practiceSecret.MatchString(log) || strings.Contains(log, "eyJ") {
		t.Error("a secret or a token is in the log")
	}
}

// The practice tenant has a finished setup for the commands that need one.
func TestDemoCommands(t *testing.T) {
	t.Parallel()
	demo := func(args ...string) outcome {
		return invocation{args: append([]string{"--demo", "--weather", "calm"}, args...)}.run(t)
	}
	o := demo("status", "--json")
	st := wantKeys(t, "status", oneJSON(t, o.out), "profile", "state", "cloud", "tenant_id", "client_id", "mailbox",
		"pal_url", "secret", "old_secret", "next_step", "last_test")
	wantKeys(t, "secret", st["secret"], "description", "hint", "created", "expires", "days_left")
	wantKeys(t, "last_test", st["last_test"], "at", "to", "ok", "reference")
	if o.code != exitDone || st["state"] != "ready" || st["old_secret"] != nil || o.stderr != "" {
		t.Errorf("status ended with %d and %v", o.code, st)
	}
	if o = demo("status", "--warn-days", "200"); o.code != exitSoon {
		t.Errorf("status with a warning ended with %d", o.code)
	}
	if o = demo("check", "--warn-days", "200"); o.code != exitSoon ||
		!strings.Contains(o.stderr, "the secret ends soon") {
		t.Errorf("check with a warning ended with %d and %q", o.code, o.stderr)
	}
	o = demo("send", "--to", "me@agency.gov", "--json")
	v := wantKeys(t, "send", oneJSON(t, o.out), "ok", "to", "from", "reference", "at", "request_id", "correlation_id")
	if o.code != exitDone || v["ok"] != true {
		t.Errorf("send ended with %d and %v", o.code, v)
	}
	for _, command := range []string{"status", "check"} {
		if o = demo(command); o.code != exitDone || o.out == "" || o.stderr != "" || practiceSecret.MatchString(o.out) {
			t.Errorf("%s ended with %d and %q:\n%s", command, o.code, o.stderr, o.out)
		}
	}
}

// With only one side on a terminal the screens would wait where nobody sees them.
func TestHalfATerminal(t *testing.T) {
	t.Parallel()
	s := onTerminal(t, nil, "version")
	if code := s.Exit(); code != exitDone || !strings.Contains(string(s.Raw()), "palmail ") {
		t.Errorf("version on a terminal ended with %d: %q", code, s.Raw())
	}
	if strings.Contains(string(s.Raw()), "\x1b") {
		t.Errorf("version writes escape sequences: %q", s.Raw())
	}
}
