package steps

import (
	"context"
	"strings"

	"palmail/diagnose"
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
