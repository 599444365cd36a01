package cli

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// only checks that dir holds these files and nothing else.
func only(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, e := range entries {
		have = append(have, e.Name())
	}
	if strings.Join(have, " ") != strings.Join(want, " ") {
		t.Errorf("the directory holds %q, not %q", have, want)
	}
}

func TestOutputFile(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "report.md")
	write := func(o outputFile, text string) error { return o.write(nil, []byte(text)) }
	var usage usageError

	if err := write(outputFile{name: name, mode: private}, "one"); err != nil {
		t.Fatal(err)
	}
	if err := write(outputFile{name: name, mode: private}, "two"); !errors.As(err, &usage) {
		t.Errorf("a file that exists: %v", err)
	}
	if err := write(outputFile{name: name, mode: private, force: true}, "three"); err != nil {
		t.Error(err)
	}
	if data, err := os.ReadFile(name); err != nil || string(data) != "three" {
		t.Errorf("%q, %v", data, err)
	}
	if info, err := os.Stat(name); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != private {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	only(t, dir, "report.md")

	if err := write(outputFile{name: filepath.Join(dir, "none", "x"), mode: private}, "x"); !errors.As(err, &usage) {
		t.Errorf("a directory that is not there: %v", err)
	}
	if err := write(outputFile{name: dir, mode: private, force: true}, "x"); !errors.As(err, &usage) {
		t.Errorf("a directory in the file's place: %v", err)
	}
	var out bytes.Buffer
	if err := (outputFile{name: "-"}).write(&out, []byte("four")); err != nil || out.String() != "four" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

// A link is replaced, and what it points to stays.
func TestOutputFileThatIsALink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	writeFile(t, target, []byte("keep"))
	if err := os.Symlink(target, link); err != nil {
		t.Skip("links cannot be made here:", err)
	}
	if err := (outputFile{name: link, mode: private, force: true}).write(nil, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(target); err != nil || string(data) != "keep" {
		t.Errorf("%q, %v", data, err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() == fs.ModeSymlink {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// Where no more can be written, the command fails, a file that was there stays
// as it was, and no half of a new one is left behind.
func TestOutputOnAFullDisk(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no limit on the size of a process's files")
	}
	recipient, _ := ageKey(t)
	for name, args := range map[string][]string{
		"report": {"report"}, "limit": {"limit"}, "limit --undo": {"limit", "--undo"}, "remind": {"remind"},
		"export": {"export", "--recipient", recipient},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writeFile(t, filepath.Join(dir, "there"), []byte("keep"))
			for _, file := range []string{"new", "there"} {
				line := `ulimit -f 0; exec "$0" "$@"` // no file may grow
				full := append([]string{"-c", line, self(t), "--demo"}, args...)
				cmd := exec.CommandContext(t.Context(), "/bin/sh", append(full, "--output",
					filepath.Join(dir, file))...)
				if file == "there" {
					cmd.Args = append(cmd.Args, "--force")
				}
				cmd.Env = bareEnv(t)
				said, err := cmd.CombinedOutput()
				if code := cmd.ProcessState.ExitCode(); err == nil || code != exitFailed {
					t.Errorf("%s: ended with %d: %s", file, code, said)
				}
				if !strings.Contains(string(said), "palmail: writing ") {
					t.Errorf("%s: %s", file, said)
				}
			}
			only(t, dir, "there")
			if data, err := os.ReadFile(filepath.Join(dir, "there")); err != nil || string(data) != "keep" {
				t.Errorf("%q, %v", data, err)
			}
		})
	}
}

// An error that only carries a code can be printed like any other.
func TestCodeErrorWithoutWords(t *testing.T) {
	var none codeError
	if got := none.Error() + (codeError{code: exitSoon}).Error(); got != "exit code 0exit code 3" {
		t.Error(got)
	}
	if got := (codeError{exitFailed, errors.New("why")}).Error(); got != "why" {
		t.Error(got)
	}
}
