package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"palmail/clean"
	"palmail/wizard"
)

// streams are where the program reads and writes.
type streams struct {
	in       *os.File
	out, err io.Writer
	// outFile is out when it is a file, which may be a terminal.
	outFile *os.File
	env     []string
	// keyring is where setups are kept instead of in the system's, for tests.
	keyring keeper
	// work is what a passphrase's key takes instead of transfer.Work, for tests.
	work int
}

func standard() streams {
	return streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, outFile: os.Stdout, env: os.Environ()}
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
	if a.plain || a.getenv("TERM") == "dumb" {
		return true
	}
	switch strings.ToLower(a.getenv("ACCESSIBLE")) {
	case "", "0", "false", "no":
		return false
	}
	return true
}

// interrupted says whether err means that the admin or the system ended the program.
func interrupted(ctx context.Context, err error) bool {
	return errors.Is(err, wizard.ErrInterrupted) || ctx.Err() != nil && errors.Is(err, context.Canceled)
}

// printError writes an error for people, without control characters or secrets.
func printError(w io.Writer, err error) {
	var coded codeError
	if errors.As(err, &coded) && coded.error == nil {
		return
	}
	if errors.Is(err, wizard.ErrInterrupted) || errors.Is(err, context.Canceled) {
		return
	}
	var usage usageError
	text := clean.Masked(clean.Text(err.Error()))
	_, _ = fmt.Fprintf(w, "palmail: %s\n", strings.TrimSpace(text))
	if errors.As(err, &usage) || strings.HasPrefix(text, "unknown command") {
		_, _ = fmt.Fprintln(w, "palmail: hint: palmail --help lists the commands and flags")
	}
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
