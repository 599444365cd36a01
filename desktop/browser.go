// Package desktop reaches the admin's own desktop from a terminal: it opens the
// browser and uses the clipboard, each call under a deadline.
package desktop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// browserDeadline is how long a launcher may take to fail; one that is still
// running then has become the browser.
const browserDeadline = 2 * time.Second

// browserMaxURL is the longest address opened, well below Windows' limit of
// 32,767 characters for a command line.
const browserMaxURL = 8 << 10

// BrowserHere says whether a browser started from here appears on the admin's
// own screen; env is os.Getenv.
func BrowserHere(env func(string) string) bool {
	return browserHere(runtime.GOOS, env, browserInWSL(env))
}

// OpenURL opens an http or https address in the admin's browser. It returns
// when the browser was told, or when nothing that could be told was found.
func OpenURL(ctx context.Context, address string) error { return openURL(ctx, address) }

func browserHere(goos string, env func(string) string, wsl bool) bool {
	switch {
	case env("TERM") == "dumb":
		return false
	case browserOverSSH(env):
		return browserDisplay(env)
	case goos == "windows", goos == "darwin", wsl:
		return true
	}
	return browserDisplay(env) || len(browserCommands(env("BROWSER"), "")) > 0
}

func browserOverSSH(env func(string) string) bool {
	return env("SSH_CONNECTION") != "" || env("SSH_TTY") != ""
}

func browserDisplay(env func(string) string) bool {
	return env("DISPLAY") != "" || env("WAYLAND_DISPLAY") != ""
}

// browserInWSL says whether this is Linux inside Windows. Its shells set two
// variables that sudo drops; the kernel's name stays.
// https://learn.microsoft.com/windows/wsl/filesystems
func browserInWSL(env func(string) string) bool {
	if runtime.GOOS != "linux" {
		return false
	}
	if env("WSL_DISTRO_NAME") != "" || env("WSL_INTEROP") != "" {
		return true
	}
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	return err == nil && bytes.Contains(bytes.ToLower(release), []byte("microsoft"))
}

func openURL(ctx context.Context, address string) error {
	if err := browserCheck(address); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	failed := errors.New("no browser was found")
	for _, argv := range browserLaunchers(runtime.GOOS, os.Getenv, browserInWSL(os.Getenv), address) {
		path, err := exec.LookPath(argv[0])
		if err != nil || browserIsText(path) {
			continue
		}
		if err = browserStart(ctx, path, argv[1:]); err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		failed = fmt.Errorf("starting %s: %w", filepath.Base(path), err)
	}
	return failed
}

// browserCheck refuses what is no plain web address. The launchers are partly
// shell scripts, so nothing that a shell or another program could read
// differently may pass.
func browserCheck(address string) error {
	if len(address) > browserMaxURL {
		return fmt.Errorf("opening an address: it is longer than %d characters", browserMaxURL)
	}
	for _, r := range address {
		if r <= ' ' || r > '~' || strings.ContainsRune("\"'`\\<>^|{}$;()", r) {
			return errors.New("opening an address: it contains a character that does not belong into one")
		}
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return errors.New("opening an address: it is malformed")
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		return errors.New("opening an address: it does not begin with https:// and a host")
	case u.User != nil:
		return errors.New("opening an address: it contains a user name")
	}
	return nil
}

// browserLaunchers lists what can open the address on this system, best first.
func browserLaunchers(goos string, env func(string) string, wsl bool, address string) [][]string {
	switch goos {
	case "windows":
		return [][]string{{"rundll32", "url.dll,FileProtocolHandler", address}}
	case "darwin":
		return [][]string{{"/usr/bin/open", address}}
	}
	list := browserCommands(env("BROWSER"), address)
	if wsl {
		list = append(list,
			[]string{"wslview", address},
			[]string{"rundll32.exe", "url.dll,FileProtocolHandler", address},
			[]string{"/mnt/c/Windows/System32/rundll32.exe", "url.dll,FileProtocolHandler", address})
	}
	if browserDisplay(env) {
		for _, name := range []string{"xdg-open", "x-www-browser", "www-browser"} {
			list = append(list, []string{name, address})
		}
	}
	return list
}

// browserCommands reads $BROWSER: commands separated by colons, in which %s
// stands for the address, which is the last argument where no %s is. Text
// browsers are left out: they would take over the terminal palmail runs in.
// https://man7.org/linux/man-pages/man1/xdg-open.1.html and
// http://www.catb.org/~esr/BROWSER/
func browserCommands(variable, address string) [][]string {
	var list [][]string
	for entry := range strings.SplitSeq(variable, ":") {
		argv := strings.Fields(entry)
		if len(argv) == 0 || browserTextNames[browserBase(argv[0])] {
			continue
		}
		placed := false
		for i, arg := range argv[1:] {
			placed = placed || strings.Contains(arg, "%s")
			argv[i+1] = strings.ReplaceAll(strings.ReplaceAll(arg, "%s", address), "%%", "%")
		}
		if !placed {
			argv = append(argv, address)
		}
		list = append(list, argv)
	}
	return list
}

// browserTextNames are the browsers that draw on the terminal.
var browserTextNames = map[string]bool{
	"w3m": true, "lynx": true, "links": true, "links2": true, "elinks": true,
	"lynx-cur": true, "browsh": true, "carbonyl": true, "retawq": true, "netrik": true, "chawan": true, "cha": true,
}

func browserBase(path string) string {
	return strings.TrimSuffix(strings.ToLower(filepath.Base(path)), ".exe")
}

// browserIsText sees through links such as www-browser of Debian's alternatives.
func browserIsText(path string) bool {
	if real, err := filepath.EvalSymlinks(path); err == nil && browserTextNames[browserBase(real)] {
		return true
	}
	return browserTextNames[browserBase(path)]
}

// browserStart starts a launcher apart from our terminal and waits until it
// has ended well, has failed, or has run for browserDeadline.
func browserStart(ctx context.Context, path string, args []string) error {
	// Not CommandContext: the browser has to outlive both ctx and palmail.
	cmd := exec.Command(path, args...) //nolint:noctx // see above
	cmd.Env = browserEnv(os.Environ())
	browserDetach(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	// This goroutine ends with the browser; it is there to take note of an
	// early failure, and else so that no zombie stays.
	go func() { ended <- cmd.Wait() }()
	late := time.NewTimer(browserDeadline)
	defer late.Stop()
	select {
	case err := <-ended:
		return err
	case <-late.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// browserEnv takes the text browsers out of $BROWSER, which xdg-open reads too.
func browserEnv(env []string) []string {
	out := make([]string, 0, len(env))
	for _, pair := range env {
		if list, ok := strings.CutPrefix(pair, "BROWSER="); ok {
			var keep []string
			for entry := range strings.SplitSeq(list, ":") {
				if f := strings.Fields(entry); len(f) > 0 && !browserTextNames[browserBase(f[0])] {
					keep = append(keep, entry)
				}
			}
			if len(keep) == 0 {
				continue
			}
			pair = "BROWSER=" + strings.Join(keep, ":")
		}
		out = append(out, pair)
	}
	return out
}
