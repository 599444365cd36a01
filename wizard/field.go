package wizard

import (
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"palmail/clean"
	"palmail/steps"
)

// longest is how many bytes a field takes; a paste beyond it is refused, since
// it is a page that was copied and not a value.
const longest = 4 << 10

// field is one field of a page.
type field struct {
	def    *steps.Field
	in     textinput.Model // its editing; the drawing is done here, by cells
	pick   int
	long   string // of a LongField
	shape  steps.Verdict
	shown  bool
	nag    bool   // the admin tried to go on: say what is missing
	pasted string // what was wrong with a paste
	frozen int    // how many characters a secret had when it was handed over
}

func newField(def *steps.Field) *field {
	f := &field{def: def}
	f.in = textinput.New()
	f.in.Prompt = ""
	f.in.CharLimit = longest
	f.in.SetVirtualCursor(false)
	keys := textinput.DefaultKeyMap()
	none := key.NewBinding(key.WithDisabled())
	keys.Paste, keys.AcceptSuggestion, keys.NextSuggestion, keys.PrevSuggestion = none, none, none, none
	f.in.KeyMap = keys
	switch def.Kind {
	case steps.SecretField:
		f.in.EchoMode = textinput.EchoPassword
		f.in.EchoCharacter = '•'
		f.in.SetValue(def.Secret.Reveal())
	case steps.PickField:
		f.choose(def.Value)
	default:
		f.in.SetValue(clean.Pasted(def.Value))
	}
	f.in.CursorEnd()
	return f
}

// choose picks the option of that text; an unknown one leaves things as they are.
func (f *field) choose(text string) {
	for i, o := range f.def.Options {
		if o == text {
			f.pick = i
		}
	}
}

// text returns what is filled in, cleaned.
func (f *field) text() string {
	if f.def.Kind == steps.PickField {
		if f.pick < len(f.def.Options) {
			return f.def.Options[f.pick]
		}
		return ""
	}
	if f.def.Kind == steps.LongField {
		return f.long
	}
	return clean.Pasted(f.in.Value())
}

// tidy rewrites the text into what is meant; it says whether that changed anything.
func (f *field) tidy() bool {
	if f.def.Kind == steps.PickField || f.def.Kind == steps.LongField {
		return false
	}
	text := f.text()
	if f.def.Tidy != nil && text != "" {
		text = f.def.Tidy(text)
	}
	if text == f.in.Value() {
		return false
	}
	f.in.SetValue(text)
	f.in.CursorEnd()
	return true
}

// judge asks the field's shape what it thinks of the text.
func (f *field) judge(a steps.Answers) {
	text := f.text()
	switch {
	case text == "" && f.def.Optional:
		f.shape = steps.Verdict{State: steps.Right}
	case f.def.Shape != nil:
		f.shape = f.def.Shape(text, a)
		if text == "" && f.shape.State != steps.Wrong {
			f.shape.State = steps.Unknown // nothing is not an answer
		}
	case text == "":
		f.shape = steps.Verdict{}
	default:
		f.shape = steps.Verdict{State: steps.Right}
	}
}

// ready says whether the field looks right.
func (f *field) ready() bool { return f.shape.State == steps.Right || f.shape.State == steps.Warn }

// verdict returns what to show under the field.
func (f *field) verdict() steps.Verdict {
	switch {
	case f.pasted != "":
		return steps.Verdict{State: steps.Warn, Text: f.pasted}
	case f.shape.State == steps.Unknown && f.nag:
		text := f.shape.Text
		if text == "" {
			text = "Fill in " + f.def.Label + " to go on."
		}
		return steps.Verdict{State: steps.Warn, Text: text}
	case f.shape.State == steps.Wrong && f.text() == "" && !f.nag:
		return steps.Verdict{}
	case f.shape.State == steps.Unknown:
		return steps.Verdict{}
	}
	return f.shape
}

// edit gives a key to the text; it says whether the text changed.
func (f *field) edit(k tea.KeyPressMsg) bool {
	if f.def.Kind == steps.LongField {
		return f.editLong(k)
	}
	before := f.in.Value()
	if k.Text != "" {
		k.Text = strings.ReplaceAll(clean.Text(k.Text), "\n", "")
		if k.Text == "" {
			return false
		}
	}
	f.in.Focus()
	f.in, _ = f.in.Update(k)
	return f.in.Value() != before
}

// paste puts pasted text into the field; it says whether the text changed. A
// secret and a wrong value are replaced: nobody means to add to what they
// cannot see, or to what is wrong.
func (f *field) paste(raw string) bool {
	f.pasted = ""
	if f.def.Kind == steps.PickField {
		return false
	}
	if f.def.Kind == steps.LongField {
		return f.pasteLong(raw)
	}
	if len(raw) > longest {
		f.pasted = "That was " + itoa(utf8.RuneCountInString(raw)) +
			" characters, far more than this field takes. Nothing was pasted."
		return false
	}
	text := clean.Pasted(raw)
	if text == "" {
		f.pasted = "There was no text on the clipboard. Copy the value again."
		return false
	}
	if f.def.Kind != steps.SecretField && clean.Masked(text) != text {
		f.pasted = "This looks like a client secret, so it is not shown here. Nothing was pasted."
		return false
	}
	if f.def.Kind == steps.SecretField || f.shape.State == steps.Wrong {
		f.in.Reset()
	}
	if len(f.in.Value())+len(text) > longest {
		f.pasted = "Together that is more than this field takes. Nothing was pasted."
		return false
	}
	f.in.Focus()
	f.in, _ = f.in.Update(tea.PasteMsg{Content: text})
	return true
}

// label draws the field's label in a column of w cells.
func (f *field) label(p *pen, focused bool, w int) string {
	l := dim
	if focused {
		l = accent
	}
	text := p.shorten(p.text(f.def.Label), w)
	return p.draw(span{text: text, look: l}) + strings.Repeat(" ", max(w-ansi.StringWidth(text), 0))
}

// box draws what is filled in within w cells, and where the cursor is in it.
func (f *field) box(p *pen, focused bool, w int) (line string, cursor int) {
	if f.def.Kind == steps.PickField {
		return f.picks(p, focused, w)
	}
	if f.def.Kind == steps.LongField {
		return f.boxLong(p, w)
	}
	value, pos := []rune(f.in.Value()), f.in.Position()
	if f.frozen > 0 {
		value, pos = make([]rune, f.frozen), f.frozen
	}
	if len(value) == 0 {
		return p.say(dim, p.shorten(p.text(f.def.Hint), w)), 0
	}
	show := func(r []rune) string {
		if f.def.Kind == steps.SecretField {
			return strings.Repeat(p.sym.mask, len(r))
		}
		return string(r)
	}
	if !focused {
		return p.shorten(show(value), w), 0
	}
	from := 0
	for from < pos && ansi.StringWidth(show(value[from:pos])) > w-1 {
		from++
	}
	return ansi.Truncate(show(value[from:]), w, ""), ansi.StringWidth(show(value[from:pos]))
}

// picks draws the options, the picked one between marks; only that one when
// they do not fit.
func (f *field) picks(p *pen, focused bool, w int) (line string, cursor int) {
	l := strong
	if focused {
		l = accentStrong
	}
	picked := func(o string) span { return span{text: p.sym.pickLeft + p.text(o) + p.sym.pickRight, look: l} }
	var spans []span
	for i, o := range f.def.Options {
		if i == f.pick {
			cursor = width(spans)
			spans = append(spans, picked(o), span{text: " "})
		} else {
			spans = append(spans, span{text: " " + p.text(o) + "  "})
		}
	}
	if width(spans) <= w || len(f.def.Options) == 0 {
		return p.draw(spans...), cursor
	}
	count := "  " + itoa(f.pick+1) + " of " + itoa(len(f.def.Options))
	one := picked(f.def.Options[f.pick])
	one.text = p.shorten(one.text, max(w-len(count), 1))
	return ansi.Truncate(p.draw(one, span{text: count, look: dim}), w, ""), 0
}
