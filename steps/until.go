package steps

import (
	"context"
	"time"

	"palmail/diagnose"
)

// attempt is something that is asked again until it is so.
type attempt struct {
	task    string        // key and text of its line of progress, while it is tried
	done    string        // its text once it is so
	failed  string        // its text when it was given up
	note    string        // the quieter line while it waits
	limit   time.Duration // how long it is tried; then the likely mistake is named
	changed time.Time     // when the thing asked about was made or changed; zero: long ago
	try     func(context.Context) error
	// patient says whether a finding is worth waiting for; nil takes the finding's own word.
	patient func(diagnose.Finding) bool
	// hint is told once when it has been waiting for hintAfter.
	hint      string
	hintAfter time.Duration
}

// until tries until the attempt succeeds, the time is up, or waiting cannot
// help. The zero finding means success. "Not yet" and "never" look alike on
// this platform (https://github.com/microsoftgraph/msgraph-bicep-types/issues/193),
// so within the limit they are waited out, and past it the finding is made
// anew as though nothing had just been changed.
func (s *session) until(ctx context.Context, report Report, a attempt) (diagnose.Finding, error) {
	start := s.Now()
	line := Task{Key: a.task, State: Busy, Text: a.task}
	report(line)
	for wait := 2 * time.Second; ; wait = min(wait*3/2, 6*time.Second) {
		err := a.try(ctx)
		if err == nil {
			line.State, line.Text, line.Note, line.Limit = Right, a.done, "", 0
			report(line)
			return diagnose.Finding{}, nil
		}
		if ctx.Err() != nil {
			return diagnose.Finding{}, ctx.Err()
		}
		f := s.explain(err, a.changed)
		worth := f.Retry
		if a.patient != nil {
			worth = a.patient(f)
		}
		elapsed := s.Now().Sub(start)
		if !worth || elapsed+wait > a.limit {
			line.State, line.Text, line.Note, line.Limit = Wrong, a.failed, "", 0
			report(line)
			return s.explain(err, time.Time{}), nil
		}
		s.Log.Info("not yet", "task", a.task, "cause", f.Cause, "elapsed", elapsed.Round(time.Second))
		line.State, line.Note, line.Limit = Waiting, a.note, a.limit
		report(line)
		if a.hint != "" && elapsed >= a.hintAfter {
			report(Task{Key: a.task + " hint", State: Warn, Text: a.hint})
			a.hint = ""
		}
		if err := pause(ctx, wait); err != nil {
			return diagnose.Finding{}, err
		}
	}
}

// verdict turns a finding into what a page shows.
func verdict(f diagnose.Finding) Verdict {
	return Verdict{State: Wrong, Text: f.Title, Finding: &f}
}
