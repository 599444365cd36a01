package lives

import (
	"context"
	"fmt"
	"time"

	"palmail/clean"
	"palmail/sandbox"
	"palmail/steps"
	"palmail/steps/progress"
	"palmail/store"
)

// mostVisits is how many times a life's administrator comes to palmail at most.
const mostVisits = 9

func (l *life) visitOdds(v int) float64 {
	if v <= 3 {
		return 1
	}
	return 0.6
}

// visitKinds are what an administrator comes for.
func visitKinds(v int) []string {
	if v == 1 {
		return []string{"wizard"}
	}
	return append(times(3, "wizard", "rotate"), "rotate", "limit", "undo limit", "undo", "revoke", "check", "send", "status",
		"report", "forget", "move", "test", "pal", "change", "given")
}

// visit is one time that somebody starts palmail.
func (l *life) visit(name, kind string) {
	l.visits++
	if d := l.pick(name+"/after", 0.8, times(2, "1m", "20m", "3h", "40h", "2000h", "4000h", "20000h")...); d != "" {
		wait, _ := time.ParseDuration(d)
		time.Sleep(wait)
	}
	for i := 1; i <= 2; i++ {
		l.colleague(fmt.Sprintf("%s/colleague %d", name, i), 0.25, "")
	}
	l.tenant.SetWeather(weatherNamed(l.pick(name+"/weather", 0.6, "usual", "rough", "slow", "very slow", "throttled")))
	l.say("%s: palmail %s", name, kind)
	before := l.known()
	l.start(name, kind)
	l.judgeVisit(before)
}

func weatherNamed(name string) sandbox.Weather {
	w, _ := sandbox.WeatherNamed(name)
	switch name {
	case "slow":
		w = sandbox.Usual()
		w.AppDelay, w.SecretDelay, w.ConsentDelay = 35*time.Second, 50*time.Second, 80*time.Second
		w.Flapping = true
		w.ExchangeDelay, w.ExchangeDelayActive = 30*time.Minute, 2*time.Hour
	case "very slow":
		w = sandbox.Usual()
		w.Latency = 900 * time.Millisecond
		w.AppDelay, w.SecretDelay, w.ConsentDelay = 4*time.Minute, 2*time.Minute, 8*time.Minute
	case "throttled":
		w = sandbox.Usual()
		w.ThrottleEvery, w.ThrottleSeconds = 4, 12
	}
	return w
}

// judgeVisit judges what a visit has left behind.
func (l *life) judgeVisit(before known) {
	l.ledger.absorb(palmail)
	l.judgeKnowledge(before, l.known())
	if x, ok := l.record(); ok {
		l.cover.add(l.cover.Stages, stageName(&x))
	}
}

func stageName(x *store.Setup) string {
	name := "next " + string(progress.Next(x))
	if progress.Rotating(x) {
		name += ", rotating"
	}
	if x.Limit.Stage != "" {
		name += ", limit " + x.Limit.Stage
	}
	if x.Intent.Kind != "" {
		name += ", intent " + x.Intent.Kind
	}
	if !x.Old.Value.IsZero() {
		name += ", old secret"
	}
	return name
}

// start runs palmail once, and again where it dies and the person comes back at once.
func (l *life) start(name, kind string) {
	for life := 1; life <= 4; life++ {
		started := name
		if life > 1 {
			started = fmt.Sprintf("%s start %d", name, life)
		}
		p := l.open(started, kind)
		l.run(p, kind)
		if wait := l.limitWaits(kind); wait && life < 4 && l.violation() == nil && !p.isDead() {
			time.Sleep(150 * time.Minute)
			continue
		}
		again := p.isDead() && l.pick(started+"/comes back", 0.8, "at once") != ""
		if kind != "wizard" && kind != "rotate" && kind != "limit" || !again || l.violation() != nil {
			return
		}
	}
}

// limitWaits says whether the administrator comes back for a limit once Exchange
// has had its time.
func (l *life) limitWaits(kind string) bool {
	x, ok := l.record()
	return ok && kind == "limit" && (x.Limit.Stage == store.LimitGranted || x.Limit.Stage == store.LimitAlone)
}

// open starts a process of palmail.
func (l *life) open(name, kind string) *process {
	ctx, p := l.newProcess(context.Background(), name)
	h := &person{l: l, p: p, goal: kind, done: map[string]bool{}, watch: &watch{p: p}}
	p.ui, p.person, p.ctx = h, h, ctx
	if kind == "given" {
		p.given = steps.Given{
			Mailbox: "noreply@" + l.tenant.Domain(), PALURL: "https://pal." + l.tenant.Domain() + "/app",
			To: "admin@" + l.tenant.Domain(),
		}
	}
	l.mu.Lock()
	l.processes = append(l.processes, p)
	l.mu.Unlock()
	return p
}

// current is the process whose calls are under way.
func (l *life) current() *process {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.processes) == 0 {
		return nil
	}
	return l.processes[len(l.processes)-1]
}

// close ends a process.
func (l *life) close(p *process) {
	p.end()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, x := range l.processes {
		if x == p {
			l.processes = append(l.processes[:i], l.processes[i+1:]...)
			return
		}
	}
}

// run does one visit with a process, and judges its end.
func (l *life) run(p *process, kind string) {
	defer l.close(p)
	env := l.env(p)
	var err error
	switch kind {
	case "rotate", "limit", "test", "revoke":
		env.Start = kind
		_, err = steps.Run(p.ctx, env)
	case "undo limit":
		env.Start = "limit"
		_, err = steps.Run(p.ctx, env)
	case "undo":
		l.excuse("removal", "undo")
		_, err = steps.Undo(p.ctx, env)
	case "check", "status", "report", "send", "move":
		err = l.command(p, kind)
	default:
		var end steps.End
		end, err = steps.Run(p.ctx, env)
		l.judgeRun(p, end, err)
	}
	if err != nil {
		l.say("%s ends: %v", p.name, err)
		l.watchText("the error", clean.Text(err.Error()), false) // as the command line does
	}
	if !p.hasLeft() {
		p.person.over()
	}
}

// judgeRun judges a run that says that it came to the end.
func (l *life) judgeRun(p *process, end steps.End, err error) {
	if err != nil || p.hasLeft() || progress.Next(&end.Setup) != progress.Finished {
		return
	}
	if t := end.Setup.LastTest; t.Accepted && t.Arrived == "yes" && time.Since(t.At) < time.Hour &&
		!p.person.arrived("PAL test mail "+t.Reference+"”") && p.person.calm {
		l.violate(NeverLies, "the summary says that the mail %s arrived, and it is not there", t.Reference)
	}
}

// command is what palmail does without screens.
func (l *life) command(p *process, kind string) error {
	env := l.env(p)
	x, err := p.store.Load(p.ctx, profile)
	if err != nil {
		return err
	}
	now := time.Now()
	switch kind {
	case "check":
		r := steps.Check(p.ctx, &x, env.M365, now)
		for _, item := range r.Checks {
			l.cover.finding(item.Finding)
			l.watchText("the check "+item.Name, item.Detail, false)
		}
	case "status":
		for _, st := range steps.StatusOfAll([]steps.Stored{steps.StoredAs(profile, x, nil)}, p.store.Place(), now) {
			l.watchText("the status", fmt.Sprintf("%+v", st), false)
		}
	case "report":
		l.watchText("the report", progress.ChangeRecord(&x, steps.TenantOf(&x), now), false)
	case "send":
		_, _, err = steps.SendTest(p.ctx, &x, "admin@"+l.tenant.Domain(), env.M365, now)
	case "move":
		return l.move(p, &x)
	}
	return err
}

// move takes the profile to another computer, whose keyring has nothing else.
func (l *life) move(p *process, x *store.Setup) error {
	data, err := store.EncodeProfile(x)
	if err != nil {
		return err
	}
	moved, err := store.DecodeProfile(data)
	if err != nil {
		return err
	}
	other := store.NewShared()
	m, end := other.Open(func(_, _ string, do func() error) error { return do() }, 0)
	defer end()
	if err := m.Save(context.Background(), profile, &moved); err != nil {
		return err
	}
	if p.isDead() {
		return errDead
	}
	l.keyring = other
	return nil
}

// bringToEnd lets a cooperative administrator finish in calm weather, and returns
// how many screens that took.
func (l *life) bringToEnd() int {
	time.Sleep(4 * time.Hour)
	l.ended = true
	screens := 0
	why := ""
	for attempt := 1; attempt <= 3 && l.violation() == nil; attempt++ {
		p := l.open(fmt.Sprintf("end %d", attempt), "finish")
		p.calm, p.keyring, p.mortal = true, "", 0
		p.person.cooperate("the start")
		before := l.known()
		_, err := steps.Run(p.ctx, l.env(p))
		screens += p.person.since
		l.say("%s: %v", p.name, err)
		l.close(p)
		l.judgeVisit(before)
		var ok bool
		if ok, why = l.finished(); ok {
			l.judgeEnd()
			return screens
		}
		time.Sleep(4 * time.Hour)
	}
	l.violate(WayOut, "after three starts in calm weather: %s", why)
	return screens
}
