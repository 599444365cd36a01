// Package plain asks the pages of steps line by line, for screen readers, dumb
// terminals and scripts: it never moves the cursor and writes no escape sequence.
package plain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"palmail/secret"
	"palmail/steps"
)

// ErrNoAnswer is wrapped by the error of Run when the input ended before a
// question was answered. The error's text names the question, and the flag
// that answers it where there is one.
var ErrNoAnswer = errors.New("no answer")

// Options connect the plain front end to its terminal or pipe and to the desktop.
type Options struct {
	In       io.Reader
	Out      io.Writer
	Terminal bool // In is a terminal, so that what is typed is seen already
	// ReadSecret reads one line without echo; nil takes the next line of In.
	// TerminalSecret makes one.
	ReadSecret func() (string, error)
	// Hide turns the echo off before the prompt of a secret is written, so that
	// nothing of an answer that comes at once is shown; it can be nil.
	Hide func()
	// Flush drops what was typed and has not been read; it can be nil. FlushInput
	// does that for a terminal.
	Flush func()
	// Restore undoes what a ReadSecret that was left in the middle did to the
	// terminal; it can be nil.
	Restore func()
	// Copy puts text on a clipboard and returns where it went, e.g. "the
	// clipboard"; nil offers no copying.
	Copy func(ctx context.Context, text string) (string, error)
	// CopySecret is Copy for a secret, which it also has cleared; nil offers none.
	CopySecret  func(ctx context.Context, text string) (string, error)
	Open        func(ctx context.Context, url string) error // opens a browser; nil is no browser
	BrowserHere bool                                        // a browser started here is seen by the admin
	Demo        bool                                        // the practice command works
	Log         *slog.Logger                                // gets names, never answers; can be nil
	Now         func() time.Time                            // nil is time.Now
	Width       int                                         // columns to wrap at, 0 for no wrapping
}

// Run runs flow with the plain front end: the same screens as lines that
// a screen reader can read and a pipe can answer. It moves no cursor and
// writes no escape sequence.
//
// Each prompt takes one line of In. A prompt that only waits for enter takes
// an empty line or a command; when In is no terminal it leaves any other line
// to the next question, and goes on when In has ended.
//
// It returns flow's error: ctx.Err() when ctx was cancelled or the admin typed
// leave, ErrNoAnswer when In ended too early. It returns without waiting for a
// read of In that is under way, since nothing can interrupt that one; the
// goroutine that reads ends with that read.
func Run(ctx context.Context, o Options, flow func(ctx context.Context, ui steps.UI) error) error {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := &prompter{o: o, lines: startReading(o), cancel: cancel}
	defer p.lines.stop()
	p.idle = &idle{p: p}
	p.idle.start()
	err := flow(ctx, p)
	p.idle.stop()
	if err == nil {
		err = p.writeError()
	}
	return err
}

// prompter implements steps.UI with lines.
type prompter struct {
	o      Options
	lines  *lineReader
	cancel context.CancelFunc // called by leave

	mu     sync.Mutex     // reports and reminders write beside the questions
	failed error          // the first error of Out
	begun  bool           // something has been written
	hidden []secret.Value // secrets met so far; none of them gets out by accident

	idle          *idle
	lastWhere     string          // Frame.Where as last said
	helpMentioned bool            // that a question mark helps has been said
	skipped       map[string]bool // screens that went on without a line of their own since the last line
}

var _ steps.UI = (*prompter)(nil)

// hide remembers a secret, so that no text that quotes it by mistake shows it.
// Microsoft documents 16 characters as the least; what has fewer than eight
// can be an ordinary word, and is not looked for.
func (p *prompter) hide(v secret.Value) {
	if len(v.Reveal()) >= 8 {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.hidden = append(p.hidden, v)
	}
}

// unhide forgets the secret that was remembered last, if it is v.
func (p *prompter) unhide(v secret.Value) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.hidden); n > 0 && p.hidden[n-1].Equal(v) {
		p.hidden = p.hidden[:n-1]
	}
}

// writeError returns why Out could not be written to, nil if it could.
func (p *prompter) writeError() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed == nil {
		return nil
	}
	return fmt.Errorf("writing to the terminal: %w", p.failed)
}
