//go:build !windows

package cli

import (
	"io/fs"
	"os"
)

// openFile opens a file. One that it makes has the permissions of mode.
func openFile(name string, flag int, mode fs.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag, mode)
}

// othersCanRead says whether an open file can be read by other users.
func othersCanRead(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0
}
