package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every test that docs/security.md names is there, so that no promise is left without one.
func TestPromisesHaveTheirTests(t *testing.T) {
	data, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| .* \\| ([a-z0-9/]+) \\| `(Test\\w+)` \\|$").FindAllStringSubmatch(string(data), -1)
	if lines := strings.Count(string(data), "\n| ") - 1; len(rows) != lines || lines < 10 {
		t.Errorf("%d of %d lines name a package and a test", len(rows), lines)
	}
	for _, row := range rows {
		files, err := filepath.Glob(filepath.Join(row[1], "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || strings.Contains(string(source), "\nfunc "+row[2]+"(t *testing.T) {")
		}
		if !found {
			t.Errorf("%s has no test %s", row[1], row[2])
		}
	}
}
