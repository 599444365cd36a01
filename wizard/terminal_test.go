package wizard

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"

	"palmail/steps"
)

// terminal is a virtual terminal with the program running on it.
type terminal struct {
	t    testing.TB
	em   *vt.SafeEmulator
	in   *feed
	ping chan struct{}
	err  chan error

	mu      sync.Mutex
	written int // bytes
	raw     bytes.Buffer
}

// feed is the terminal's keyboard: a pipe whose writer never waits, since the
// emulator stands still while its answers to queries are not taken.
type feed struct {
	mu   sync.Mutex
	more *sync.Cond
	buf  bytes.Buffer
	err  error
}

func newFeed() *feed {
	f := &feed{}
	f.more = sync.NewCond(&f.mu)
	return f
}

func (f *feed) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.more.Broadcast()
	return f.buf.Write(b)
}

func (f *feed) Read(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.buf.Len() == 0 && f.err == nil {
		f.more.Wait()
	}
	if f.buf.Len() == 0 {
		return 0, f.err
	}
	return f.buf.Read(b)
}

func (f *feed) end(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
	f.more.Broadcast()
}

// Write is the terminal's screen. Without a tty nobody makes \r\n of \n.
func (s *terminal) Write(b []byte) (int, error) {
	s.mu.Lock()
	s.written += len(b)
	s.raw.Write(b)
	s.mu.Unlock()
	_, err := s.em.Write(bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")))
	select {
	case s.ping <- struct{}{}:
	default:
	}
	return len(b), err
}

func (s *terminal) bytes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.written
}

// start runs flow behind the screens.
func start(t testing.TB, o Options, flow func(context.Context, steps.UI) error) *terminal {
	t.Helper()
	s := &terminal{t: t, em: vt.NewSafeEmulator(80, 24), ping: make(chan struct{}, 1), err: make(chan error, 1)}
	s.in = newFeed()
	drained := make(chan struct{})
	go func() { // the terminal's answers to the program's questions
		defer close(drained)
		_, _ = io.Copy(s.in, s.em)
	}()
	o.Input, o.Output, o.Width, o.Height = s.in, s, 80, 24
	if o.Env == nil {
		o.Env = append([]string{"COLORTERM=truecolor"}, utf8Env...)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.err <- Run(t.Context(), o, flow)
	}()
	t.Cleanup(func() {
		s.in.end(io.EOF)
		_ = s.em.InputPipe().(io.Closer).Close()
		<-drained
		<-ended
	})
	return s
}

func (s *terminal) text() string { return ansi.Strip(s.em.Render()) }

func (s *terminal) until(what string, ok func() bool) {
	s.t.Helper()
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	for !ok() {
		select {
		case <-s.ping:
		case <-limit.C:
			s.t.Fatalf("%s: not in two minutes; the screen:\n%s", what, s.text())
		}
	}
}

func (s *terminal) want(text string) {
	s.t.Helper()
	s.until(text, func() bool { return strings.Contains(s.text(), text) })
}

func (s *terminal) press(text string) {
	s.t.Helper()
	if _, err := io.WriteString(s.in, text); err != nil {
		s.t.Fatal(err)
	}
}

func (s *terminal) end() error {
	s.t.Helper()
	select {
	case err := <-s.err:
		return err
	case <-time.After(2 * time.Minute):
		s.t.Fatalf("the program did not end; the screen:\n%s", s.text())
		return nil
	}
}
