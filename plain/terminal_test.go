//go:build linux

package plain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"palmail/steps"
)

// terminal is a real terminal with the plain front end on it, and the person in front of it.
type terminal struct {
	t      *testing.T
	person *os.File
	tty    *os.File
	mu     sync.Mutex
	seen   strings.Builder
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	person, tty, err := pty.Open()
	if err != nil {
		t.Skip("no pseudo terminal is to be had here (creack/pty knows none for Windows):", err)
	}
	s := &terminal{t: t, person: person, tty: tty}
	read := make(chan struct{})
	go func() {
		defer close(read)
		b := make([]byte, 4096)
		for {
			n, err := person.Read(b)
			s.mu.Lock()
			s.seen.Write(b[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = tty.Close()
		_ = person.Close()
		<-read
	})
	return s
}

func (s *terminal) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen.String()
}

// until waits for a state.
func (s *terminal) until(what string, reached func() bool) {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); !reached(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("%s did not happen; the terminal shows:\n%s", what, s.text())
		}
	}
}

func (s *terminal) sees(text string) {
	s.t.Helper()
	s.until(fmt.Sprintf("%q", text), func() bool { return strings.Contains(s.text(), text) })
}

func (s *terminal) types(text string) {
	s.t.Helper()
	if _, err := io.WriteString(s.person, text); err != nil {
		s.t.Fatal(err)
	}
}

func (s *terminal) echoes() bool {
	state, err := unix.IoctlGetTermios(int(s.tty.Fd()), unix.TCGETS)
	if err != nil {
		s.t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

func (s *terminal) options() Options {
	read, hide, restore := TerminalSecret(s.tty)
	return Options{In: s.tty, Out: s.tty, Terminal: true, ReadSecret: read, Hide: hide, Restore: restore,
		Flush: func() { FlushInput(s.tty) }}
}

func TestTerminalEchoesNoSecret(t *testing.T) {
	s := newTerminal(t)
	page := secretPage()
	page.Check = nil
	var got steps.Answers
	done := make(chan error, 1)
	go func() { done <- Run(t.Context(), s.options(), fillPage(page, &got)) }()
	s.sees("number [1]: ")
	s.types("2\n")
	s.sees("nothing shows while you type: ")
	s.until("echo off", func() bool { return !s.echoes() })
	s.types(testSecret + "\n")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	s.sees("OK: This looks like a secret.")
	if got.Secret("secret").Reveal() != testSecret || got.Get("expires") != "365 days" {
		t.Error("the answers are other ones")
	}
	if !s.echoes() {
		t.Error("the terminal's echo is still off")
	}
	for _, part := range []string{testSecret[:20], testSecret[20:], "\x1b"} {
		if strings.Contains(s.text(), part) {
			t.Errorf("%d bytes that must not be there are in:\n%q", len(part), s.text())
		}
	}
}

func TestTerminalGetsItsEchoBack(t *testing.T) {
	s := newTerminal(t)
	page := secretPage()
	page.Fields = page.Fields[1:]
	var got steps.Answers
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	o := s.options()
	read, begun, over := o.ReadSecret, make(chan struct{}), make(chan struct{})
	o.ReadSecret = func() (string, error) {
		close(begun)
		defer close(over)
		return read()
	}
	go func() { done <- Run(ctx, o, fillPage(page, &got)) }()
	<-begun
	s.until("echo off", func() bool { return !s.echoes() })
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the read holds it up")
	}
	if !s.echoes() {
		t.Error("the terminal's echo is still off")
	}
	s.types("\n") // ends the read that was left behind
	<-over        // or it would put back a terminal that has got its number
}

// What is half typed when a wait ends is dropped with the rest.
func TestTerminalDropsWhatIsTypedAhead(t *testing.T) {
	s := newTerminal(t)
	var got steps.Answers
	done, free := make(chan error, 1), make(chan struct{})
	go func() {
		done <- Run(t.Context(), s.options(), func(ctx context.Context, ui steps.UI) (err error) {
			if err := ui.Work(ctx, steps.Work{Title: "Work", Run: func(context.Context, steps.Report) error {
				<-free
				return nil
			}}); err != nil {
				return err
			}
			mailbox := steps.Field{Key: "mailbox", Label: "Email Address"}
			got, err = ui.Fill(ctx, steps.Page{Title: "Mailbox", Fields: []steps.Field{mailbox}})
			return err
		})
	}()
	s.sees("Press enter to stop and go back.")
	s.types("line\n")
	s.sees("Note: Press enter to stop and go back, or type back or leave.")
	s.types("ahead")
	s.sees("ahead")
	close(free)
	s.sees("Email Address: ")
	s.types("right@agency.gov\n")
	if err := <-done; err != nil || got.Get("mailbox") != "right@agency.gov" {
		t.Errorf("%v, the answer is %q:\n%s", err, got.Get("mailbox"), s.text())
	}
}
