// Package lives simulates administrators' lives: one seed gives one life of palmail, its tenant, its
// keyring and its people, and after every step invariants judge it.
package lives

import (
	"context"
	"fmt"
	"sync"
	"time"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/steps"
	"palmail/steps/progress"
	"palmail/store"
)

// profile is the profile that all of a life's visits work on.
const profile = "default"

// life is one simulated life. It runs in a bubble of testing/synctest, so that
// years take no time.
type life struct {
	*dice
	tenant  *sandbox.Tenant
	keyring *store.Shared
	ledger  *ledger
	pal     pal
	cover   *Coverage
	began   time.Time
	mode    string // how this administrator works: store.ModeSignIn or store.ModePortal
	temper  float64
	visits  int
	steps   int       // things that happened: screens, calls that went wrong, colleagues' acts
	changed time.Time // when somebody other than palmail changed something
	ended   bool      // the life is being brought to its end in calm weather
	excused map[string]string
	// wrongMailbox says that palmail has told the administrator that the mailbox cannot send.
	wrongMailbox bool
	story        []string // what happened, a line each

	mu        sync.Mutex
	processes []*process // that run, the newest last
	broken    *Violation
}

// pal is what PAL's form holds.
type pal struct {
	client, tenant, mailbox, secret string
}

// Result is how a life went.
type Result struct {
	Seed     uint64
	Events   []Event
	Visits   int
	Steps    int
	Screens  int // how many it took to bring the life to its end in calm weather
	Broken   *Violation
	Story    []string
	Unheard  []Event // events of a told life that never came up
	Duration time.Duration
}

// Live runs the life of a seed. It must be called in a bubble of
// testing/synctest.
func Live(seed uint64, cover *Coverage) Result { return begin(newDice(seed, nil), cover) }

// Retell runs a life in which nothing goes another way than these events say.
// It must be called in a bubble of testing/synctest.
func Retell(seed uint64, events []Event, cover *Coverage) Result {
	if events == nil {
		events = []Event{}
	}
	return begin(newDice(seed, events), cover)
}

func begin(d *dice, cover *Coverage) Result {
	l := &life{dice: d, cover: cover, began: time.Now(), keyring: store.NewShared(), excused: map[string]string{}}
	l.ledger = newLedger(l)
	l.settle()
	for v := 1; v <= mostVisits && l.violation() == nil; v++ {
		kind := l.pick(fmt.Sprintf("visit %d", v), l.visitOdds(v), visitKinds(v)...)
		if kind == "" {
			continue
		}
		l.visit(fmt.Sprintf("visit %d", v), kind)
	}
	r := Result{Seed: d.seed}
	if l.violation() == nil {
		r.Screens = l.bringToEnd()
	}
	r.Events, r.Visits, r.Steps, r.Broken, r.Story = l.events, l.visits, l.steps+len(l.events), l.violation(), l.story
	time.Sleep(5 * time.Minute) // for calls to a slow keyring that nobody waits for any more
	r.Duration = time.Since(l.began)
	for key, choice := range d.told {
		if d.decided[key] == "" {
			r.Unheard = append(r.Unheard, Event{key, choice})
		}
	}
	return r
}

// settle makes the tenant and the person.
func (l *life) settle() {
	o := sandbox.Options{
		Cloud: l.one("tenant/cloud", "commercial", "gcc-high", "gcc", "dod", "china"),
		Seed:  l.seed + 1,
	}
	o.ClockAhead = map[string]time.Duration{
		"2m ahead": 2 * time.Minute, "9m ahead": 9 * time.Minute, "9m behind": -9 * time.Minute,
	}[l.pick("tenant/clock", 0.3, "2m ahead", "9m ahead", "9m behind")]
	if l.pick("tenant/organisation", 0.2, "hostile name") != "" {
		o.Organisation = "Agency \x1b[31mof\u202e \u200bThings"
	}
	l.tenant = sandbox.New(o)
	l.tenant.Intercept(l.disturb)
	l.mode = l.one("admin/mode", store.ModeSignIn, store.ModePortal)
	l.temper = map[string]float64{"calm": 0.02, "hasty": 0.12, "restless": 0.3}[l.one("admin/temper", "calm", "hasty",
		"restless")]
	l.ledger.absorb("nobody")
	for i := 1; i <= 3; i++ {
		l.colleague(fmt.Sprintf("before/colleague %d", i), 0.3, "")
	}
	l.say("a tenant in %s, an administrator who works by %s", o.Cloud, l.mode)
}

func (l *life) say(format string, a ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.story = append(l.story, fmt.Sprintf("%-12s ", since(l.began))+fmt.Sprintf(format, a...))
}

// since is how long ago t is, in the two largest units.
func since(t time.Time) string {
	d := time.Since(t)
	if days := int(d.Hours() / 24); days > 0 {
		return fmt.Sprintf("%dd %dh", days, int(d.Hours())%24)
	}
	return d.Round(100 * time.Millisecond).String()
}

func (l *life) violation() *Violation {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.broken
}

// violate records the first invariant that does not hold.
func (l *life) violate(invariant Invariant, format string, a ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken == nil {
		l.broken = &Violation{Invariant: invariant, Detail: fmt.Sprintf(format, a...), At: time.Since(l.began)}
		l.story = append(l.story, fmt.Sprintf("%-12s BROKEN %s: %s", since(l.began), invariant, l.broken.Detail))
	}
}

// excuse says that a later state is the administrator's own wish.
func (l *life) excuse(what, why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.excused[what] = why
}

func (l *life) isExcused(what string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.excused[what] != ""
}

// record is what the keyring holds, whatever its weather; false for nothing.
func (l *life) record() (store.Setup, bool) {
	m, end := l.keyring.Open(func(_, _ string, do func() error) error { return do() }, 0)
	defer end()
	x, err := m.Load(context.Background(), profile)
	return x, err == nil
}

// env is what one process of palmail stands on.
func (l *life) env(p *process) steps.Env {
	return steps.Env{
		UI: p.ui, Store: p.store, Memory: func() steps.Store { return l.goneOn(p) },
		M365: m365.Options{Transport: p.wire, Now: time.Now}, Profile: profile, Portal: portal{l, p}, Now: time.Now,
		Log:   p.log(),
		Given: p.given,
		WriteFile: func(name string, data []byte) (string, error) {
			l.watchText("the file "+name, string(data), false)
			return "/tmp/" + name, nil
		},
	}
}

// goneOn is where palmail goes on when the keyring cannot be used; what it does
// then is no longer known to the record.
func (l *life) goneOn(p *process) steps.Store {
	l.excuse("record", "goes on in memory")
	m, end := store.NewShared().Open(func(_, _ string, do func() error) error { return p.alive(do) }, 0)
	p.onEnd = append(p.onEnd, end)
	p.inMemory = true
	return m
}

// finished says whether the record and the tenant are both where the
// administrator wants them.
func (l *life) finished() (bool, string) {
	x, ok := l.record()
	switch {
	case !ok:
		return false, "there is no record"
	case progress.Rotating(&x):
		return false, "a new secret waits"
	case progress.Next(&x) != progress.Finished:
		return false, "the record waits for " + progress.NextTitle(&x)
	case !progress.Alive(x.Secret, time.Now()):
		return false, "the secret has expired"
	}
	if why := l.cannotSend(l.pal); why != "" {
		return false, "PAL cannot send: " + why
	}
	return true, ""
}
