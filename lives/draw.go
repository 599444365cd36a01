package lives

import (
	"fmt"
	"hash/fnv"
	"strings"
	"sync"
	"unicode/utf8"

	"palmail/steps"
	"palmail/wizard"
)

// drawn are the screens that were judged already, by what they show: the same
// screen comes up thousands of times.
var drawn sync.Map

// stillsOfAScreen is how many different states of one screen are drawn in each process.
const stillsOfAScreen = 40

var stills numbered

// draw judges how a screen is drawn in the two sizes that must work.
func (l *life) draw(asked any) {
	name, text, key := described(asked)
	h := fnv.New64a()
	_, _ = h.Write([]byte(name + "\n" + text))
	if _, known := drawn.LoadOrStore(h.Sum64(), true); known || stills.count(name) > stillsOfAScreen {
		return
	}
	stills.next(name)
	for _, size := range [][2]int{{80, 24}, {40, 10}} {
		if why := misdrawn(asked, key, size[0], size[1]); why != "" {
			l.violate(Draws, "%s in %d×%d: %s", name, size[0], size[1], why)
		}
	}
}

// described names a question, says all that it shows, and which key must be to be seen.
func described(asked any) (name, text, key string) {
	switch asked := asked.(type) {
	case steps.Page:
		return asked.Name, pageText(asked), "enter"
	case steps.Choice:
		return asked.Name, choiceText(asked), "enter"
	case steps.Notice:
		return asked.Name, noticeText(asked), "enter"
	case steps.Work:
		return asked.Name, asked.Title + asked.Why, "ctrl+c"
	}
	return fmt.Sprintf("%T", asked), "", ""
}

// misdrawn says what is wrong with how a question is drawn, "" for nothing.
func misdrawn(asked any, key string, w, h int) string {
	picture, err := wizard.Still(asked, w, h)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(picture, "\n")
	if len(lines) > h {
		return fmt.Sprintf("it has %d lines", len(lines))
	}
	for _, line := range lines {
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' }) || !utf8.ValidString(line) {
			return fmt.Sprintf("the line %q has a control character", line)
		}
	}
	if key == "enter" && continuesItself(asked) {
		key = "ctrl+c"
	}
	if !strings.Contains(picture, key) {
		return "the key " + key + " is not to be seen:\n" + picture
	}
	if label := mustBeSeen(asked); label != "" && !strings.Contains(squeezed(picture), squeezed(label)) {
		return fmt.Sprintf("%q is not to be seen:\n%s", label, picture)
	}
	return ""
}

// continuesItself says whether a page has nothing that enter could send.
func continuesItself(asked any) bool {
	p, ok := asked.(steps.Page)
	return ok && len(p.Fields) == 0
}

// mustBeSeen is the start of the field or option that the next key is for.
func mustBeSeen(asked any) string {
	switch asked := asked.(type) {
	case steps.Page:
		for _, f := range asked.Fields {
			if f.Kind != steps.PickField && f.Value == "" && f.Secret.IsZero() && f.Shown == nil {
				return firstWord(f.Label)
			}
		}
		if len(asked.Fields) > 0 {
			return firstWord(asked.Fields[0].Label)
		}
	case steps.Choice:
		if asked.Picked < len(asked.Options) {
			return firstWord(asked.Options[asked.Picked].Text)
		}
	}
	return ""
}

func firstWord(text string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(strings.ReplaceAll(text, "*", "")), " ")
	return word
}

// squeezed is a text without white space.
func squeezed(text string) string { return strings.Join(strings.Fields(text), "") }
