package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// examples returns the examples of every command on a system.
func examples(goos string) map[string]string {
	a := &app{streams: streams{goos: goos}}
	all := map[string]string{}
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		if c.Example != "" {
			all[c.CommandPath()] = c.Example
		}
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	visit(a.root())
	return all
}

// PowerShell reserves <, re-encodes what > writes, and takes single quotes as cmd.exe does not.
func TestExamplesOnWindows(t *testing.T) {
	t.Parallel()
	windows, linux := examples("windows"), examples("linux")
	for command, text := range windows {
		for _, line := range strings.Split(text, "\n") {
			if strings.ContainsAny(line, "<>'$`") || strings.Contains(line, "/") && !strings.Contains(line, "://") {
				t.Errorf("%s: %q is for another shell", command, line)
			}
		}
	}
	if want := "Get-Content secret.txt -Raw | palmail check"; !strings.Contains(windows["palmail check"], want) {
		t.Errorf("no %q in %s", want, windows["palmail check"])
	}
	if want := "--secret-stdin < secret.txt"; !strings.Contains(linux["palmail check"], want) {
		t.Errorf("no %q in %s", want, linux["palmail check"])
	}
	for command, text := range linux {
		if strings.Contains(text, `\`) || strings.Contains(text, "Get-Content") || strings.Contains(text, "> ") {
			t.Errorf("%s: %q is for Windows, or writes a file that --output writes", command, text)
		}
		if _, ok := windows[command]; !ok {
			t.Errorf("%s has no examples on Windows", command)
		}
	}
}
