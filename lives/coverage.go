package lives

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"palmail/diagnose"
)

// particular is what differs between two lines about the same thing.
var particular = regexp.MustCompile(`\S*[@…]\S*|[A-Z0-9]{6}|[0-9a-f-]{36}`)

// Coverage is which of palmail's states the lives have visited.
type Coverage struct {
	mu          sync.Mutex
	Screens     map[string]int
	Findings    map[string]int
	Transitions map[string]int
	Calls       map[string]int
	Stages      map[string]int
	Unbounded   map[string]string // tasks that ran for over two seconds without saying until when
}

// NewCoverage returns an empty coverage.
func NewCoverage() *Coverage {
	return &Coverage{
		Screens: map[string]int{}, Findings: map[string]int{}, Transitions: map[string]int{}, Calls: map[string]int{},
		Stages: map[string]int{}, Unbounded: map[string]string{},
	}
}

func (c *Coverage) add(to map[string]int, what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	to[what]++
}

func (c *Coverage) call(name string) { c.add(c.Calls, name) }

func (c *Coverage) screen(from, to string) {
	c.add(c.Screens, to)
	c.add(c.Transitions, from+" → "+to)
}

func (c *Coverage) finding(f *diagnose.Finding) {
	if f != nil {
		c.add(c.Findings, string(f.Cause))
	}
}

func (c *Coverage) unbounded(screen, text string, d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Unbounded[screen+": "+particular.ReplaceAllString(text, "…")] = d.String()
}

// Merge adds what other lives have visited.
func (c *Coverage) Merge(o *Coverage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range [][2]map[string]int{
		{c.Screens, o.Screens}, {c.Findings, o.Findings}, {c.Transitions, o.Transitions}, {c.Calls, o.Calls},
		{c.Stages, o.Stages},
	} {
		for k, n := range m[1] {
			m[0][k] += n
		}
	}
	maps.Copy(c.Unbounded, o.Unbounded)
}

// Report says what was visited, and which of the known screens and causes never.
func (c *Coverage) Report(screens, causes []string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	list := func(title string, seen map[string]int, all []string) {
		fmt.Fprintf(&b, "%s: %d visited", title, len(seen))
		var never []string
		for _, name := range all {
			if seen[name] == 0 {
				never = append(never, name)
			}
		}
		if len(never) > 0 {
			fmt.Fprintf(&b, ", never: %s", strings.Join(never, " "))
		}
		b.WriteString("\n")
		for _, name := range slices.Sorted(maps.Keys(seen)) {
			fmt.Fprintf(&b, "  %7d %s\n", seen[name], name)
		}
	}
	list("screens", c.Screens, screens)
	list("findings", c.Findings, causes)
	list("stages", c.Stages, nil)
	fmt.Fprintf(&b, "transitions between screens: %d\n", len(c.Transitions))
	list("calls", c.Calls, nil)
	for _, text := range slices.Sorted(maps.Keys(c.Unbounded)) {
		fmt.Fprintf(&b, "no limit is said: %s (%s)\n", text, c.Unbounded[text])
	}
	return b.String()
}

// KnownScreens reads from the sources in a folder which screens palmail has.
func KnownScreens(folder string) []string { return named(folder, `\bframe\("([a-z-]+)"`) }

// KnownCauses reads from the sources in a folder which causes a finding can have.
func KnownCauses(folder string) []string {
	return named(folder, `Cause\w+\s+(?:Cause\s+)?= "([a-z-]+)"`)
}

// named finds names in Go sources; a folder that is not there has none.
func named(folder, pattern string) (all []string) {
	files, _ := filepath.Glob(filepath.Join(folder, "*.go"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
			all = append(all, m[1])
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
