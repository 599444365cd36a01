// Command cmd runs many lives, split over processes, and tells those that break an invariant.
//
//	go run ./lives/cmd -n 20000                 fresh seeds, the first is printed
//	go run ./lives/cmd -seed 4711 -n 1          one life, with its whole story
//	go run ./lives/cmd -story lives/testdata/no-line-while-saving.json
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"palmail/lives"
)

type options struct {
	n, processes int
	seed         uint64
	story        string
	write        string
	part         bool
	cover        bool
	shrink       int
	bubble       func(func()) // runs something in a bubble of testing/synctest
}

func main() {
	var o options
	flag.IntVar(&o.n, "n", 1000, "how many lives")
	flag.Uint64Var(&o.seed, "seed", 0, "the first seed; 0 takes the time")
	flag.IntVar(&o.processes, "processes", runtime.NumCPU(), "over how many processes to split them")
	flag.StringVar(&o.story, "story", "", "tell the story of this file again")
	flag.StringVar(&o.write, "write", "", "write the shortest story of each kind of violation into this folder")
	flag.BoolVar(&o.part, "part", false, "be one of the processes")
	flag.BoolVar(&o.cover, "cover", false, "print which states were visited")
	flag.IntVar(&o.shrink, "shrink", 3, "how many broken lives each process shrinks")
	debug.SetGCPercent(400) // lives are short, and there is memory
	testing.Init()          // a bubble needs a test around it
	flag.Parse()
	if o.seed == 0 {
		o.seed = uint64(time.Now().UnixNano())
	}
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{
		Name: "lives", F: func(t *testing.T) {
			o.bubble = func(f func()) { synctest.Test(t, func(*testing.T) { f() }) }
			if err := o.run(); err != nil {
				t.Error(err)
			}
		},
	}}, nil, nil)
}

func (o options) run() error {
	switch {
	case o.story != "":
		return o.tellStory()
	case o.part, o.n == 1:
		return o.livePart()
	}
	return o.split()
}

// partMark stands before what a process has found.
const partMark = "found "

// part is what one process has found.
type part struct {
	Seed     uint64
	Lives    int
	Steps    []int
	Visits   []int
	Screens  int // the most that a cooperative administrator needed
	Broken   []lives.Story
	Unshrunk int
	Cover    *lives.Coverage
}

func (o options) livePart() error {
	p := part{Seed: o.seed, Cover: lives.NewCoverage()}
	kinds := map[string]int{}
	for seed := o.seed; seed < o.seed+uint64(o.n); seed++ {
		if o.part {
			fmt.Fprintf(os.Stderr, "seed %d\n", seed)
		}
		var r lives.Result
		o.bubble(func() { r = lives.Live(seed, p.Cover) })
		p.Lives++
		p.Steps, p.Visits = append(p.Steps, r.Steps), append(p.Visits, r.Visits)
		p.Screens = max(p.Screens, r.Screens)
		if o.n == 1 {
			fmt.Println(strings.Join(r.Story, "\n"))
		}
		if r.Broken == nil {
			continue
		}
		kind := kindOf(r.Broken.Invariant, r.Broken.Detail)
		if kinds[kind]++; len(p.Broken) >= o.shrink || kinds[kind] > 1 {
			p.Unshrunk++
			p.Broken = append(p.Broken, lives.Story{Broke: r.Broken.Invariant, Detail: r.Broken.Detail, Seed: seed})
			continue
		}
		p.Broken = append(p.Broken, lives.StoryOf("", o.shortest(r)))
	}
	if !o.part {
		report([]part{p}, o)
		return nil
	}
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("handing over: %w", err)
	}
	fmt.Printf("%s%s\n", partMark, data)
	return nil
}

// kindOf names violations that are of one kind, as far as the words say.
func kindOf(i lives.Invariant, detail string) string {
	return string(i) + ": " + variable.ReplaceAllString(detail, "…")
}

// variable is what differs between two violations of one kind.
var variable = regexp.MustCompile(`[0-9][0-9a-f.msh]*|from [a-z -]+ on in|of (a colleague|the administrator)|“.*”|".*"`)

func (o options) shortest(r lives.Result) lives.Result {
	return lives.Shrink(r, func(events []lives.Event) (got lives.Result) {
		o.bubble(func() { got = lives.Retell(r.Seed, events, lives.NewCoverage()) })
		return got
	})
}

// split runs the lives in several processes: a deadlock in one ends only that one.
func (o options) split() error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	fmt.Printf("%d lives from seed %d on, in %d processes\n", o.n, o.seed, o.processes)
	batch := max(1, min(250, o.n/o.processes/4))
	type job struct {
		seed uint64
		n    int
	}
	jobs := make(chan job)
	var mu sync.Mutex
	var parts []part
	var failed []error
	var all sync.WaitGroup
	for range o.processes {
		all.Go(func() {
			for j := range jobs {
				p, err := runPart(self, j.seed, j.n, o.shrink)
				mu.Lock()
				if err != nil {
					failed = append(failed, err)
				} else {
					parts = append(parts, p)
				}
				mu.Unlock()
			}
		})
	}
	began := time.Now()
	for done := 0; done < o.n; done += batch {
		jobs <- job{o.seed + uint64(done), min(batch, o.n-done)}
	}
	close(jobs)
	all.Wait()
	broken := report(parts, o)
	fmt.Printf("%v, %.1f lives a second\n", time.Since(began).Round(time.Second),
		float64(o.n)/time.Since(began).Seconds())
	if broken > 0 {
		failed = append(failed, fmt.Errorf("%d lives break an invariant", broken))
	}
	return errors.Join(failed...)
}

func runPart(self string, seed uint64, n, shrink int) (p part, err error) {
	cmd := exec.CommandContext(context.Background(), self, "-part", "-seed", fmt.Sprint(seed), "-n", fmt.Sprint(n),
		"-shrink", fmt.Sprint(shrink))
	var says strings.Builder
	cmd.Stderr = &says
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	out, err := cmd.Output()
	if err != nil {
		last := strings.LastIndex(says.String(), "seed ")
		return p, fmt.Errorf("a process ended: %w\n%s", err, says.String()[max(last, 0):])
	}
	_, text, _ := strings.Cut(string(out), partMark)
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&p); err != nil {
		return p, fmt.Errorf("reading what a process found: %w", err)
	}
	return p, nil
}

func report(parts []part, o options) (broken int) {
	cover := lives.NewCoverage()
	var steps, visits []int
	kinds := map[string]int{}
	best := map[string]lives.Story{}
	screens, n := 0, 0
	for _, p := range parts {
		cover.Merge(p.Cover)
		steps, visits, screens, n = append(steps, p.Steps...), append(visits, p.Visits...), max(screens, p.Screens), n+
			p.Lives
		for _, s := range p.Broken {
			broken++
			kind := kindOf(s.Broke, s.Detail)
			kinds[kind]++
			if was, ok := best[kind]; !ok || s.Events != nil && (was.Events == nil || len(s.Events) < len(was.Events)) {
				best[kind] = s
			}
		}
	}
	slices.Sort(steps)
	slices.Sort(visits)
	if o.cover {
		fmt.Print(cover.Report(lives.KnownScreens("steps"), lives.KnownCauses("diagnose")))
	}
	if len(steps) > 0 {
		fmt.Printf("%d lives, median %d events and %d visits; at most %d screens to the end in calm weather; %d "+
			"broken\n",
			n, steps[len(steps)/2], visits[len(visits)/2], screens, broken)
	}
	for i, kind := range slices.Sorted(func(yield func(string) bool) {
		for k := range kinds {
			if !yield(k) {
				return
			}
		}
	}) {
		s := best[kind]
		fmt.Printf("\n%d × %s: %s\n  seed %d\n", kinds[kind], s.Broke, s.Detail, s.Seed)
		for _, e := range s.Events {
			fmt.Printf("    %s: %s\n", e.Key, e.Choice)
		}
		if o.write != "" && s.Events != nil {
			s.Name = fmt.Sprintf("found-%02d-%s", i+1, strings.ReplaceAll(string(s.Broke), " ", "-"))
			if err := s.Write(o.write); err != nil {
				fmt.Fprintln(os.Stderr, "lives:", err)
			}
		}
	}
	return broken
}

func (o options) tellStory() error {
	data, err := os.ReadFile(o.story)
	if err != nil {
		return fmt.Errorf("reading the story: %w", err)
	}
	var s lives.Story
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("reading the story: %w", err)
	}
	var r lives.Result
	o.bubble(func() { r = lives.Retell(s.Seed, s.Events, lives.NewCoverage()) })
	fmt.Println(strings.Join(r.Story, "\n"))
	for _, e := range r.Unheard {
		fmt.Printf("never came up: %s: %s\n", e.Key, e.Choice)
	}
	if r.Broken != nil {
		return errors.New(r.Broken.String())
	}
	return nil
}
