package cli

import (
	"errors"
	"fmt"
	"io"
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

// writeAsked writes a file that was asked for on a screen, which must not exist
// yet, and returns where it lies.
func writeAsked(name string, data []byte) (string, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) //nolint:gosec // it holds no secret, and is meant to be read by others
	if err != nil {
		return "", err
	}
	if _, err := f.Write(data); err != nil {
		_ = f.Close()
		return "", err
	}
	return path, f.Close()
}
