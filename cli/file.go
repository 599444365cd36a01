package cli

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"
)

// The permissions of files that an admin asks for.
const (
	private  fs.FileMode = 0o600 // a secret is inside
	readable fs.FileMode = 0o644 // meant to be read by others; no secret is inside
)

// outputFile is where a command writes what it was asked for.
type outputFile struct {
	name  string // "-" for standard output
	force bool   // replace the file when it exists
	mode  fs.FileMode
	text  bool // written with the line ends of this system
}

// flags adds --output, described by what, and --force to a command.
func (o *outputFile) flags(c *cobra.Command, what string) {
	c.Flags().StringVarP(&o.name, "output", "o", "", what)
	c.Flags().BoolVar(&o.force, "force", false, "replace the file when it exists")
}

// stdout says whether it goes to standard output.
func (o outputFile) stdout() bool { return o.name == "-" }

// free says at once, before anybody has typed a passphrase, that the file
// exists and is not to be replaced, or cannot be.
func (o outputFile) free() error {
	if o.stdout() {
		return nil
	}
	info, err := os.Lstat(o.name)
	switch {
	case err != nil: // not there, or writing it says why it cannot be
		return nil
	case !o.force:
		return usageError{fmt.Errorf("--output: %s exists already; --force replaces it", o.name)}
	case info.Mode().Type() != 0 && info.Mode().Type() != fs.ModeSymlink:
		return usageError{fmt.Errorf("--output: %s is not a file", o.name)}
	}
	return nil
}

// write writes data to the file, or to out for "-".
func (o outputFile) write(out io.Writer, data []byte) error {
	if o.stdout() {
		if _, err := out.Write(data); err != nil {
			return fmt.Errorf("writing to standard output: %w", err)
		}
		return nil
	}
	if err := o.free(); err != nil {
		return err
	}
	if o.text {
		data = withLineEnds(runtime.GOOS, data)
	}
	if o.force {
		return replaceFile(o.name, data, o.mode)
	}
	return createFile(o.name, data, o.mode)
}

// withLineEnds gives text the line ends of a system. Notepad shows text without
// carriage returns as one line before Windows 10 1809, so on Server 2016 still
// (https://devblogs.microsoft.com/commandline/extended-eol-in-notepad/).
func withLineEnds(goos string, text []byte) []byte {
	if goos != "windows" {
		return text
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}

// createFile writes a file that must not exist yet. The name is taken first,
// so that of two writers one is refused; the file is whole or not there.
func createFile(name string, data []byte, mode fs.FileMode) error {
	f, err := openFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if errors.Is(err, fs.ErrExist) {
		return usageError{fmt.Errorf("%s exists already", name)}
	}
	if err != nil {
		return usageError{fmt.Errorf("writing a file: %w", err)}
	}
	err = f.Close()
	if err == nil {
		err = replaceFile(name, data, mode)
	}
	if err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

// replaceFile puts a new file in the place of another, or where none is, in
// one step. When it fails, nothing has changed and nothing is left behind.
func replaceFile(name string, data []byte, mode fs.FileMode) error {
	beside := filepath.Join(filepath.Dir(name), ".palmail-"+rand.Text()+".tmp")
	f, err := openFile(beside, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return usageError{fmt.Errorf("writing a file: %w", err)}
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync() // a full disk may say so only now
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(beside, name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", name, err), os.Remove(beside))
	}
	return nil
}

// writeAsked writes a file that was asked for on a screen, which must not exist
// yet, and returns where it lies.
func writeAsked(name string, data []byte) (string, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	return path, createFile(path, data, readable)
}

// readBounded reads a file that an admin named.
func readBounded(name string, limit int) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, limit, name)
}

// readAll reads at most limit bytes and refuses more.
func readAll(r io.Reader, limit int, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if len(data) > limit {
		return nil, fmt.Errorf("reading %s: it is larger than %d bytes", name, limit)
	}
	return data, nil
}
