package wizard

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// pieces are what the widths of text depend on: signs, wide and combining
// characters, clusters, styles and links.
var pieces = []string{
	"a", "Z", " ", "  ", "é", "·", "…", "•", "✓", "✗", "▲", "❯", "●", "━", "─", "⣾", "“", "—", "日", "本", "한",
	"e\u0301", "\u0301", "👩‍💻", "🇫🇷", "\x1b[1m", "\x1b[38;5;245m", "\x1b[m",
	ansi.SetHyperlink("https://pal.agency.gov/日"),
	ansi.ResetHyperlink(), "\u00ad", "\x1b[2K",
}

func randomText(rnd *rand.Rand, from []string) string {
	var b strings.Builder
	for range rnd.IntN(40) {
		b.WriteString(from[rnd.IntN(len(from))])
	}
	return b.String()
}

func TestCellsAreTheTerminals(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for r := rune(' '); r <= 0xffff; r++ {
		if s := "x" + string(r); narrow(r) && ansi.StringWidth(s) != 2 {
			t.Errorf("%q takes %d cells", r, ansi.StringWidth(s)-1)
		}
	}
	for range 5000 {
		s := randomText(rnd, pieces)
		if got, want := cells(s), ansi.StringWidth(s); got != want {
			t.Fatalf("%q takes %d cells, not %d", s, want, got)
		}
		w := rnd.IntN(60)
		if got, want := truncate(s, w), ansi.Truncate(s, w, ""); got != want {
			t.Fatalf("%q cut to %d cells is %q, not %q", s, w, want, got)
		}
		if end := last(s, w); cells(end) > w || !strings.HasSuffix(s, end) {
			t.Fatalf("the last %d cells of %q are not %q", w, s, end)
		}
		if begin := first(s, w); cells(begin) > w || !strings.HasPrefix(s, begin) {
			t.Fatalf("the first %d cells of %q are not %q", w, s, begin)
		}
	}
}

// Wrapping loses nothing but the spaces at which a line ends.
func TestWrapKeepsTheText(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 2))
	for range 5000 {
		var spans []span
		var whole strings.Builder
		for i := range rnd.IntN(5) {
			s := span{text: randomText(rnd, pieces[:24]), look: look(i)}
			whole.WriteString(s.text)
			spans = append(spans, s)
		}
		w := 1 + rnd.IntN(30)
		rest := whole.String()
		for i, line := range wrap(spans, w) {
			var text string
			for _, s := range line {
				text += s.text
			}
			if cells(text) > w && w > 1 || text == "" {
				t.Fatalf("%q has a line %q at a width of %d", whole.String(), text, w)
			}
			if i > 0 {
				rest = strings.TrimLeft(rest, " ")
			}
			var found bool
			if rest, found = strings.CutPrefix(rest, text); !found {
				t.Fatalf("%q has no line %q at a width of %d", whole.String(), text, w)
			}
		}
		if strings.TrimLeft(rest, " ") != "" {
			t.Fatalf("%q lost %q at a width of %d", whole.String(), rest, w)
		}
	}
}
