//go:build unix

package wizard

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/sys/unix"

	"palmail/steps"
)

// typingLimits are how long a paste without paste brackets, as from an old
// console or a serial line, is allowed to take of CPU time.
var typingLimits = map[int]time.Duration{800: 100 * time.Millisecond, 10_000: time.Second}

// BenchmarkTyping types a long text letter by letter into each kind of field,
// draws each letter, and fails beyond typingLimits.
func BenchmarkTyping(b *testing.B) {
	text := mailPage()
	guided := secretPage(rightCheck)
	guided.Fields = guided.Fields[2:]
	long := steps.Page{Title: "Explain", Fields: []steps.Field{{Key: "text", Label: "Text", Kind: steps.LongField}}}
	for _, c := range []struct {
		name, letters string
		page          steps.Page
	}{{"text", "a", text}, {"wide", "日", text}, {"masked", "a", guided}, {"long", "a", long}} {
		for _, size := range [][2]int{{80, 24}, {40, 10}} {
			for n, limit := range typingLimits {
				b.Run(fmt.Sprintf("%s-%dx%d-%d", c.name, size[0], size[1], n), func(b *testing.B) {
					before := cpuTime(b)
					for b.Loop() {
						m := newModel(b.Context(), Options{Env: utf8Env}, func(tea.Msg) {}, func() {})
						m.w, m.h = size[0], size[1]
						m.show(&question{ctx: b.Context(), page: &c.page, jobs: &jobs{}})
						key := tea.KeyPressMsg{Code: []rune(c.letters)[0], Text: c.letters}
						for range n {
							m.Update(key)
							m.View()
						}
						if got := m.screen.(*page).fields[0].text(); !strings.HasPrefix(got, strings.Repeat(c.letters,
							500)) {
							b.Fatalf("%d bytes were typed", len(got))
						}
					}
					took := (cpuTime(b) - before) / time.Duration(b.N)
					b.ReportMetric(float64(took.Milliseconds()), "cpu-ms/op")
					if took > limit {
						b.Errorf("%d letters took %v, allowed are %v", n, took, limit)
					}
				})
			}
		}
	}
}

// cpuTime returns the CPU time of this process, which unlike the clock does not
// count other processes.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkTypedPaste is the same through the whole program, on a virtual
// terminal whose own share is counted too.
func BenchmarkTypedPaste(b *testing.B) {
	for b.Loop() {
		s := start(b, Options{BrowserHere: true}, fill(mailPage(), nil))
		s.want("Before you start")
		before := cpuTime(b)
		s.press(strings.Repeat("a", 799) + "Z")
		s.want("aZ")
		b.ReportMetric(float64((cpuTime(b) - before).Milliseconds()), "cpu-ms/op")
		s.press("\x03")
		_ = s.end()
	}
}
