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

	"palmail/program"
)

// launchDeadline is how long a launcher can take to fail; one that is still
// running then has become the browser.
var launchDeadline = 2 * time.Second

// maxAddress is the longest address opened, well below Windows' limit of
// 32,767 characters for a command line.
const maxAddress = 8 << 10

// BrowserHere says whether a browser started from here appears on the admin's
// own screen; env is os.Getenv.
func BrowserHere(env func(string) string) bool {
	return browserReaches(runtime.GOOS, env, inWSL(env)) && !hasNoBrowser()
}

// ErrNoBrowser is returned where no browser can be started; the link and the
// code must be used on another device then.
var ErrNoBrowser = errors.New("no browser was found on this computer: open the link on another one")

func browserReaches(goos string, env func(string) string, wsl bool) bool {
	switch {
	case env("TERM") == "dumb":
		return false
	case overSSH(env):
		return hasDisplay(env)
	case goos == "windows", goos == "darwin", wsl:
		return true
	}
	return hasDisplay(env) || len(browserVariable(env("BROWSER"), "")) > 0
}

func overSSH(env func(string) string) bool {
	return env("SSH_CONNECTION") != "" || env("SSH_TTY") != ""
}

func hasDisplay(env func(string) string) bool {
	return env("DISPLAY") != "" || env("WAYLAND_DISPLAY") != ""
}

// inWSL says whether this is Linux inside Windows. Its shells set two
// variables that sudo drops; the kernel's name stays.
// https://learn.microsoft.com/windows/wsl/filesystems
func inWSL(env func(string) string) bool {
	if runtime.GOOS != "linux" {
		return false
	}
	if env("WSL_DISTRO_NAME") != "" || env("WSL_INTEROP") != "" {
		return true
	}
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	return err == nil && bytes.Contains(bytes.ToLower(release), []byte("microsoft"))
}

// OpenURL opens an http or https address in the admin's browser. It returns
// within launchDeadline for each launcher of this system: when one of them has
// taken the address, or when all have failed.
func OpenURL(ctx context.Context, address string) error {
	if err := checkAddress(address); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		if hasNoBrowser() {
			return ErrNoBrowser
		}
		return openBySystem(ctx, address)
	}
	failed := ErrNoBrowser
	for _, argv := range launchers(runtime.GOOS, os.Getenv, inWSL(os.Getenv), address) {
		path, err := program.Find(argv[0])
		if err != nil || isTextBrowser(path) {
			continue
		}
		if err = launch(ctx, path, argv[1:]); err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		failed = fmt.Errorf("starting %s: %w", filepath.Base(path), err)
	}
	return failed
}

// checkAddress refuses what is no plain web address. The launchers are partly
// shell scripts, so nothing that a shell or another program could read
// differently is allowed.
func checkAddress(address string) error {
	if len(address) > maxAddress {
		return fmt.Errorf("opening an address: it is longer than %d characters", maxAddress)
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

// launchers lists what can open the address on this system, best first.
func launchers(goos string, env func(string) string, wsl bool, address string) [][]string {
	switch goos {
	case "windows":
		return nil // Windows opens addresses itself
	case "darwin":
		return [][]string{{"/usr/bin/open", address}}
	}
	list := browserVariable(env("BROWSER"), address)
	if wsl {
		list = append(list,
			[]string{"wslview", address},
			[]string{"/mnt/c/Windows/System32/rundll32.exe", "url.dll,FileProtocolHandler", address})
	}
	if hasDisplay(env) {
		for _, name := range []string{"xdg-open", "x-www-browser", "www-browser"} {
			list = append(list, []string{name, address})
		}
	}
	return list
}

// browserVariable reads $BROWSER: commands separated by colons, in which %s
// stands for the address, which is the last argument where no %s is. Text
// browsers are left out: they would take over the terminal palmail runs in.
// https://man7.org/linux/man-pages/man1/xdg-open.1.html and
// http://www.catb.org/~esr/BROWSER/
func browserVariable(variable, address string) [][]string {
	var list [][]string
	for entry := range strings.SplitSeq(variable, ":") {
		argv := strings.Fields(entry)
		if len(argv) == 0 || textBrowsers[programName(argv[0])] {
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

// textBrowsers are the browsers that draw on the terminal.
var textBrowsers = map[string]bool{
	"w3m": true, "lynx": true, "links": true, "links2": true, "elinks": true,
	"lynx-cur": true, "browsh": true, "carbonyl": true, "retawq": true, "netrik": true, "chawan": true, "cha": true,
}

func programName(path string) string {
	return strings.TrimSuffix(strings.ToLower(filepath.Base(path)), ".exe")
}

// isTextBrowser sees through links such as www-browser of Debian's alternatives.
func isTextBrowser(path string) bool {
	if real, err := filepath.EvalSymlinks(path); err == nil && textBrowsers[programName(real)] {
		return true
	}
	return textBrowsers[programName(path)]
}

// launch starts a launcher apart from our terminal and waits until it has ended
// well, has failed, or has run for launchDeadline.
func launch(ctx context.Context, path string, args []string) error {
	// Not CommandContext: the browser has to outlive both ctx and palmail.
	cmd := exec.Command(path, args...) //nolint:noctx // see above
	cmd.Env = withoutTextBrowsers(os.Environ())
	detach(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	// Waiting ends with the browser: it shows an early failure, and afterwards
	// keeps the ended browser from staying as a zombie.
	_, err := within(ctx, launchDeadline, func() (struct{}, error) { return struct{}{}, cmd.Wait() })
	if errors.Is(err, errNoAnswer) {
		return nil // it has become the browser
	}
	return err
}

// withoutTextBrowsers takes the text browsers out of $BROWSER, which xdg-open reads too.
func withoutTextBrowsers(env []string) []string {
	out := make([]string, 0, len(env))
	for _, pair := range env {
		if list, ok := strings.CutPrefix(pair, "BROWSER="); ok {
			var keep []string
			for entry := range strings.SplitSeq(list, ":") {
				if f := strings.Fields(entry); len(f) > 0 && !textBrowsers[programName(f[0])] {
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
