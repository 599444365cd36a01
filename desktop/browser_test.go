package desktop

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func envOf(pairs ...string) func(string) string {
	return func(name string) string {
		for _, pair := range pairs {
			if value, ok := strings.CutPrefix(pair, name+"="); ok {
				return value
			}
		}
		return ""
	}
}

func TestBrowserHere(t *testing.T) {
	for _, c := range []struct {
		goos string
		env  []string
		wsl  bool
		want bool
	}{
		{goos: "windows", want: true},
		{goos: "darwin", want: true},
		{goos: "linux", want: false},
		{goos: "linux", env: []string{"DISPLAY=:0"}, want: true},
		{goos: "linux", env: []string{"WAYLAND_DISPLAY=wayland-0"}, want: true},
		{goos: "linux", env: []string{"BROWSER=firefox"}, want: true},
		{goos: "linux", env: []string{"BROWSER=w3m:/usr/bin/lynx %s"}, want: false},
		{goos: "linux", wsl: true, want: true},
		{goos: "linux", env: []string{"DISPLAY=:0", "TERM=dumb"}, want: false},
		{goos: "windows", env: []string{"SSH_CONNECTION=10.0.0.1 1 10.0.0.2 22"}, want: false},
		{goos: "darwin", env: []string{"SSH_TTY=/dev/ttys001"}, want: false},
		{goos: "linux", env: []string{"SSH_TTY=/dev/pts/1", "BROWSER=firefox"}, want: false},
		{goos: "linux", env: []string{"SSH_TTY=/dev/pts/1", "DISPLAY=localhost:10.0"}, want: true},
	} {
		if got := browserReaches(c.goos, envOf(c.env...), c.wsl); got != c.want {
			t.Errorf("%s, WSL %t, %q: %t", c.goos, c.wsl, c.env, got)
		}
	}
}

func TestBrowserLaunchers(t *testing.T) {
	const url = "https://entra.microsoft.com/?a=1&b=%20#view/x~/y"
	for _, c := range []struct {
		name, goos string
		env        []string
		wsl        bool
		want       []string
	}{
		{name: "windows", goos: "windows", want: nil},
		{name: "macOS", goos: "darwin", want: []string{"/usr/bin/open " + url}},
		{name: "no display", goos: "linux"},
		{
			name: "display", goos: "linux", env: []string{"DISPLAY=:0"}, want: []string{
				"xdg-open " + url, "x-www-browser " + url, "www-browser " + url,
			},
		},
		{name: "BROWSER", goos: "linux", env: []string{"BROWSER=w3m:chrome --app=%s --x=%%: elinks -remote %s:firefox"},
			want: []string{"chrome --app=" + url + " --x=%", "firefox " + url}},
		{name: "WSL", goos: "linux", wsl: true, want: []string{"wslview " + url,
			"/mnt/c/Windows/System32/rundll32.exe url.dll,FileProtocolHandler " + url}},
	} {
		var got []string
		for _, argv := range launchers(c.goos, envOf(c.env...), c.wsl, url) {
			got = append(got, strings.Join(argv, " "))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestBrowserRefusesWhatIsNoWebAddress(t *testing.T) {
	for _, good := range []string{
		"https://entra.microsoft.us/#view/Microsoft_AAD/~/Overview/appId/1", "http://localhost:8080/x?a=b&c=%2F",
		"https://[::1]:1/",
	} {
		if err := checkAddress(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "entra.microsoft.us", "file:///etc/passwd", "javascript:alert(1)", "https:///x", "https://:80/",
		"mailto:a@b.gov", "-https://x.gov",
		"https://x.gov/\n", "https://x.gov/ y", "https://x.gov/\x1b[2J", "https://x.gov/\u202e", "https://x.gov/`id`",
		"https://x.gov/$(id)",
		"https://x.gov/\";id", "https://login.microsoftonline.com@evil.example/", "https://x.gov/%zz",
		"https://x.gov/" + strings.Repeat("x", maxAddress),
	} {
		err := OpenURL(t.Context(), bad)
		if err == nil || !strings.HasPrefix(err.Error(), "opening an address: ") {
			t.Errorf("%.40q: %v", bad, err)
		}
	}
}

// onlyPrograms makes programs of shell scripts, which are all that PATH holds
// besides the shell's own, and gives them a display. Each says in the file
// returned how it was called.
func onlyPrograms(t *testing.T, scripts map[string]string) (log string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the launchers of other systems are no scripts")
	}
	dir := t.TempDir()
	log = filepath.Join(dir, "log")
	for name, script := range scripts {
		text := "#!/bin/sh\n" + strings.ReplaceAll(script, "LOG", log) + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// On a busy machine a launcher takes long to fail.
	usual := launchDeadline
	launchDeadline = time.Minute
	t.Cleanup(func() { launchDeadline = usual })
	t.Setenv("PATH", dir)
	t.Setenv("DISPLAY", ":99")
	for _, name := range []string{
		"BROWSER", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "WSL_INTEROP", "SSH_TTY", "SSH_CONNECTION",
	} {
		t.Setenv(name, "")
	}
	return log
}

func readLog(t *testing.T, log string) string {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

const testAddress = "https://entra.microsoft.com/?a=1&b=2#view/x~/y"

func TestBrowserIsStartedApartFromTheTerminal(t *testing.T) {
	log := onlyPrograms(t, map[string]string{
		// A controlling terminal can be opened as /dev/tty. What is written
		// must go nowhere.
		"xdg-open": `echo "mess on the screen"; echo mess >&2; read line && exit 9
(: </dev/tty) 2>/dev/null && echo "has a terminal" >>LOG
echo "$# $1 BROWSER=$BROWSER" >>LOG`,
	})
	t.Setenv("BROWSER", "w3m:no-such-browser")
	if err := OpenURL(t.Context(), testAddress); err != nil {
		t.Fatal(err)
	}
	if got, want := readLog(t, log), "1 "+testAddress+" BROWSER=no-such-browser\n"; got != want {
		t.Errorf("called with %q, want %q", got, want)
	}
}

func TestBrowserTriesTheNextLauncher(t *testing.T) {
	log := onlyPrograms(t, map[string]string{
		"xdg-open":      "exit 3",
		"x-www-browser": "echo second >>LOG",
	})
	if err := OpenURL(t.Context(), testAddress); err != nil || readLog(t, log) != "second\n" {
		t.Errorf("ended with %v after %q", err, readLog(t, log))
	}
	t.Setenv("BROWSER", "x-www-browser --new %s")
	if err := OpenURL(t.Context(), testAddress); err != nil || readLog(t, log) != "second\nsecond\n" {
		t.Errorf("with BROWSER: ended with %v after %q", err, readLog(t, log))
	}
}

func TestBrowserNeverStartsATextBrowser(t *testing.T) {
	log := onlyPrograms(t, map[string]string{"w3m": "echo w3m >>LOG", "lynx": "echo lynx >>LOG"})
	dir := filepath.Dir(log)
	if err := os.Symlink(filepath.Join(dir, "lynx"), filepath.Join(dir, "www-browser")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("BROWSER", "w3m:"+filepath.Join(dir, "w3m")+" %s:www-browser")
	if err := OpenURL(t.Context(), testAddress); !errors.Is(err, ErrNoBrowser) {
		t.Errorf("ended with %v", err)
	}
	if got := readLog(t, log); got != "" {
		t.Errorf("started %q", got)
	}
}

func TestBrowserSaysWhichLauncherFailed(t *testing.T) {
	onlyPrograms(t, map[string]string{"xdg-open": "exit 4"})
	if err := OpenURL(t.Context(), testAddress); err == nil || err.Error() != "starting xdg-open: exit status 4" {
		t.Errorf("ended with %v", err)
	}
}

// A launcher that goes on running has become the browser: it is neither
// waited for nor ended.
func TestBrowserOutlivesItsStart(t *testing.T) {
	log := onlyPrograms(t, map[string]string{
		"xdg-open": "echo started >>LOG; while [ ! -e LOG.end ]; do /bin/sleep 0.05; done; echo ended >>LOG",
	})
	launchDeadline = 2 * time.Second
	began := time.Now()
	if err := OpenURL(t.Context(), testAddress); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < launchDeadline {
		t.Errorf("returned after %s, before a late failure could be seen", took)
	}
	if got := readLog(t, log); got != "started\n" && got != "" {
		t.Errorf("the browser's log is %q", got)
	}
	if err := os.WriteFile(log+".end", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(time.Minute); readLog(t, log) != "started\nended\n"; {
		if time.Now().After(until) {
			t.Fatal("the browser did not live to see its end")
		}
		time.Sleep(10 * time.Millisecond)
	}
}
