package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// onFull runs a command whose standard output is a full disk.
func onFull(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no full device: ", err)
	}
	defer full.Close()
	in, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var said1 bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	code = execute(ctx, args, streams{in: in, out: full, err: &said1, env: os.Environ()})
	return code, said1.String()
}

// Output that a full disk does not take is a failure of every command that writes.
func TestStandardOutputIsFull(t *testing.T) {
	text := filepath.Join(t.TempDir(), "error.txt")
	if err := os.WriteFile(text, []byte("AADSTS7000215: Invalid client secret provided."), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"explain", text}, {"explain", text, "--json"}, {"version"}, {"status", "--demo"}, {"status", "--demo", "--json"},
		{"report", "--demo"}, {"check", "--demo", "--weather", "calm"}, {"completion", "bash"},
	} {
		code, said := onFull(t, args...)
		if code != exitFailed || !strings.Contains(said, "write /dev/full: ") {
			t.Errorf("%v: exit code %d, %q", args, code, said)
		}
	}
}

// A log that cannot be written or that is no file is refused at once, with the
// code of wrong usage.
func TestLogThatCannotBeWritten(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("FIFOs and links are other things there")
	}
	dir := t.TempDir()
	link, own := filepath.Join(dir, "link"), filepath.Join(dir, "own")
	if err := os.WriteFile(own, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(own, link); err != nil {
		t.Fatal(err)
	}
	fifo := makeFIFO(t, dir)
	for name, want := range map[string]string{
		link: "is a symbolic link", fifo: "is not a file", dir: "is not a file",
		"/dev/full": "is not a file", filepath.Join(dir, "none", "log"): "no such file",
	} {
		a := &app{flags: flags{log: name}}
		_, _, err := a.openLog()
		if err == nil || !strings.Contains(err.Error(), want) || exitCode(t.Context(), err) != exitUsage {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := &app{flags: flags{log: own}, streams: streams{err: io.Discard}}
	log, file, err := a.openLog()
	if err != nil {
		t.Fatal(err)
	}
	log.Info("hello")
	_ = file.Close()
	if text, _ := os.ReadFile(own); !bytes.Contains(text, []byte("hello")) {
		t.Errorf("%q", text)
	}
	log.Info("the file is closed by now")
	var said bytes.Buffer
	a.err = &said
	if code := a.notWritten(&countedWriter{}, exitDone); code != exitFailed || !strings.Contains(said.String(), "the log") {
		t.Errorf("exit code %d, %q", code, said.String())
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer full.Close()
	if _, err := a.startLog(full); err == nil {
		t.Error("a full disk was not noticed")
	}
}
