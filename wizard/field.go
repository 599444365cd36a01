package wizard

import (
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"palmail/clean"
	"palmail/steps"
)

// maxFieldBytes is how much a field holds; a longer paste is refused, since it
// is a whole page and not a value.
const maxFieldBytes = 4 << 10

// field is one field of a page.
type field struct {
	def        *steps.Field
	editor     textinput.Model // edits only; the drawing is done here, by cells
	value      string          // the editor's text, copied once for each change
	cleaned    string          // the answer: value without surrounding blanks and quotes
	runes      int             // of value
	selected   int             // of a PickField: the index of the option
	long       longText        // of a LongField
	shape      steps.Verdict
	shown      bool
	submitted  bool   // the admin tried to continue: say what is missing
	pasteError string // why the last paste was refused, "" if it was not
	frozen     int    // how many characters the secret had that was handed over
}

func newField(def *steps.Field) *field {
	f := &field{def: def, editor: textinput.New()}
	f.editor.Prompt = ""
	f.editor.CharLimit = maxFieldBytes
	f.editor.SetVirtualCursor(false)
	keys := textinput.DefaultKeyMap()
	none := key.NewBinding(key.WithDisabled())
	keys.Paste, keys.AcceptSuggestion, keys.NextSuggestion, keys.PrevSuggestion = none, none, none, none
	f.editor.KeyMap = keys
	switch def.Kind {
	case steps.SecretField:
		f.editor.EchoMode = textinput.EchoPassword // ctrl+w deletes all of it, and so shows no word's end
		f.set(def.Secret.Reveal())
	case steps.PickField:
		f.choose(def.Value)
	default:
		f.set(clean.Pasted(def.Value))
	}
	f.editor.Focus()
	return f
}

// set replaces the text and puts the cursor behind it.
func (f *field) set(text string) {
	f.editor.SetValue(text)
	f.editor.CursorEnd()
	f.edited()
}

// edited takes the text over from the editor; it returns whether it has changed.
func (f *field) edited() bool {
	value := f.editor.Value()
	if value == f.value {
		return false
	}
	f.value, f.cleaned, f.runes = value, clean.Pasted(value), utf8.RuneCountInString(value)
	return true
}

// choose selects the option with this text, if there is one.
func (f *field) choose(text string) {
	for i, o := range f.def.Options {
		if o == text {
			f.selected = i
		}
	}
}

// text returns the answer, cleaned.
func (f *field) text() string {
	if f.def.Kind == steps.PickField {
		if f.selected < len(f.def.Options) {
			return f.def.Options[f.selected]
		}
		return ""
	}
	if f.def.Kind == steps.LongField {
		return f.long.text
	}
	return f.cleaned
}

// tidy rewrites the text into the form that is meant; it returns whether it has changed.
func (f *field) tidy() bool {
	if f.def.Kind == steps.PickField || f.def.Kind == steps.LongField {
		return false
	}
	text := f.text()
	if f.def.Tidy != nil && text != "" {
		text = f.def.Tidy(text)
	}
	if text == f.value {
		return false
	}
	f.set(text)
	return true
}

// judge applies the field's shape to the text.
func (f *field) judge(a steps.Answers) {
	text := f.text()
	switch {
	case text == "" && f.def.Optional:
		f.shape = steps.Verdict{State: steps.Right}
	case f.def.Shape != nil:
		f.shape = f.def.Shape(text, a)
		if text == "" && f.shape.State != steps.Wrong {
			f.shape.State = steps.Unknown // an empty text is no answer
		}
	case text == "":
		f.shape = steps.Verdict{}
	default:
		f.shape = steps.Verdict{State: steps.Right}
	}
}

// ready says whether the field looks right.
func (f *field) ready() bool { return f.shape.State == steps.Right || f.shape.State == steps.Warn }

// verdict returns the verdict to show under the field.
func (f *field) verdict() steps.Verdict {
	switch {
	case f.pasteError != "":
		return steps.Verdict{State: steps.Warn, Text: f.pasteError}
	case f.shape.State == steps.Unknown && f.submitted:
		text := f.shape.Text
		if text == "" {
			text = "Fill in " + f.def.Label + " to go on."
		}
		return steps.Verdict{State: steps.Warn, Text: text}
	case f.shape.State == steps.Wrong && f.text() == "" && !f.submitted:
		return steps.Verdict{}
	case f.shape.State == steps.Unknown:
		return steps.Verdict{}
	}
	return f.shape
}

// edit gives a key to the editor; it returns whether the text has changed.
func (f *field) edit(k tea.KeyPressMsg) bool {
	if f.def.Kind == steps.LongField {
		return f.editLong(k)
	}
	if !harmless(k.Text) {
		k.Text = strings.ReplaceAll(clean.Text(k.Text), "\n", "")
		if k.Text == "" {
			return false
		}
	}
	if k.Text != "" && len(f.value)+len(k.Text) > maxFieldBytes {
		return false
	}
	f.editor, _ = f.editor.Update(k)
	return f.edited()
}

// paste puts pasted text into the field; it returns whether the text has
// changed. A secret and a wrong value are replaced: nobody means to add to a
// text that is hidden, or wrong.
func (f *field) paste(raw string) bool {
	f.pasteError = ""
	if f.def.Kind == steps.PickField {
		return false
	}
	if f.def.Kind == steps.LongField {
		return f.pasteLong(raw)
	}
	if len(raw) > maxFieldBytes {
		f.pasteError = "That was " + itoa(utf8.RuneCountInString(raw)) +
			" characters, far more than this field takes. Nothing was pasted."
		return false
	}
	text := clean.Pasted(raw)
	if text == "" {
		f.pasteError = "There was no text on the clipboard. Copy the value again."
		return false
	}
	if f.def.Kind != steps.SecretField && clean.Masked(text) != text {
		f.pasteError = "This looks like a client secret, so it is not shown here. Nothing was pasted."
		return false
	}
	replaces := f.def.Kind == steps.SecretField || f.shape.State == steps.Wrong
	if !replaces && len(f.value)+len(text) > maxFieldBytes {
		f.pasteError = "Together that is more than this field takes. Nothing was pasted."
		return false
	}
	if replaces {
		f.set(text)
		return true
	}
	f.editor, _ = f.editor.Update(tea.PasteMsg{Content: text})
	return f.edited()
}
