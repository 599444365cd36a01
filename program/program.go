// Package program finds programs to start, by their full path.
//
// It is a package of its own because the desktop and the wire both start
// programs, and neither must start one that lies planted in the current
// directory, where os/exec stops at it and Windows' own search begins.
package program

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
)

// ErrNotFound means that no program of that name is in a directory of PATH.
var ErrNotFound = errors.New("no such program on this computer")

// Find returns the full path of a program in the directories of PATH; an entry
// that is relative to the current directory, or empty, is passed over. On Windows
// the endings of PATHEXT are tried. A name that is a path already must be a full one.
func Find(name string) (string, error) {
	if filepath.Base(name) != name {
		if !filepath.IsAbs(name) {
			return "", ErrNotFound
		}
		return found(exec.LookPath(name))
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", ErrNotFound
}

func found(path string, err error) (string, error) {
	if err != nil {
		return "", ErrNotFound
	}
	return path, nil
}

// Environment returns the environment for a program that is started: as it is
// here, and on Windows with the wish that it, too, finds nothing in the current
// directory. az is a batch file, whose cmd.exe looks there first for all that it
// starts (https://learn.microsoft.com/windows/win32/api/processenv/nf-processenv-needcurrentdirectoryforexepathw).
func Environment() []string { return append(os.Environ(), "NoDefaultCurrentDirectoryInExePath=1") }
