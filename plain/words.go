package plain

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"palmail/clean"
	"palmail/steps"
)

// boldMark matches text that must be clicked or typed letter for letter.
var boldMark = regexp.MustCompile(`\*\*(.+?)\*\*`)

// symbolWords are read aloud letter by letter or not at all, so words and
// commas stand for them.
var symbolWords = strings.NewReplacer(
	" · ", ", ", " → ", ", then ", " › ", ", then ", " ─ ", ", ", " — ", ", ",
	"✓ ", "OK: ", "✗ ", "Wrong: ", "● ", "", "○ ", "", "• ", "", "…", "...",
)

// asWords turns an author's text into words: quotes for bold, no symbols.
func asWords(s string) string {
	return symbolWords.Replace(boldMark.ReplaceAllString(clean.Text(s), `"$1"`))
}

// asSentence is asWords on one line, ending with a period. After an
// address there is none, since it would be taken for a part of it.
func asSentence(s string) string {
	s = strings.Join(strings.Fields(asWords(s)), " ")
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?:") {
		return s
	}
	if last := s[strings.LastIndexByte(s, ' ')+1:]; strings.Contains(last, "://") && !strings.HasSuffix(last, `"`) {
		return s
	}
	return s + "."
}

// joiningWords are the first words of a note that need no comma before them.
var joiningWords = map[string]bool{
	"and": true, "at": true, "for": true, "in": true, "of": true, "on": true, "or": true, "under": true, "until": true,
	"with": true,
}

// withNote joins words and their note, which the screens show side by side, so
// that they read as one sentence.
func withNote(words, note string) string {
	words, note = strings.TrimSpace(words), strings.TrimSpace(note)
	if words == "" || note == "" {
		return words + note
	}
	first, _, _ := strings.Cut(note, " ")
	switch {
	case strings.ContainsAny(note[:1], ",;."):
		return words + note
	case note[0] == '(', joiningWords[first], strings.ContainsAny(words[len(words)-1:], ".!?:,;"):
		return words + " " + note
	}
	return words + ", " + note
}

// stateWord returns the word that a verdict begins with.
func stateWord(s steps.State) string {
	switch s {
	case steps.Right:
		return "OK: "
	case steps.Warn:
		return "Note: "
	case steps.Wrong:
		return "Wrong: "
	case steps.Waiting:
		return "Waiting: "
	}
	return ""
}

// asDuration writes d in words, to the second.
func asDuration(d time.Duration) string {
	d = d.Round(time.Second)
	parts := []string{}
	for _, u := range []struct {
		name string
		size time.Duration
	}{{"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}} {
		n := int(d / u.size)
		d -= time.Duration(n) * u.size
		switch {
		case n == 1:
			parts = append(parts, "1 "+u.name)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", n, u.name))
		}
	}
	if len(parts) == 0 {
		return "0 seconds"
	}
	return strings.Join(parts, " ")
}
