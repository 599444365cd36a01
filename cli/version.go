package cli

import (
	"crypto/fips140"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// identity is what version says of the program, and its JSON document.
type identity struct {
	Version  string `json:"version"`
	Commit   string `json:"commit,omitempty"` // "" when the build does not know it
	Date     string `json:"date,omitempty"`   // of the commit, RFC 3339 in UTC; "" when the build does not know it
	Modified bool   `json:"modified"`         // built from a tree that differs from Commit
	Go       string `json:"go"`
	Platform string `json:"platform"` // GOOS/GOARCH
	FIPS     fips   `json:"fips140"`
}

// fips is the cryptographic module of Go: https://go.dev/doc/security/fips140.
type fips struct {
	Module  string `json:"module"` // "latest" is the module of the Go release itself
	Enabled bool   `json:"enabled"`
	// Enforced says that everything not approved is refused (GODEBUG=fips140=only).
	Enforced bool `json:"enforced"`
}

func (a *app) versionCommand() *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use: "version", Short: "Print the version, and what it was built from", Args: noArguments,
		Long: "Prints the version, the commit, the Go release, and Go's FIPS 140-3 module with its status.",
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return printJSON(a.out, identify())
			}
			_, err := fmt.Fprint(a.out, identify().text())
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return c
}

// What the linker sets in a release (-ldflags "-X palmail/cli.release=1.2.3"), which is built without asking Git,
// so that the same source gives the same bytes in a checkout and in an unpacked archive.
var (
	release  string // 1.2.3
	commit   string // the full hash
	date     string // of the commit, RFC 3339 in UTC
	modified string // "true" when the tree differs from the commit
)

func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "built from source"
}

func identify() identity {
	id := identity{
		Version: version(), Commit: commit, Date: date, Modified: modified == "true",
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		FIPS: fips{Module: fips140.Version(), Enabled: fips140.Enabled(), Enforced: fips140.Enforced()},
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || id.Commit != "" {
		return id
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			id.Commit = s.Value
		case "vcs.time":
			id.Date = s.Value
		case "vcs.modified":
			id.Modified = s.Value == "true"
		}
	}
	return id
}

func (id identity) text() string {
	source := id.Commit
	switch {
	case source == "":
		source = "not known to this build"
	case id.Date != "":
		source += ", " + id.Date
	}
	if id.Modified {
		source += ", with changes"
	}
	status := "off"
	switch {
	case id.FIPS.Enforced:
		status = "on, and everything not approved is refused"
	case id.FIPS.Enabled:
		status = "on"
	}
	module := id.FIPS.Module
	if module == "latest" {
		module = "Go's own, not validated"
	}
	lines := []string{
		"palmail " + id.Version,
		"Commit:      " + source,
		"Go:          " + id.Go + ", " + id.Platform,
		"FIPS 140-3:  " + status + "; module: " + module,
	}
	return strings.Join(lines, "\n") + "\n"
}
