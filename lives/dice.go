package lives

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// Event is one thing that did not go the usual way in a life: Key says where,
// Choice what. What no event says goes the usual way: the service is calm, the
// keyring works, and the administrator does what the screen asks for.
type Event struct {
	Key    string `json:"key"`    // such as "visit 2/plan 1"
	Choice string `json:"choice"` // such as "leave"
}

// dice decides what happens. Each decision has a key of its own and depends on
// nothing but the seed and that key, so that leaving one event out shifts none
// of the others, and the order in which goroutines ask does not matter.
type dice struct {
	seed uint64
	// told are the only events of a life that is replayed; nil for a free one.
	told map[string]string

	mu      sync.Mutex
	decided map[string]string
	events  []Event
	at      []time.Duration // when each event came up, since the life began
	began   time.Time
}

func newDice(seed uint64, told []Event) *dice {
	d := &dice{seed: seed, decided: map[string]string{}, began: time.Now()}
	if told != nil {
		d.told = map[string]string{}
		for _, e := range told {
			d.told[e.Key] = e.Choice
		}
	}
	return d
}

// stream returns the random numbers of one key.
func (d *dice) stream(key string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key))
	return rand.New(rand.NewPCG(d.seed, h.Sum64())) //nolint:gosec // a life has to come back from its seed
}

// pick returns one of the choices with the given odds, and "" otherwise. A key
// that was decided before is not decided again.
func (d *dice) pick(key string, odds float64, choices ...string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if choice, known := d.decided[key]; known {
		return choice
	}
	choice := ""
	if d.told != nil {
		choice = d.told[key]
	} else if r := d.stream(key); len(choices) > 0 && r.Float64() < odds {
		choice = choices[r.IntN(len(choices))]
	}
	d.decided[key] = choice
	if choice != "" {
		d.events = append(d.events, Event{key, choice})
		d.at = append(d.at, time.Since(d.began))
	}
	return choice
}

// one is pick where something always has to be chosen. In a life that is
// replayed the first of the choices is the usual one.
func (d *dice) one(key string, choices ...string) string {
	if choice := d.pick(key, 1, choices...); choice != "" {
		return choice
	}
	return choices[0]
}

// times repeats a choice, to make it that much likelier.
func times(n int, choices ...string) (all []string) {
	for range n {
		all = append(all, choices...)
	}
	return all
}

// cut splits a choice such as "pick:leave" into its verb and its object.
func cut(choice string) (verb, object string) {
	verb, object, _ = strings.Cut(choice, ":")
	return verb, object
}

// numbered gives each occurrence of a name a number of its own.
type numbered struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *numbered) next(name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[name]++
	return fmt.Sprintf("%s %d", name, c.n[name])
}

func (c *numbered) count(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[name]
}
