// Command licences fails when a module that palmail or its tests are built with
// has a licence that is not on the list, or none. It needs no network: the texts
// are in the module cache. With -texts FILE it writes the licence texts of the
// modules that the program itself has on any platform, and of Go, to FILE.
package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// signs are sentences of the licences that are accepted, in lower case with
// single spaces.
var signs = []struct{ name, text string }{
	{"MIT", "permission is hereby granted, free of charge, to any person obtaining a copy"},
	{"BSD", "redistribution and use in source and binary forms, with or without modification, are permitted"},
	{"Apache-2.0", "apache license version 2.0"},
	{"MPL-2.0", "mozilla public license version 2.0"},
	{"MPL-2.0", "mozilla public license, version 2.0"},
	{"ISC", "distribute this software for any purpose with or without fee is hereby granted"},
}

// refused are names of licences that are not accepted, whatever else a text
// says. The text of the MPL names them too.
var refused = []string{"gnu general public license", "gnu lesser general public license",
	"gnu affero general public license", "server side public license", "business source license"}

// licenceOf returns the licence of a text, or "" for one that is not accepted.
func licenceOf(text string) string {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	name := ""
	for _, s := range signs {
		if strings.Contains(text, s.text) {
			name = s.name
			break
		}
	}
	if name != "MPL-2.0" && slices.ContainsFunc(refused, func(r string) bool { return strings.Contains(text, r) }) {
		return ""
	}
	return name
}

// licencesIn returns the licence of each licence text of a module's directory.
func licencesIn(dir string) (map[string]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, e := range entries {
		name := strings.ToLower(e.Name())
		if e.IsDir() || strings.HasSuffix(name, ".go") ||
			!strings.HasPrefix(name, "licen") && !strings.HasPrefix(name, "copying") && name != "unlicense" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		found[e.Name()] = licenceOf(string(text))
	}
	return found, nil
}

// writeTexts writes the licences of what is in the program to a file, sorted by module.
func writeTexts(file string) error {
	modules := map[string]string{}
	for _, goos := range []string{"linux", "windows", "darwin"} {
		list := exec.Command("go", "list", "-deps", "-f",
			"{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}", ".")
		list.Env = append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=0")
		list.Stderr = os.Stderr
		out, err := list.Output()
		if err != nil {
			return fmt.Errorf("listing the modules of %s: %w", goos, err)
		}
		for line := range strings.Lines(string(out)) {
			if name, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
				modules[name] = dir
			}
		}
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("finding Go: %w", err)
	}
	modules["The Go standard library"] = strings.TrimSpace(string(root))
	var text strings.Builder
	text.WriteString("palmail contains the following software under the following licences.\n")
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		found, err := licencesIn(modules[name])
		if err != nil {
			return fmt.Errorf("reading the licence of %s: %w", name, err)
		}
		if len(found) == 0 {
			return fmt.Errorf("%s has no licence", name)
		}
		for _, f := range slices.Sorted(maps.Keys(found)) {
			licence, err := os.ReadFile(filepath.Join(modules[name], f))
			if err != nil {
				return fmt.Errorf("reading the licence of %s: %w", name, err)
			}
			fmt.Fprintf(&text, "\n%s\n%s (%s)\n\n%s\n", strings.Repeat("=", 79), name, f, strings.TrimSpace(string(licence)))
		}
	}
	return os.WriteFile(file, []byte(text.String()), 0o644)
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "-texts" {
		if err := writeTexts(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	list := exec.Command("go", "list", "-deps", "-test", "-f",
		"{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", "./...")
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		fmt.Fprintln(os.Stderr, "listing the modules:", err)
		os.Exit(1)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(lines)
	bad := false
	for _, line := range slices.Compact(lines) {
		f := strings.Split(line, "\t")
		if len(f) != 3 {
			continue
		}
		found, err := licencesIn(f[2])
		if err != nil || len(found) == 0 {
			fmt.Printf("%s %s: no licence: %v\n", f[0], f[1], err)
			bad = true
			continue
		}
		for file, name := range found {
			if name == "" {
				bad, name = true, "NOT ACCEPTED"
			}
			fmt.Printf("%-60s %-14s %s (%s)\n", f[0], f[1], name, file)
		}
	}
	if bad {
		os.Exit(1)
	}
}
