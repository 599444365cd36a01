package steps

import (
	"context"
	"errors"
	"time"

	"palmail/diagnose"
	"palmail/m365"
)

// pollPolicy says how often a call is repeated while a change spreads: every
// share of the time waited so far, within bounds. What is polled every share of
// the wait loses half a share on average.
type pollPolicy struct {
	share         int // 8 is an eighth
	first, widest time.Duration
}

var (
	// pollCheap is for what costs Microsoft little: a token, an object by its ID, a
	// call that is refused because it builds on an object that is not known yet. It
	// loses a sixteenth of a wait on average, and at most 2 s on average.
	//
	// It asks at most 16 times in the first 10 seconds, and 15 times a minute
	// after half a minute. Graph allows an app 3,500 resource units in 10 seconds
	// in the smallest tenant, a read by ID costs one, and it allows 3,000 writes in
	// two and a half minutes
	// (https://learn.microsoft.com/graph/throttling-limits). Microsoft names no
	// figure for the token endpoint; it answers 429 with a Retry-After of 60 s
	// (https://learn.microsoft.com/entra/msal/dotnet/advanced/client-and-server-throttling),
	// which retry keeps.
	pollCheap = pollPolicy{share: 8, first: 500 * time.Millisecond, widest: 4 * time.Second}
	// pollDear is for what asks Exchange Online, which remembers for longer what it
	// knows of an app that asks often, and allows an app 10,000 calls on a mailbox in
	// ten minutes, four at a time (the same page). It loses a tenth of a wait on average.
	pollDear = pollPolicy{share: 5, first: 750 * time.Millisecond, widest: 10 * time.Second}
)

// next is how long to wait before the next attempt.
func (p pollPolicy) next(elapsed time.Duration) time.Duration {
	return min(max(elapsed/time.Duration(p.share), p.first), p.widest)
}

// retryTask is a call that is repeated until it succeeds, with its line of progress.
type retryTask struct {
	task    string        // key and text of the line, while the call is repeated
	done    string        // its text after success
	failed  string        // its text after giving up
	note    string        // the quieter line while it waits
	limit   time.Duration // after which it gives up; zero asks once
	poll    pollPolicy    // zero: pollCheap
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
	line := Task{Key: a.task, State: Busy, Text: a.task, Limit: a.limit}
	report(line)
	for {
		err := a.try(onLine(ctx, a.task))
		if err == nil {
			line = Task{Key: a.task, State: Right, Text: a.done}
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
		wait := s.pollAfter(a, err, elapsed)
		if !worth || elapsed+wait.Duration > a.limit {
			line = Task{Key: a.task, State: Wrong, Text: a.failed}
			report(line)
			final := s.explain(err, time.Time{})
			return &final, nil
		}
		s.Log.Info("not yet", "task", a.task, "cause", f.Cause, "elapsed", elapsed.Round(time.Second))
		line.State, line.Note, line.RetryAfter = Waiting, a.note, 0
		if wait.Asked {
			line.RetryAfter = wait.Duration
		}
		report(line)
		if a.hint != "" && elapsed >= a.hintAfter {
			report(Task{Key: a.task + " hint", State: Warn, Text: a.hint})
			a.hint = ""
		}
		if err := pause(ctx, wait.Duration); err != nil {
			return nil, err
		}
	}
}

// pollAfter is the wait after a failure: as long as Microsoft asks for, or else
// by the policy. The last attempt comes when the time is up, and not before.
func (s *session) pollAfter(a retryTask, err error, elapsed time.Duration) m365.Wait {
	if a.poll == (pollPolicy{}) {
		a.poll = pollCheap
	}
	w := m365.Wait{Duration: a.poll.next(elapsed)}
	if s.everyMoment > 0 {
		w.Duration = s.everyMoment
	}
	if left := a.limit - elapsed; left > 0 {
		w.Duration = min(w.Duration, left)
	}
	var f *diagnose.Failure
	if errors.As(err, &f) && f.RetryAfter > w.Duration {
		w.Duration, w.Asked = f.RetryAfter, true
	}
	return w
}

// verdict turns a finding into what a page shows.
func verdict(f *diagnose.Finding) Verdict {
	return Verdict{State: Wrong, Text: f.Title, Finding: f}
}
