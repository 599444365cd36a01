package steps

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"palmail/clean"
	"palmail/m365"
	"palmail/sandbox"
	"palmail/secret"
	"palmail/store"
)

// turn is what a scripted admin does on a screen.
type turn struct {
	fill     map[string]string
	practice string // label of a practice option to use
	action   string
	pick     int
	back     bool
	leave    bool
	do       func() // something that happens meanwhile
}

// script is the third implementation of UI: a person who follows a script and
// does it right, by the practice key, where the script says nothing.
type script struct {
	t     *testing.T
	turns map[string][]turn
	leave context.CancelFunc
	// device is told the code of a sign-in and where to type it.
	device func(code, url string)

	silence *silence // looks for waits that no task line explains

	mu      sync.Mutex
	seen    []string // names of screens in order
	tasks   []Task
	verdict []Verdict // of fields and checks that were not right
	notices map[string]Notice
	choices map[string]Choice
	pages   map[string]Page
}

func newScript(t *testing.T) *script {
	return &script{
		t: t, silence: newSilence(t), turns: map[string][]turn{}, notices: map[string]Notice{}, choices: map[string]Choice{},
		pages: map[string]Page{},
	}
}

func (s *script) on(screen string, turns ...turn) *script {
	s.turns[screen] = append(s.turns[screen], turns...)
	return s
}

func (s *script) next(screen string) (turn, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) > 200 {
		why := ""
		if f := s.choices[screen].Finding; f != nil {
			why = f.Title + ": " + f.Raw
		}
		s.t.Fatalf("going round in circles: %v, %s", s.seen[:12], why)
	}
	s.silence.ends("before " + screen)
	defer s.silence.begins() // what the admin does takes the time it takes
	s.seen = append(s.seen, screen)
	q := s.turns[screen]
	if len(q) == 0 {
		return turn{}, false
	}
	s.turns[screen] = q[1:]
	if q[0].do != nil {
		q[0].do()
	}
	if q[0].leave {
		s.leave()
	}
	return q[0], true
}

func (s *script) report(task Task) {
	s.silence.hears(task)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tasks = append(s.tasks, task)
}

func (s *script) Fill(ctx context.Context, p Page) (Answers, error) {
	s.pages[p.Name] = p
	filled := map[string]string{}
	for tries := 0; tries < 10; tries++ {
		tr, scripted := s.next(p.Name)
		switch {
		case ctx.Err() != nil:
			return held(p, filled, tr.fill), ctx.Err()
		case tr.back:
			return held(p, filled, tr.fill), ErrBack
		case tr.action != "":
			return Answers{Action: tr.action}, nil
		}
		label := tr.practice
		if !scripted && len(p.Practice) > 0 {
			label = "Do it right"
		}
		for _, option := range p.Practice {
			if label == "Do it right" && option.Label == label && complete(p) && !scripted && len(p.Fields) > 0 {
				continue // it is all filled in already
			}
			if option.Label == label {
				fill, said, err := option.Do(ctx)
				s.silence.begins()
				if err != nil || said == "" {
					s.t.Fatalf("%s: practice %q: %q, %v", p.Name, label, said, err)
				}
				maps.Copy(filled, fill)
				label = ""
			}
		}
		if label != "" && label != "Do it right" {
			s.t.Fatalf("%s: no practice option %q", p.Name, label)
		}
		maps.Copy(filled, tr.fill)
		if a, ok := s.answer(ctx, p, filled); ok {
			return a, nil
		}
		if ctx.Err() != nil {
			return held(p, filled, nil), ctx.Err()
		}
	}
	s.t.Fatalf("%s: never right: %+v", p.Name, s.verdict)
	return Answers{}, nil
}

// held is what the fields of a page hold when it is left.
func held(p Page, filled, last map[string]string) Answers {
	a := Answers{Text: map[string]string{}, Secrets: map[string]secret.Value{}}
	for _, f := range p.Fields {
		text, given := filled[f.Key]
		if !given {
			text = f.Value + f.Secret.Reveal()
		}
		if t, given := last[f.Key]; given {
			text = t
		}
		if f.Kind == SecretField {
			a.Secrets[f.Key] = secret.New(text)
		} else {
			a.Text[f.Key] = text
		}
	}
	return a
}

func complete(p Page) bool {
	for _, f := range p.Fields {
		if f.Value == "" && f.Secret.IsZero() && !f.Optional && (f.Shown == nil) {
			return false
		}
	}
	return true
}

// answer does what a front end does with the fields of a page.
func (s *script) answer(ctx context.Context, p Page, filled map[string]string) (Answers, bool) {
	a := Answers{Text: map[string]string{}, Secrets: map[string]secret.Value{}}
	texts := map[string]string{}
	for _, f := range p.Fields {
		text, given := filled[f.Key]
		if !given {
			text = f.Value + f.Secret.Reveal()
		}
		text = clean.Pasted(text)
		if f.Tidy != nil {
			text = f.Tidy(text)
		}
		texts[f.Key], a.Text[f.Key] = text, text
	}
	for _, f := range p.Fields {
		if f.Shown != nil && !f.Shown(a) {
			continue
		}
		if f.Kind == SecretField {
			delete(a.Text, f.Key)
			a.Secrets[f.Key] = secret.New(texts[f.Key])
		}
		if f.Shape != nil {
			v := f.Shape(texts[f.Key], a)
			if v.State != Right {
				s.verdict = append(s.verdict, v)
			}
			if v.State == Wrong || v.State == Unknown {
				return a, false
			}
		}
	}
	if p.Guide != nil {
		guide := p.Guide(a)
		if p.Name == "sign-in-code" && s.device != nil {
			s.device(guide[1].Copy, guide[0].Link)
			s.silence.begins()
		}
	}
	if p.Check != nil {
		v := p.Check(ctx, a, s.report)
		s.silence.ends("the check of " + p.Name)
		if v.State != Right {
			s.verdict = append(s.verdict, v)
		}
		if v.State == Wrong || ctx.Err() != nil {
			return a, false
		}
	}
	return a, true
}

func (s *script) Choose(ctx context.Context, c Choice) (int, error) {
	s.choices[c.Name] = c
	tr, ok := s.next(c.Name)
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case tr.back:
		return 0, ErrBack
	case ok:
		return tr.pick, nil
	case c.Name == "how":
		return 1, nil // guided, unless the script says otherwise
	}
	return c.Picked, nil
}

func (s *script) Work(ctx context.Context, w Work) error {
	s.next(w.Name)
	defer s.silence.ends(w.Name)
	return w.Run(ctx, s.report)
}

func (s *script) Show(ctx context.Context, n Notice) error {
	s.notices[n.Name] = n
	tr, _ := s.next(n.Name)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case tr.back:
		return ErrBack
	}
	return nil
}

// said says whether a verdict or task contained text.
func (s *script) said(text string) bool {
	for _, v := range s.verdict {
		if strings.Contains(v.Text, text) ||
			v.Finding != nil && strings.Contains(v.Finding.Title+string(v.Finding.Cause), text) {
			return true
		}
	}
	for _, task := range s.tasks {
		if strings.Contains(task.Text+task.Note, text) {
			return true
		}
	}
	return false
}

// portal is the practice tenant as main hands it to the steps.
type portal struct{ tenant *sandbox.Tenant }

func (p portal) Options(screen string, have map[string]string) []Practice {
	do := func(label string, m sandbox.Mistake) Practice {
		return Practice{Label: label, Do: func(context.Context) (map[string]string, string, error) {
			return p.tenant.Practice(screen, m, have)
		}}
	}
	if screen == "test" || screen == "tenant" || strings.HasPrefix(screen, "sign-in") {
		return nil
	}
	all := []Practice{do("Do it right", "")}
	for _, m := range p.tenant.Mistakes(screen) {
		all = append(all, do(string(m), m))
	}
	return all
}

// world is a practice tenant with a store and a log.
type world struct {
	t      *testing.T
	tenant *sandbox.Tenant
	store  *store.Memory
	given  Given
	cloud  *m365.Cloud
	log    strings.Builder
	start  string

	slowKeyring bool
	// over is put between palmail and the tenant; nil puts nothing there.
	over http.RoundTripper
}

func (w *world) transport() http.RoundTripper {
	if w.over != nil {
		return w.over
	}
	return w.tenant.Transport()
}

// keyring is where a flow keeps its setup.
func (w *world) keyring() Store {
	if w.slowKeyring {
		return slowStore{w.store}
	}
	return w.store
}

func newWorld(t *testing.T, o sandbox.Options) *world {
	return &world{t: t, tenant: sandbox.New(o), store: store.NewMemory()}
}

// run starts palmail once with a scripted admin.
func (w *world) run(s *script) (End, error) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	s.leave = cancel
	if len(s.turns["test"]) == 0 {
		s.on("test", turn{fill: map[string]string{"to": "admin@agency.gov"}})
	}
	return Run(ctx, Env{
		UI: s, Store: w.keyring(), Memory: func() Store { return store.NewMemory() },
		M365: m365.Options{Transport: w.transport(), Now: time.Now}, Profile: "default",
		Cloud: w.cloud, Given: w.given, Portal: portal{w.tenant}, Now: time.Now, Start: w.start,
		Log: slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
}

func (s *script) String() string { return fmt.Sprint(s.seen) }

func m365Options(w *world) m365.Options {
	return m365.Options{Transport: w.tenant.Transport(), Now: time.Now}
}

func m365OptionsOver(transport http.RoundTripper) m365.Options {
	return m365.Options{Transport: transport, Now: time.Now}
}
