package program

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// plant puts a program of that name into a directory.
func plant(t *testing.T, dir, name string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		name += ".cmd"
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPlantedProgramIsPassedOver(t *testing.T) {
	here, there := t.TempDir(), t.TempDir()
	t.Chdir(here)
	plant(t, here, "az")
	if err := os.Mkdir("sub", 0o700); err != nil {
		t.Fatal(err)
	}
	plant(t, filepath.Join(here, "sub"), "az")
	relative := []string{".", "", "sub"}
	t.Setenv("PATH", strings.Join(relative, string(os.PathListSeparator)))
	for _, name := range []string{"az", "./az", filepath.Join("sub", "az")} {
		if path, err := Find(name); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %s, %v", name, path, err)
		}
	}
	// Nor does it hide the real one.
	real := plant(t, there, "az")
	t.Setenv("PATH", strings.Join(append(relative, there), string(os.PathListSeparator)))
	if path, err := Find("az"); err != nil || path != real {
		t.Errorf("%s, %v", path, err)
	}
	if path, err := Find(strings.TrimSuffix(real, ".cmd")); err != nil || path != real {
		t.Errorf("%s, %v", path, err)
	}
	if _, err := Find("no-such-program"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}
