package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// freeOutput says at once, before anybody has typed a passphrase, that the file
// named by --output is there already.
func freeOutput(name string, force bool) error {
	if name == "-" || force {
		return nil
	}
	if _, err := os.Lstat(name); err == nil {
		return usageError{fmt.Errorf("--output: %s exists already; --force replaces it", name)}
	}
	return nil
}

// writeOutput writes data to the file named by --output, which must not exist
// yet unless force is set; "-" is standard output. The file is whole or not there.
func (a *app) writeOutput(name string, data []byte, mode fs.FileMode, force bool) error {
	if name == "-" {
		_, err := a.out.Write(data)
		return err
	}
	if force {
		return replaceFile(name, data, mode)
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if errors.Is(err, fs.ErrExist) {
		return usageError{fmt.Errorf("--output: %s exists already; --force replaces it", name)}
	}
	if err != nil {
		return usageError{fmt.Errorf("--output: %w", err)}
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", name, err), os.Remove(name))
	}
	return nil
}

// replaceFile puts a new file in the place of another in one step.
func replaceFile(name string, data []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".palmail-*") // readable by its owner only
	if err != nil {
		return usageError{fmt.Errorf("--output: %w", err)}
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Close(), os.Chmod(f.Name(), mode))
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", name, err), os.Remove(f.Name()))
	}
	return nil
}
