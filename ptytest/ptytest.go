// Package ptytest runs a program on a terminal and reads its screen, for tests
// from end to end. The terminal is a real pty; what the program writes is
// painted by an emulator, which also answers its questions. Waiting is for
// what the screen shows, never for time to pass.
package ptytest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
)

// Limit is how long the terminal waits for something before the test fails. The
// race detector makes what computes ten and more times slower: a key from a
// passphrase takes half a minute then on a machine that has other work.
const Limit = 60 * time.Second * slower

// Command is what to run, and on what window.
type Command struct {
	Path string // of the program
	Args []string
	Env  []string // all of it; TERM is xterm-256color when it does not say
	Dir  string
	// Cols and Rows are the window's size, 80 and 24 when zero.
	Cols, Rows int
	// Kept bounds what Raw returns, in bytes; 0 keeps everything.
	Kept int
}

// Terminal is a program at work on a terminal.
type Terminal struct {
	t      testing.TB
	cmd    *exec.Cmd
	master *os.File
	keys   *keyboard
	ping   chan struct{} // something was written
	done   chan struct{} // the program has ended, and all it wrote is painted

	mu      sync.Mutex // guards the emulator and what follows
	em      *vt.Emulator
	raw     bytes.Buffer
	kept    int
	written int
	hungUp  bool
}

// Start runs c on a terminal. Where there are no terminals to be had it skips
// the test, or fails it when PALMAIL_PTY_TESTS=require is in the environment.
// The program is killed at the end of the test if it still runs.
func Start(t testing.TB, c Command) *Terminal {
	t.Helper()
	if c.Cols == 0 {
		c.Cols, c.Rows = 80, 24
	}
	s := &Terminal{
		t: t, em: vt.NewEmulator(c.Cols, c.Rows), keys: newKeyboard(), kept: c.Kept,
		ping: make(chan struct{}, 1), done: make(chan struct{}),
	}
	s.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), c.Path, c.Args...) // ended by the clean-up
	s.cmd.Env, s.cmd.Dir = append([]string{"TERM=xterm-256color"}, c.Env...), c.Dir
	master, err := pty.StartWithSize(s.cmd, &pty.Winsize{Cols: uint16(c.Cols), Rows: uint16(c.Rows)})
	if err != nil {
		if os.Getenv("PALMAIL_PTY_TESTS") == "require" {
			t.Fatalf("no terminal: %v", err)
		}
		t.Skip("no pseudo terminal is to be had here (creack/pty knows none for Windows):", err)
	}
	if s.master, err = pollable(master); err != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() { // the terminal's answers to the program's questions
		_, _ = io.Copy(s.keys, answers{s.em})
	})
	all.Go(func() { s.keys.typeInto(s.master) })
	all.Go(s.paint)
	t.Cleanup(func() {
		select {
		case <-s.done:
		default:
			_ = s.cmd.Process.Kill()
		}
		s.keys.end()
		s.Hangup()
		<-s.done
		// Not em.Close, which races with the goroutine that reads the answers.
		_ = s.em.InputPipe().(io.Closer).Close()
		all.Wait()
	})
	return s
}

// answers reads from the emulator without its lock, as it must be: it writes
// an answer while it is being written to, and waits until that is read.
type answers struct{ em *vt.Emulator }

func (a answers) Read(b []byte) (int, error) { return a.em.Read(b) }

// paint paints what the program writes until it has ended.
func (s *Terminal) paint() {
	defer close(s.done)
	buf := make([]byte, 64<<10)
	for {
		n, err := s.master.Read(buf)
		if n > 0 {
			s.mu.Lock()
			s.written += n
			s.raw.Write(buf[:n])
			if over := s.raw.Len() - s.kept; s.kept > 0 && over > 0 {
				s.raw.Next(over)
			}
			s.feed(buf[:n])
			s.mu.Unlock()
			select {
			case s.ping <- struct{}{}:
			default:
			}
		}
		if err != nil { // EIO on Linux when the program has ended
			_ = s.cmd.Wait()
			return
		}
	}
}

// feed paints b, one escape sequence after the other, so that one which the
// emulator cannot take does not take the rest with it.
func (s *Terminal) feed(b []byte) {
	for len(b) > 0 {
		n := 1 + bytes.IndexByte(b[1:], '\x1b')
		if n == 0 {
			n = len(b)
		}
		s.feedOne(b[:n])
		b = b[n:]
	}
}

// feedOne paints b. The emulator panics on some moves outside of a window that
// has just become smaller; a terminal ignores those.
func (s *Terminal) feedOne(b []byte) {
	defer func() {
		if r := recover(); r != nil {
			s.t.Logf("the emulator could not paint all: %v", r)
		}
	}()
	_, _ = s.em.Write(b)
}

// Text returns what the screen shows, without colours, a line for each row.
func (s *Terminal) Text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return ansi.Strip(s.em.Render())
}

// Raw returns every byte the program has written, or the last of them when
// Command.Kept bounds it.
func (s *Terminal) Raw() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.raw.Bytes())
}

// Written returns how many bytes the program has written.
func (s *Terminal) Written() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.written
}

// AltScreen says whether the program draws on the alternate screen.
func (s *Terminal) AltScreen() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.em.IsAltScreen()
}

// CursorHidden says whether the cursor is hidden.
func (s *Terminal) CursorHidden() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.em.CursorHidden()
}

// Until waits until ok holds of what the screen shows. what says in the test's
// failure what that is.
func (s *Terminal) Until(what string, ok func(screen string) bool) {
	s.t.Helper()
	if !s.Within(Limit, ok) {
		s.t.Fatalf("%s: not in %v; %s, the screen:\n%s", what, Limit, s.state(), s.Text())
	}
}

// Within says whether ok holds of what the screen shows before limit is over.
func (s *Terminal) Within(limit time.Duration, ok func(screen string) bool) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		if ok(s.Text()) {
			return true
		}
		select {
		case <-s.ping:
		case <-again.C: // for what does not show on the screen
		case <-s.done:
			return ok(s.Text()) // once more, since the last was painted in between
		case <-timer.C:
			return false
		}
	}
}

func (s *Terminal) state() string {
	select {
	case <-s.done:
		return "the program has ended (" + s.cmd.ProcessState.String() + ")"
	default:
		return "the program runs"
	}
}

// Shows says whether the screen shows text, whose words may be on several lines.
func Shows(screen, text string) bool { return strings.Contains(Flat(screen), Flat(text)) }

// Flat makes one line of text, with single blanks.
func Flat(text string) string { return strings.Join(strings.Fields(text), " ") }

// Shows says whether the screen shows text, whose words may be on several lines.
func (s *Terminal) Shows(text string) bool { return Shows(s.Text(), text) }

// Want waits until the screen shows text, whose words may be on several lines.
func (s *Terminal) Want(text string) {
	s.t.Helper()
	s.Until("“"+text+"”", func(screen string) bool { return Shows(screen, text) })
}

// WantOne waits until the screen shows one of texts, and returns which.
func (s *Terminal) WantOne(texts ...string) string {
	s.t.Helper()
	found := ""
	s.Until("one of “"+strings.Join(texts, "”, “")+"”", func(screen string) bool {
		for _, text := range texts {
			if Shows(screen, text) {
				found = text
				return true
			}
		}
		return false
	})
	return found
}

// Gone waits until the screen does not show text.
func (s *Terminal) Gone(text string) {
	s.t.Helper()
	s.Until("no “"+text+"”", func(screen string) bool { return !Shows(screen, text) })
}

// Press types keys, without waiting for the program to read them.
func (s *Terminal) Press(keys string) { _, _ = s.keys.Write([]byte(keys)) }

// Coax types keys again and again until the screen shows text: a screen that
// has come by itself does not listen for a moment.
func (s *Terminal) Coax(keys, text string) {
	s.t.Helper()
	for end := time.Now().Add(Limit); time.Now().Before(end); {
		s.Press(keys)
		if s.Within(150*time.Millisecond, func(screen string) bool { return Shows(screen, text) }) {
			return
		}
	}
	s.t.Fatalf("%q does not lead to “%s”; %s, the screen:\n%s", keys, text, s.state(), s.Text())
}

// Paste pastes text as a terminal does, in brackets.
func (s *Terminal) Paste(text string) { s.Press("\x1b[200~" + text + "\x1b[201~") }

// Resize changes the window's size.
func (s *Terminal) Resize(cols, rows int) {
	s.t.Helper()
	s.mu.Lock()
	s.em.Resize(cols, rows)
	s.feed([]byte("\x1b7\x1b[r\x1b8")) // a terminal forgets its scroll region then; the emulator does not by itself
	s.mu.Unlock()
	if err := setSize(s.master, cols, rows); err != nil {
		s.t.Fatalf("resizing: %v", err)
	}
}

// Signal sends the program a signal.
func (s *Terminal) Signal(sig os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Fatalf("signal %v: %v", sig, err)
	}
}

// Hangup closes the terminal, as closing its window does.
func (s *Terminal) Hangup() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.hungUp {
		s.hungUp = true
		_ = s.master.Close()
	}
}

// PID returns the program's process number.
func (s *Terminal) PID() int { return s.cmd.Process.Pid }

// Exit waits for the program's end and returns its exit code, or, for one that
// a signal ended, 128 and the signal as a shell has it.
func (s *Terminal) Exit() int {
	s.t.Helper()
	select {
	case <-s.done:
	case <-time.After(Limit):
		s.t.Fatalf("the program has not ended in %v, the screen:\n%s", Limit, s.Text())
	}
	if ws, ok := s.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return s.cmd.ProcessState.ExitCode()
}
