//go:build unix

package cli

import (
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// makeFIFO makes a pipe with a name, which nobody reads.
func makeFIFO(t *testing.T, dir string) string {
	t.Helper()
	name := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
