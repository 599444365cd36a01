package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/term"

	"palmail/charset"
	"palmail/console"
	"palmail/eventlog"
	"palmail/wizard"
)

// streams are where the program reads and writes.
type streams struct {
	in       *os.File
	out, err io.Writer
	// outFile is out when it is a file, which may be a terminal.
	outFile *os.File
	env     []string
	// goos is the system, as in runtime.GOOS: help and remedies speak its language.
	goos string
	// window is the window of out.
	window console.Window
	// keyring is where setups are kept instead of in the system's, for tests.
	keyring keeper
	// writeEvent writes to the Event Log instead of the system's, for tests.
	writeEvent func(eventlog.Entry) error
	// work is what a passphrase's key takes instead of transfer.Work, for tests.
	work int
}

// countedWriter keeps the first error of what it writes to.
type countedWriter struct {
	to  io.Writer
	mu  sync.Mutex
	err error
}

// Write implements io.Writer.
func (c *countedWriter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	if err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.err == nil {
			c.err = err
		}
	}
	return n, err
}

func (c *countedWriter) failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func standard() streams {
	return streams{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, outFile: os.Stdout, env: os.Environ(), goos: runtime.GOOS,
		window: console.Look(os.Stdout, wizard.Signs()),
	}
}

func (s streams) getenv(name string) string {
	value := ""
	for _, e := range s.env {
		if k, v, ok := strings.Cut(e, "="); ok && k == name {
			value = v
		}
	}
	return value
}

// inTerminal and outTerminal look at both sides, because the screens need
// both: with only one of them they would wait where nobody sees it.
func (s streams) inTerminal() bool { return s.in != nil && term.IsTerminal(int(s.in.Fd())) }

func (s streams) outTerminal() bool {
	return s.outFile != nil && term.IsTerminal(int(s.outFile.Fd()))
}

// wantsLines says whether to ask line by line instead of on screens.
func (a *app) wantsLines() bool {
	return a.plain || a.getenv("TERM") == "dumb" || console.SwitchedOn(a.getenv("ACCESSIBLE"))
}

// text is standard input as UTF-8: files and pipes of Windows come in other
// encodings too. A terminal's input has been converted by the system.
func (s streams) text() io.Reader {
	if s.inTerminal() {
		return s.in
	}
	return charset.Reader(s.in)
}

// readLine reads one line of standard input, at most 4 KiB, until ctx ends.
// The read itself cannot be interrupted; when ctx ends first it is left
// behind, and ends with the program.
func (a *app) readLine(ctx context.Context) (string, error) {
	type result struct {
		line string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := bufio.NewReader(io.LimitReader(a.text(), 4<<10)).ReadString('\n')
		if err == io.EOF && line != "" {
			err = nil
		}
		done <- result{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-done:
		if r.err != nil {
			return "", fmt.Errorf("reading standard input: %w", r.err)
		}
		return r.line, nil
	}
}
