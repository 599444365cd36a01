package lives

import (
	"encoding/json"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // lives are short, and there is memory
	os.Exit(m.Run())
}

// fixedSeeds is how many lives `go test` runs, always the same ones: the command
// in the README must not be a lottery.
const fixedSeeds = 200

// openFault is a fault that lives have found and that is not mended yet.
type openFault struct {
	Broke    Invariant `json:"broke"`
	Contains []string  `json:"contains"` // each of these is in the violation's text
	Why      string    `json:"why"`
}

// openFaults are the faults that are known and still there. Anything else that
// breaks an invariant fails the tests.
func openFaults(t *testing.T) (all []openFault) {
	t.Helper()
	data, err := os.ReadFile("testdata/open/faults.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func isOpen(faults []openFault, v *Violation) bool {
	return slices.ContainsFunc(faults, func(f openFault) bool {
		return f.Broke == v.Invariant && !slices.ContainsFunc(f.Contains, func(part string) bool {
			return !strings.Contains(v.Detail, part)
		})
	})
}

// Nothing that holds for every life is broken in these.
func TestLives(t *testing.T) {
	faults, cover := openFaults(t), NewCoverage()
	var steps, visits []int
	open := 0
	for seed := uint64(1); seed <= fixedSeeds; seed++ {
		synctest.Test(t, func(t *testing.T) {
			r := Live(seed, cover)
			steps, visits = append(steps, r.Steps), append(visits, r.Visits)
			switch {
			case r.Broken == nil:
			case isOpen(faults, r.Broken):
				open++
			default:
				t.Errorf("seed %d: %v\ngo run ./lives/cmd -n 1 -seed %d tells it", seed, r.Broken, seed)
			}
		})
	}
	slices.Sort(steps)
	slices.Sort(visits)
	// Toy lives would be quick, and worth nothing.
	if steps[fixedSeeds/2] < 40 || visits[fixedSeeds/2] < 3 {
		t.Errorf("the median life has %d events and %d visits", steps[fixedSeeds/2], visits[fixedSeeds/2])
	}
	if len(cover.Screens) < 70 || len(cover.Findings) < 15 {
		t.Errorf("only %d screens and %d findings were visited", len(cover.Screens), len(cover.Findings))
	}
	t.Logf("%d lives break an invariant in a way that is known", open)
}

// What lives have found once does not come back.
func TestStories(t *testing.T) {
	stories, err := Stories("testdata")
	if err != nil || len(stories) == 0 {
		t.Fatalf("%d stories, %v", len(stories), err)
	}
	faults := openFaults(t)
	for _, s := range stories {
		t.Run(s.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := Retell(s.Seed, s.Events, NewCoverage())
				if r.Broken != nil && !isOpen(faults, r.Broken) {
					t.Errorf("%v\n%s", r.Broken, strings.Join(r.Story, "\n"))
				}
				for _, e := range r.Unheard {
					t.Logf("never came up any more: %s: %s", e.Key, e.Choice)
				}
			})
		})
	}
}

// A life told by its own events is the same life.
func TestRetell(t *testing.T) {
	for seed := uint64(1); seed <= 10; seed++ {
		var first, again Result
		synctest.Test(t, func(*testing.T) { first = Live(seed, NewCoverage()) })
		synctest.Test(t, func(*testing.T) { again = Retell(seed, first.Events, NewCoverage()) })
		if first.Visits != again.Visits || (first.Broken == nil) != (again.Broken == nil) {
			t.Errorf("seed %d: %d visits, %v; told again %d, %v", seed, first.Visits, first.Broken, again.Visits,
				again.Broken)
		}
	}
}

// Of many events only those are left that the violation needs.
func TestShrink(t *testing.T) {
	events := []Event{{"a", "1"}, {"b", "1"}, {"c", "1"}, {"d", "1"}, {"e", "1"}, {"f", "1"}, {"g", "1"}}
	retell := func(told []Event) Result {
		r := Result{Events: told}
		if slices.Contains(told, Event{"b", "1"}) && slices.Contains(told, Event{"f", "1"}) {
			r.Broken = &Violation{Invariant: Once}
		}
		return r
	}
	got := Shrink(Result{Seed: 7, Events: events, Broken: &Violation{Invariant: Once}}, retell)
	if want := []Event{{"b", "1"}, {"f", "1"}}; !slices.Equal(got.Events, want) || got.Seed != 7 {
		t.Errorf("%+v", got)
	}
}

// Leaving one decision out changes none of the others.
func TestDiceAreIndependent(t *testing.T) {
	keys := []string{"visit 1", "visit 2", "visit 2/keyring", "visit 2/plan 1"}
	all := newDice(4711, nil)
	for _, k := range keys {
		all.pick(k, 0.7, "a", "b", "c")
	}
	one := newDice(4711, nil)
	if got, want := one.pick(keys[3], 0.7, "a", "b", "c"), all.decided[keys[3]]; got != want {
		t.Errorf("alone it is %q, among others %q", got, want)
	}
	told := newDice(4711, []Event{{keys[1], "b"}})
	if told.pick(keys[1], 0, "a") != "b" || told.pick(keys[0], 1, "a") != "" || told.one(keys[2], "x", "y") != "x" {
		t.Errorf("a told life has %+v", told.decided)
	}
}

// The screens and causes that coverage is held against are read from the sources.
func TestKnownStates(t *testing.T) {
	if screens := KnownScreens("../steps"); !slices.Contains(screens, "rotate-pal") || len(screens) < 80 {
		t.Errorf("%d screens: %v", len(screens), screens)
	}
	if causes := KnownCauses("../diagnose"); !slices.Contains(causes, "app-unknown") || len(causes) < 40 {
		t.Errorf("%d causes: %v", len(causes), causes)
	}
}
