package main

import (
	"os"
	"testing"
)

func TestLicences(t *testing.T) {
	for file, want := range map[string]string{
		"mit.txt": "MIT", "bsd.txt": "BSD", "gpl.txt": "", "dual.txt": "", "none.txt": "", "mpl.txt": "MPL-2.0",
	} {
		text, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if got := licenceOf(string(text)); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
	dir := t.TempDir()
	if found, err := licencesIn(dir); err != nil || len(found) != 0 {
		t.Errorf("an empty directory: %v, %v", found, err)
	}
}
