package plain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"palmail/clean"
	"palmail/steps"
)

// signalGrace is how long a signal can take to cancel the context.
const signalGrace = 200 * time.Millisecond

// question is one prompt and its rules.
type question struct {
	prompt    string // as written, with the space at its end
	name      string // for ErrNoAnswer
	flag      string // that answers it in advance, or ""
	hidden    bool   // the answer is a secret
	enter     bool   // waits for enter only; has no answer
	skippable bool   // an enter question that piped input need not answer
}

// answer ends a question: with text, with the word of a command, or with the
// values that the practice tenant fills in.
type answer struct {
	text string
	word string
	fill map[string]string
}

// ask puts q until it has an answer. Commands that do not end the question are
// carried out, and it is put again. The text is clean.
func (p *prompter) ask(ctx context.Context, s *screen, q question) (answer, error) {
	for {
		text, err := p.prompt(ctx, s, q)
		if err != nil {
			return answer{}, err
		}
		word, n := s.command(text)
		switch {
		case word != "" && q.hidden:
			if yes, err := p.meant(ctx, text); err != nil {
				return answer{}, err
			} else if !yes {
				return answer{text: text}, nil
			}
		case word == "" && q.enter && text != "":
			p.line("Wrong: Press enter, or type a command. A question mark lists the commands.")
			continue
		case word == "":
			if rest, ok := strings.CutPrefix(text, `\`); ok && !q.hidden {
				if w, _ := s.command(rest); w != "" {
					text = rest
				}
			}
			return answer{text: text}, nil
		}
		p.o.Log.Debug("plain command", "word", word)
		answer, ends, err := p.obey(ctx, s, word, n)
		if ends || err != nil {
			return answer, err
		}
	}
}

// prompt writes the prompt of q and returns the line that answers it.
func (p *prompter) prompt(ctx context.Context, s *screen, q question) (string, error) {
	if p.o.Terminal && !p.helpMentioned {
		p.helpMentioned = true
		p.line("At any question, a question mark lists the commands.")
	}
	for {
		if q.hidden {
			if err := p.hideInput(ctx); err != nil {
				return "", err
			}
		}
		p.write(q.prompt)
		if err := p.writeError(); err != nil {
			return "", err
		}
		line, err := p.lines.next(ctx, q.hidden)
		if err != nil {
			p.write("\n")
			return "", err
		}
		if line.err != nil {
			p.write("\n")
			return "", p.ended(ctx, s, q, line.err)
		}
		text := clean.Pasted(line.text)
		if word, _ := s.command(text); word == "" && text != "" && !line.tooLong && p.skip(s, q) {
			p.lines.putBack(line)
			p.write("\n")
			return "", nil
		}
		p.echo(text, q, line.tooLong)
		if !line.tooLong {
			p.skipped = nil
			return text, nil
		}
		p.line(fmt.Sprintf("Wrong: The line is longer than %d bytes. It was not read.", maxLine))
	}
}

// hideInput prepares the terminal for an answer that must not show. A read that
// a wait has left behind shows what it reads, so that one is ended by enter first.
func (p *prompter) hideInput(ctx context.Context) error {
	if p.lines.reading {
		p.write("Press enter before the next answer, which does not show: ")
		line, err := p.lines.next(ctx, false)
		if err != nil {
			return err
		}
		if line.err != nil {
			p.lines.putBack(line)
		}
	}
	if p.o.Hide != nil {
		p.o.Hide()
	}
	return nil
}

// echo completes the prompt's line: on a terminal the typed text is there
// already, and so is the end of its line unless echo was off.
func (p *prompter) echo(text string, q question, tooLong bool) {
	switch {
	case p.o.Terminal && !q.hidden:
	case p.o.Terminal && p.o.ReadSecret == nil:
	case p.o.Terminal:
		p.write("\n")
	case tooLong:
		p.write("(too long)\n")
	case q.hidden && text != "":
		p.write("(hidden)\n")
	default:
		p.write(clean.Masked(text) + "\n")
	}
}

// skip says whether the screen continues although piped input has no line for
// it. It continues once: a step that shows the same screen until something
// changes would never end.
func (p *prompter) skip(s *screen, q question) bool {
	screen := s.frame.Name + "\n" + q.prompt
	if !q.skippable || p.o.Terminal || p.skipped[screen] {
		return false
	}
	if p.skipped == nil {
		p.skipped = map[string]bool{}
	}
	p.skipped[screen] = true
	return true
}

// ended returns the error for an input that ended at q, nil when q can be skipped.
func (p *prompter) ended(ctx context.Context, s *screen, q question, err error) error {
	if p.o.Terminal {
		// A Windows console can end the read at ctrl+c a moment before the
		// signal has been heard of.
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(signalGrace):
		}
	}
	if !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if p.skip(s, q) {
		return nil
	}
	how := "give it as one more line"
	if q.flag != "" {
		how = "give it with " + q.flag + " or as one more line"
	}
	return fmt.Errorf("%w to %q: the input ended; %s", ErrNoAnswer, clean.Line(q.name), how)
}

// meant asks whether a word given as a secret was meant as a command. Without a terminal only the line "yes" says so.
func (p *prompter) meant(ctx context.Context, word string) (bool, error) {
	p.line(fmt.Sprintf("Note: %q is a command here.", strings.ToLower(word)))
	return p.yes(ctx, "Did you mean the command? Yes or no", true)
}

// yes asks a question that is answered by yes or no. On a terminal, enter means
// the usual answer. In piped input, any other line means no and is left for the
// next question.
func (p *prompter) yes(ctx context.Context, wording string, usual bool) (bool, error) {
	word := map[bool]string{true: "yes", false: "no"}
	usual = usual && p.o.Terminal
	for {
		p.write(wording + " [" + word[usual] + "]: ")
		line, err := p.lines.next(ctx, false)
		if err != nil {
			p.write("\n")
			return false, err
		}
		text := strings.ToLower(clean.Pasted(line.text))
		switch {
		case line.err != nil:
			p.write("\n")
			p.lines.putBack(line)
			return false, nil
		case text == "yes", text == "y", text == "no", text == "n":
			p.echo(text, question{}, false)
			return text[0] == 'y', nil
		case p.o.Terminal && text == "":
			return usual, nil
		case !p.o.Terminal:
			p.write("\n")
			p.lines.putBack(line)
			return false, nil
		}
		p.line("Wrong: Type yes or no.")
	}
}

// pick asks for one of the options, which have been listed with their numbers,
// and returns its index. Options are named by number or by their text.
func (p *prompter) pick(
	ctx context.Context, s *screen, q question, options []string, now int,
) (int, answer, error) {
	for {
		a, err := p.ask(ctx, s, q)
		if err != nil || a.word != "" || a.fill != nil {
			return now, a, err
		}
		if a.text == "" {
			return now, a, nil
		}
		if n, err := strconv.Atoi(strings.TrimSuffix(a.text, ".")); err == nil && n >= 1 && n <= len(options) {
			return n - 1, a, nil
		}
		same := func(o string) bool {
			return strings.EqualFold(strings.TrimSuffix(asSentence(o), "."),
				strings.TrimSuffix(asSentence(a.text), "."))
		}
		if i := slices.IndexFunc(options, same); i >= 0 {
			return i, a, nil
		}
		p.line(fmt.Sprintf("Wrong: Type a number from 1 to %d.", len(options)))
	}
}

// pass waits for enter; action says what enter does.
func (p *prompter) pass(ctx context.Context, s *screen, name, action string, skippable bool) (answer, error) {
	if action == "" {
		action = "continue"
	}
	return p.ask(ctx, s, question{
		prompt: "Press enter to " + asWords(action) + ": ", name: name, enter: true, skippable: skippable,
	})
}

// leave cancels the flow: every method of the UI returns an error afterwards.
func (p *prompter) leave() error {
	p.cancel()
	return context.Canceled
}

// remember keeps the secrets of a screen out of everything that write writes.
func (p *prompter) remember(values []steps.Value) {
	for _, v := range values {
		p.hide(v.Secret)
	}
}
