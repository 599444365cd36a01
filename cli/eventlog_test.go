package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"palmail/eventlog"
	"palmail/store"
)

// logged runs a command on a Windows whose Event Log answers with refused.
func logged(t *testing.T, refused error, args ...string) (code int, entries []eventlog.Entry, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = execute(context.Background(), args, streams{
		out: &out, err: &errs, goos: "windows", keyring: store.NewMemory(),
		writeEvent: func(e eventlog.Entry) error {
			entries = append(entries, e)
			return refused
		},
	})
	return code, entries, errs.String()
}

func TestEventLogEntry(t *testing.T) {
	t.Parallel()
	code, entries, _ := logged(t, nil, "status", "--eventlog")
	if code != exitUnfinished || len(entries) != 1 || entries[0].ID != exitUnfinished || !entries[0].Serious ||
		!strings.Contains(entries[0].Text, "The profile default is not set up") {
		t.Errorf("ended with %d, entries %+v", code, entries)
	}
	if _, entries, _ = logged(t, nil, "status"); len(entries) != 0 {
		t.Errorf("nobody asked for %+v", entries)
	}
}

func TestEventLogOfASecretThatExpiresSoon(t *testing.T) {
	t.Parallel()
	var got eventlog.Entry
	a := &app{flags: flags{profile: "branch"}, streams: streams{writeEvent: func(e eventlog.Entry) error {
		got = e
		return nil
	}}}
	if err := a.toEventLog("palmail check", false, codeError{code: exitSoon}); exitCode(t.Context(), err) != exitSoon {
		t.Error(err)
	}
	if got.ID != exitSoon || got.Serious || !strings.Contains(got.Text, "The profile branch has a client secret that expires") {
		t.Errorf("%+v", got)
	}
	for _, err := range []error{nil, codeError{code: exitFailed}, errors.New("x"), usageError{errors.New("x")}} {
		got = eventlog.Entry{}
		if a.toEventLog("palmail check", false, err) != err || got.ID != 0 {
			t.Errorf("%v: %+v", err, got)
		}
	}
}

// Without the entry the command fails, and says how to register the source.
func TestEventLogWithoutItsSource(t *testing.T) {
	t.Parallel()
	code, _, stderr := logged(t, eventlog.ErrNotRegistered, "status", "--eventlog")
	if code != exitFailed || !strings.Contains(stderr, "is not registered") || !strings.Contains(stderr, "New-EventLog") {
		t.Errorf("ended with %d: %s", code, stderr)
	}
}

func TestEventLogElsewhere(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"status", "check"} {
		var out, errs bytes.Buffer
		code := execute(context.Background(), []string{command, "--eventlog"}, streams{
			out: &out, err: &errs, goos: "linux", keyring: store.NewMemory(),
		})
		if code != exitUsage || !strings.Contains(errs.String(), "only Windows has an Event Log") {
			t.Errorf("%s ended with %d: %s", command, code, &errs)
		}
	}
}
