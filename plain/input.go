package plain

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"
)

// maxLine is how many bytes of one line are read, a thousand times more than
// any answer needs.
const maxLine = 64 << 10

// inputLine is one line as read, without its end.
type inputLine struct {
	text    string
	tooLong bool // longer than maxLine; text is empty
	err     error
}

// lineReader reads In in one goroutine, a line at a time and only when it is
// asked to: a reader that ran ahead would take the secret away from
// ReadSecret, which reads the same terminal.
type lineReader struct {
	in         *bufio.Reader
	readSecret func() (string, error)
	restore    func()
	want       chan bool      // true asks for a secret
	got        chan inputLine // of capacity one, so that the reader never waits for us
	done       chan struct{}

	flush    func()
	reading  bool // a read is under way
	returned *inputLine
}

func startReading(o Options) *lineReader {
	l := &lineReader{
		in:         bufio.NewReader(o.In),
		readSecret: o.ReadSecret,
		restore:    o.Restore,
		flush:      o.Flush,
		want:       make(chan bool),
		got:        make(chan inputLine, 1),
		done:       make(chan struct{}),
	}
	go func() {
		defer close(l.done)
		for hidden := range l.want {
			l.got <- l.read(hidden)
		}
	}()
	return l
}

// stop ends the reading goroutine and waits for it, unless it is in a read: a
// read of a terminal or a pipe cannot be interrupted, so that goroutine ends
// with the read or the program.
func (l *lineReader) stop() {
	close(l.want)
	if !l.reading {
		<-l.done
	}
	if l.restore != nil { // also where the echo was turned off and no read begun
		l.restore()
	}
}

// next returns the next line. When an earlier call was cancelled during its
// read, that read's line is the next one.
func (l *lineReader) next(ctx context.Context, hidden bool) (inputLine, error) {
	if err := ctx.Err(); err != nil {
		return inputLine{}, err
	}
	if l.returned != nil {
		line := *l.returned
		l.returned = nil
		return line, nil
	}
	if !l.reading {
		l.reading = true
		l.want <- hidden
	}
	select {
	case line := <-l.got:
		l.reading = false
		return line, nil
	case <-ctx.Done():
		return inputLine{}, ctx.Err()
	}
}

// discard drops what was typed before now. Only the end of the input is kept.
func (l *lineReader) discard() {
	if l.flush != nil {
		l.flush()
	}
	if !l.reading {
		return
	}
	select {
	case line := <-l.got:
		l.reading = false
		if line.err != nil {
			l.putBack(line)
		}
	default:
	}
}

// putBack puts a line back for the next question.
func (l *lineReader) putBack(line inputLine) { l.returned = &line }

func (l *lineReader) read(hidden bool) inputLine {
	if !hidden || l.readSecret == nil {
		return l.line()
	}
	text, err := l.readSecret()
	if len(text) > maxLine {
		return inputLine{tooLong: true}
	}
	return inputLine{text: text, err: err}
}

// line reads up to the line's end, and keeps no more than maxLine of it.
func (l *lineReader) line() inputLine {
	var text []byte
	long := false
	for {
		part, err := l.in.ReadSlice('\n')
		if !long {
			text = append(text, part...)
			long = len(text) > maxLine+len("\r\n")
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if long {
			return inputLine{tooLong: true}
		}
		if err != nil && (!errors.Is(err, io.EOF) || len(text) == 0) {
			return inputLine{err: err}
		}
		return inputLine{text: strings.TrimRight(string(text), "\r\n")}
	}
}

// TerminalSecret returns what reads one line of a terminal without echo for
// Options.ReadSecret, what turns the echo off before the prompt is written
// for Options.Hide, and what turns it on again for good for
// Options.Restore. A reader that was left behind turns nothing off any
// more: that is why it is not term.ReadPassword, which does so by itself.
func TerminalSecret(terminal *os.File) (read func() (string, error), hide, restore func()) {
	fd := int(terminal.Fd())
	var mu sync.Mutex
	var before *term.State // while the echo is off
	ended := false
	show := func() {
		if before != nil {
			_ = term.Restore(fd, before)
			before = nil
		}
	}
	turnOff := func() error {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case ended:
			return io.EOF
		case before != nil:
			return nil
		}
		was, err := term.GetState(fd)
		if err == nil {
			err = echoOff(fd)
		}
		if err == nil {
			before = was
		}
		return err
	}
	restore = func() {
		mu.Lock()
		defer mu.Unlock()
		show()
		ended = true
	}
	read = func() (string, error) {
		switch err := turnOff(); {
		case errors.Is(err, io.EOF):
			return "", err
		case err != nil:
			return "", fmt.Errorf("turning the terminal's echo off: %w", err)
		}
		defer func() {
			mu.Lock()
			defer mu.Unlock()
			show()
		}()
		return lineOf(terminal)
	}
	return read, func() { _ = turnOff() }, restore
}

// lineOf reads up to the line's end, a byte at a time, since what comes after
// it is the answer to another question. It keeps no more than makes it too long.
func lineOf(r io.Reader) (string, error) {
	var line []byte
	for b := make([]byte, 1); ; {
		n, err := r.Read(b)
		switch {
		case n == 1 && b[0] == '\n', n == 0 && errors.Is(err, io.EOF) && len(line) > 0:
			return strings.TrimRight(string(line), "\r"), nil
		case n == 1 && len(line) <= maxLine:
			line = append(line, b[0])
		case n == 0 && err != nil:
			return "", err
		}
	}
}
