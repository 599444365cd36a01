package wizard

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"palmail/steps"
)

// typingLimits are how long a paste without paste brackets, as from an old
// console or a serial line, is allowed to take.
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
					if took := b.Elapsed() / time.Duration(b.N); took > limit {
						b.Errorf("%d letters took %v, allowed are %v", n, took, limit)
					}
				})
			}
		}
	}
}
