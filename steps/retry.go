package steps

import (
	"context"
	"time"

	"palmail/diagnose"
)

// retryTask is a call that is repeated until it succeeds, with its line of progress.
type retryTask struct {
	task    string        // key and text of the line, while the call is repeated
	done    string        // its text after success
	failed  string        // its text after giving up
	note    string        // the quieter line while it waits
	limit   time.Duration // after which it gives up
	changed time.Time     // when the object asked about was created or changed; zero: long ago
	try     func(context.Context) error
	// retryable says whether waiting can help; nil goes by Finding.Retry.
	retryable func(diagnose.Finding) bool
	// hint is told once when it has been waiting for hintAfter.
	hint      string
	hintAfter time.Duration
}

// retry repeats a call until it succeeds, the time is up, or waiting cannot
// help. It returns nil after success, what the last failure means after giving
// up, and an error only when ctx has ended. "Not yet" and "never" look alike on
// this platform (https://github.com/microsoftgraph/msgraph-bicep-types/issues/193),
// so within the limit both are waited out. Past it the failure is explained
// again, this time as one of an object that was changed long ago.
func (s *session) retry(ctx context.Context, report Report, a retryTask) (*diagnose.Finding, error) {
	start := s.Now()
	line := Task{Key: a.task, State: Busy, Text: a.task}
	report(line)
	for wait := 2 * time.Second; ; wait = min(wait*3/2, 6*time.Second) {
		err := a.try(ctx)
		if err == nil {
			line.State, line.Text, line.Note, line.Limit = Right, a.done, "", 0
			report(line)
			return nil, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		f := s.explain(err, a.changed)
		worth := f.Retry
		if a.retryable != nil {
			worth = a.retryable(f)
		}
		elapsed := s.Now().Sub(start)
		if !worth || elapsed+wait > a.limit {
			line.State, line.Text, line.Note, line.Limit = Wrong, a.failed, "", 0
			report(line)
			final := s.explain(err, time.Time{})
			return &final, nil
		}
		s.Log.Info("not yet", "task", a.task, "cause", f.Cause, "elapsed", elapsed.Round(time.Second))
		line.State, line.Note, line.Limit = Waiting, a.note, a.limit
		report(line)
		if a.hint != "" && elapsed >= a.hintAfter {
			report(Task{Key: a.task + " hint", State: Warn, Text: a.hint})
			a.hint = ""
		}
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// verdict turns a finding into what a page shows.
func verdict(f *diagnose.Finding) Verdict {
	return Verdict{State: Wrong, Text: f.Title, Finding: f}
}
