package lives

import (
	"context"
	"maps"
	"strings"

	"palmail/sandbox"
	"palmail/steps"
)

// portal does the administrator's part in Microsoft's portal.
type portal struct {
	l *life
	p *process
}

// Options implements steps.Portal.
func (t portal) Options(screen string, have map[string]string) []steps.Practice {
	if screen == "test" || screen == "tenant" || strings.HasPrefix(screen, "sign-in") || screen == "arrived" ||
		screen == "rotate-sends" {
		return nil
	}
	do := func(label string, m sandbox.Mistake) steps.Practice {
		return steps.Practice{Label: label, Do: func(context.Context) (map[string]string, string, error) {
			return t.act(screen, m, maps.Clone(have))
		}}
	}
	all := []steps.Practice{do(doItRight, "")}
	for _, m := range t.l.tenant.Mistakes(screen) {
		all = append(all, do(string(m), m))
	}
	return all
}

// act does something in the portal, in the administrator's own way: the
// description that they type is not always the one that palmail proposes.
func (t portal) act(screen string, m sandbox.Mistake, have map[string]string) (map[string]string, string, error) {
	l := t.l
	if d := have["description"]; screen == "secret" && d != "" {
		if l.pick(t.p.name+"/"+t.p.calls.next("describes"), 0.3, "otherwise") != "" {
			have["description"] = "mail for the portal"
		}
	}
	if m != "" {
		l.excuse("secrets", "made a mistake in the portal")
	}
	if m == sandbox.OtherRow || m == sandbox.NotSaved {
		l.excuse("pal", "deleted the other row")
	}
	before := map[string]bool{}
	for _, a := range l.tenant.Apps() {
		for _, s := range a.Secrets {
			before[s.ID] = true
		}
	}
	l.ledger.absorb(palmail)
	fill, said, err := l.tenant.Practice(screen, m, have)
	l.ledger.absorb(byHand)
	if value := fill["secret"]; len(value) >= 28 {
		for _, a := range l.tenant.Apps() {
			for _, s := range a.Secrets {
				if !before[s.ID] && strings.HasPrefix(value, s.Hint) {
					l.ledger.made(value, s.ID)
				}
			}
		}
	}
	return fill, said, err
}
