package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"

	"palmail/clean"
)

// openLog returns the log that --log asks for; without it nothing is logged.
// The file is readable by its owner only, and is appended to; one that exists and
// that others can read is used as it is, and that is said. What cannot be written,
// or is no file, is refused at once.
func (a *app) openLog() (*slog.Logger, io.Closer, error) {
	if a.log == "" {
		return slog.New(slog.DiscardHandler), io.NopCloser(nil), nil
	}
	if err := checkLogFile(a.log); err != nil {
		return nil, nil, usageError{fmt.Errorf("--log: %w", err)}
	}
	f, err := openFile(a.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, private)
	if err != nil {
		return nil, nil, usageError{fmt.Errorf("--log: %w", err)}
	}
	if othersCanRead(f) {
		fmt.Fprintf(a.err, "palmail: warning: other users of this computer can read the log %s\n", clean.Line(a.log))
	}
	log, err := a.startLog(f)
	if err != nil {
		return nil, nil, errors.Join(usageError{fmt.Errorf("--log: %w", err)}, f.Close())
	}
	return log, f, nil
}

// startLog writes the first line of a log, which shows whether the disk takes
// it. A later failure is reported when the program ends.
func (a *app) startLog(w io.Writer) (*slog.Logger, error) {
	a.logged = &countedWriter{to: w}
	log := newLog(a.logged)
	log.Info("log opened")
	return log, a.logged.failed()
}

// checkLogFile refuses what is no file of the owner's own: opening a FIFO waits
// for a reader, and a link leads to a place that somebody else chose.
func checkLogFile(name string) error {
	info, err := os.Lstat(name)
	switch {
	case err != nil:
		return nil // not there, or opening it says why it cannot be
	case info.Mode().Type() == fs.ModeSymlink:
		return fmt.Errorf("%s is a symbolic link: name the file itself", name)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a file", name)
	}
	return nil
}

// newLog writes JSON lines. Whatever looks like a secret or a token is masked,
// in case a server's answer repeats what it was sent.
func newLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
			switch v := attr.Value.Any().(type) {
			case string:
				attr.Value = slog.StringValue(clean.Masked(clean.Text(v)))
			case error:
				attr.Value = slog.StringValue(clean.Masked(clean.Text(v.Error())))
			}
			return attr
		},
	}))
}
