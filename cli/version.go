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
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"` // "" when the build does not know it
	Changed bool   `json:"changed"`          // built from a tree that differs from Commit
	Go      string `json:"go"`
	System  string `json:"system"` // GOOS/GOARCH
	FIPS    fips   `json:"fips140"`
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

// release is set by the linker in a release (-ldflags "-X palmail/cli.release=1.2.3").
var release string

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
		Version: version(), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH,
		FIPS: fips{Module: fips140.Version(), Enabled: fips140.Enabled(), Enforced: fips140.Enforced()},
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return id
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			id.Commit = s.Value
		case "vcs.modified":
			id.Changed = s.Value == "true"
		}
	}
	return id
}

func (id identity) text() string {
	commit := id.Commit
	switch {
	case commit == "":
		commit = "not known to this build"
	case id.Changed:
		commit += ", with changes"
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
		"Commit:      " + commit,
		"Go:          " + id.Go + ", " + id.System,
		"FIPS 140-3:  " + status + "; module: " + module,
	}
	return strings.Join(lines, "\n") + "\n"
}
