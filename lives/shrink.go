package lives

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Shrink leaves out of a life's events all that its violation does not need.
// retell runs a life with these events, in a bubble of its own. What is left is
// the shortest story found that breaks the same invariant.
func Shrink(r Result, retell func([]Event) Result) Result {
	shortest := r
	breaks := func(events []Event) bool {
		got := retell(events)
		if got.Broken == nil || got.Broken.Invariant != r.Broken.Invariant {
			return false
		}
		got.Seed = r.Seed
		// What came up after the violation, or not at all, is of no use.
		shortest = got
		return true
	}
	if !breaks(r.Events) {
		return r // it depends on an order of goroutines, and comes up only sometimes
	}
	for size := max(len(shortest.Events)/2, 1); ; size /= 2 {
		for at := 0; at < len(shortest.Events); {
			end := min(at+size, len(shortest.Events))
			if !breaks(slices.Delete(slices.Clone(shortest.Events), at, end)) {
				at = end
			}
		}
		if size <= 1 {
			return shortest
		}
	}
}

// Story is a life that broke an invariant once, and is told again by a test.
type Story struct {
	Name   string    `json:"name"`
	Broke  Invariant `json:"broke"`
	Detail string    `json:"detail"` // how it was broken
	Seed   uint64    `json:"seed"`
	Events []Event   `json:"events"`
}

// StoryOf makes a story of a life that broke an invariant.
func StoryOf(name string, r Result) Story {
	return Story{Name: name, Broke: r.Broken.Invariant, Detail: r.Broken.Detail, Seed: r.Seed, Events: r.Events}
}

// Stories reads the stories of a folder.
func Stories(folder string) ([]Story, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("listing stories: %w", err)
	}
	var all []Story
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading a story: %w", err)
		}
		var s Story
		if err := json.Unmarshal(data, &s); err != nil {
			return nil, fmt.Errorf("reading the story %s: %w", file, err)
		}
		s.Name = strings.TrimSuffix(filepath.Base(file), ".json")
		all = append(all, s)
	}
	return all, nil
}

// Write writes a story as NAME.json into a folder.
func (s Story) Write(folder string) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("writing a story: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, s.Name+".json"), append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("writing a story: %w", err)
	}
	return nil
}
