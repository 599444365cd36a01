package steps

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"palmail/diagnose"
	"palmail/steps/progress"
	"palmail/store"
)

// checkNames are the proofs as the check's own screen names them.
var checkNames = map[string]string{
	"network": "Network", "tenant": "Tenant", "app": "App", "secret": "Secret", "permission": "Permission",
	"mailbox": "Mailbox", "limit": "Limit",
}

// checkHere runs every check again and shows the results, as `palmail check`
// does.
func (s *session) checkHere(ctx context.Context) error {
	var r CheckReport
	copied := s.setup
	err := s.UI.Work(ctx, Work{
		Frame: s.frame("check", PhaseNone, homeHelp), Title: "Proving everything anew", Why: "Nothing is sent.",
		Run: func(ctx context.Context, report Report) error {
			for _, name := range []string{"network", "tenant", "app", "secret", "permission", "mailbox", "limit"} {
				if name != "limit" || copied.Limit.Stage == store.LimitProved {
					report(Task{Key: name, State: Busy, Text: checkNames[name]})
				}
			}
			r = checkEach(ctx, &copied, s.M365, s.Now(), func(i CheckItem) {
				if i.Name != "limit" || !i.Skipped {
					report(checkTask(i))
				}
			})
			return ctx.Err()
		},
	})
	if err != nil {
		return err
	}
	s.proved = proofs{s.Now(), r}
	return s.UI.Show(ctx, s.checkNotice(r))
}

func checkTask(i CheckItem) Task {
	t := Task{Key: i.Name, State: Right, Text: checkNames[i.Name] + ": " + i.Detail}
	switch {
	case i.Skipped:
		t.State = Unknown
	case !i.OK:
		t.State = Wrong
	}
	return t
}

// checkNotice shows the results of the checks. Of several failures it explains
// the first, since the others usually follow from it.
func (s *session) checkNotice(r CheckReport) Notice {
	n := Notice{Frame: s.frame("checked", PhaseNone, homeHelp), Title: "Every proof holds", Submit: "go back"}
	var lines []string
	for _, i := range r.Checks {
		sign := "✓ "
		switch {
		case i.Skipped:
			sign = "○ "
		case !i.OK:
			sign = "✗ "
		}
		lines = append(lines, sign+checkNames[i.Name]+": "+i.Detail)
		if i.Finding != nil && !i.OK && n.Finding == nil {
			f := explainAsChanged(*i.Finding, &s.setup)
			n.Finding = &f
		}
	}
	if !r.OK {
		n.Title = "Not every proof holds"
		if f := n.Finding; f != nil && f.Cause == diagnose.CauseUnknown {
			n.Why = "What is wrong is not known to palmail: see the server's own words."
		}
	}
	n.Text = strings.Join(lines, "\n")
	return n
}

// runChecks makes the checks, or shows recent results again.
func (s *session) runChecks(ctx context.Context, x *store.Setup, report Report) CheckReport {
	var mu sync.Mutex
	items, told := map[string]CheckItem{}, map[string]Task{}
	late, ended := false, false // the network is waited for alone; nothing is told any more
	tell := func() {
		if ended {
			return
		}
		tasks := homeTasks(items, x.Limit.Stage == store.LimitProved)
		for _, t := range tasks {
			if told[t.Key] != t {
				told[t.Key] = t
				report(t)
			}
		}
		if t := networkTask(items, tasks, late, told["network"].Key != ""); t.Key != "" && told[t.Key] != t {
			told[t.Key] = t
			report(t)
		}
	}
	show := func(i CheckItem) {
		mu.Lock()
		defer mu.Unlock()
		items[i.Name] = i
		tell()
	}
	tell()
	if s.Now().Sub(s.proved.at) < freshProofs {
		for _, i := range s.proved.report.Checks {
			show(i)
		}
		return s.proved.report
	}
	// What takes less than a second needs no line, and so the screen does not
	// depend on which of several answers came last.
	wait := time.AfterFunc(networkLineDelay, func() {
		mu.Lock()
		defer mu.Unlock()
		late = true
		tell()
	})
	r := checkEach(ctx, x, s.M365, s.Now(), show)
	wait.Stop()
	mu.Lock()
	ended = true
	mu.Unlock()
	if ctx.Err() == nil {
		s.proved = proofs{s.Now(), r}
	}
	return r
}

// networkLineDelay is how long the network's check can last without a line of its own.
const networkLineDelay = time.Second

// homeTasks are the checks as the home screen shows them. The network has no
// line of its own: when it fails, the others are not asked.
func homeTasks(items map[string]CheckItem, limited bool) []Task {
	line := func(key, busy, right, failed string, names ...string) Task {
		t := Task{Key: key, State: Right, Text: right}
		for _, n := range names {
			i, ok := items[n]
			switch {
			case !ok:
				if t.State == Right {
					t.State, t.Text = Busy, busy+" …"
				}
			case i.Skipped:
				if t.State != Wrong {
					t.State, t.Text = Unknown, busy+" not asked"
				}
			case !i.OK:
				t.State, t.Text = Wrong, failed
			}
		}
		return t
	}
	send := line("permission", "Mail.Send", "Mail.Send granted", "Mail.Send not granted", "permission")
	if limited {
		send = line("permission", "Mail.Send", "Limited to this mailbox", "The limit does not hold", "permission",
			"limit")
	}
	return []Task{
		line("app", "Tenant and app", "Tenant and app found", "Tenant or app not found", "tenant", "app"),
		line("secret", "Secret", "Secret works", "Secret does not work", "secret"),
		send,
		line("mailbox", "Mailbox", "Mailbox may be sent from", "Mailbox cannot be sent from", "mailbox"),
	}
}

// networkTask is the line of the network, which comes up only where it is waited
// for alone, and stays then; the zero Task else.
func networkTask(items map[string]CheckItem, others []Task, late, shown bool) Task {
	const key = "network"
	network, answered := items[key]
	_, tenantAnswered := items["tenant"]
	waiting := !answered || !tenantAnswered
	busy := slices.ContainsFunc(others, func(t Task) bool { return t.State == Busy })
	switch {
	case !shown && (!late || busy || !waiting):
		return Task{}
	case waiting:
		return Task{Key: key, State: Busy, Text: "Microsoft's servers …"}
	case network.OK:
		return Task{Key: key, State: Right, Text: "Microsoft's servers reached"}
	}
	return Task{Key: key, State: Wrong, Text: "Not all of Microsoft's servers reached"}
}

// mendingAction is the key of the action that mends a failed check, "" where none does.
func (s *session) mendingAction(i CheckItem) string {
	switch i.Name {
	case "secret":
		if progress.Rotating(&s.setup) {
			return actionFinish
		}
		return actionRenew
	case "limit":
		return actionLimit
	case "app", "permission", "mailbox", "tenant":
		if s.setup.LimitedByExchange && i.Name == "mailbox" {
			return actionLimit
		}
		if i.Finding != nil && offline(*i.Finding) || i.Finding != nil && i.Finding.Retry &&
			i.Finding.Cause != diagnose.CauseMailSendNotGranted {
			return ""
		}
		return actionChange
	}
	return ""
}
