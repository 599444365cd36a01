package cli

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"palmail/clean"
)

// openLog returns the log that --log asks for; without it nothing is logged.
// The file is readable by its owner only, and is appended to; one that exists and
// that others can read is used as it is, and that is said.
func (a *app) openLog() (*slog.Logger, io.Closer, error) {
	if a.log == "" {
		return slog.New(slog.DiscardHandler), io.NopCloser(nil), nil
	}
	f, err := openFile(a.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, private)
	if err != nil {
		return nil, nil, usageError{fmt.Errorf("--log: %w", err)}
	}
	if othersCanRead(f) {
		fmt.Fprintf(a.err, "palmail: warning: other users of this computer can read the log %s\n", clean.Line(a.log))
	}
	return newLog(f), f, nil
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
