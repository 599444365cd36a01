package plain

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"palmail/clean"
	"palmail/secret"
	"palmail/steps"
)

// desktopDeadline bounds opening a browser and copying.
const desktopDeadline = 10 * time.Second

// numberedItem is a numbered line of a screen, for the commands open, copy and show.
type numberedItem struct {
	label  string
	text   string // to copy
	link   string // to open
	secret secret.Value
}

// screen holds everything that the commands of one screen need.
type screen struct {
	frame    steps.Frame
	items    []numberedItem // item i has the number i+1
	link     string         // a finding's, opened before all others
	actions  []steps.Action
	practice []steps.Practice // only in the demo
	page     bool             // edit works
	clear    bool             // the current question can be left empty
	again    func()           // reads the screen again
}

// command recognises a command of this screen, and the number after it, 0 for none.
func (s *screen) command(text string) (word string, n int) {
	word, rest, _ := strings.Cut(strings.ToLower(text), " ")
	if rest != "" {
		var err error
		if n, err = strconv.Atoi(rest); err != nil || n < 1 {
			return "", 0
		}
	}
	switch word {
	case "open", "copy", "show":
		return word, n
	case "practice":
		if s.practice != nil {
			return word, n
		}
	}
	if rest != "" {
		return "", 0
	}
	switch word {
	case "?", "help", "again", "back", "leave":
		return word, 0
	case "edit":
		if s.page {
			return word, 0
		}
	case "clear":
		if s.clear {
			return word, 0
		}
	}
	for _, a := range s.actions {
		if word != "" && strings.EqualFold(a.Word, word) {
			return word, 0
		}
	}
	return "", 0
}

// obey carries out a command. ends tells whether the question ends with it.
func (p *prompter) obey(ctx context.Context, s *screen, word string, n int) (a answer, ends bool, err error) {
	switch word {
	case "?", "help":
		p.help(s)
	case "again":
		s.again()
	case "back":
		return a, true, steps.ErrBack
	case "leave":
		return a, true, p.leave()
	case "open":
		p.open(ctx, s, n)
	case "copy":
		p.copy(ctx, s, n)
	case "show":
		return a, false, p.show(ctx, s, n)
	case "practice":
		a.fill, err = p.practise(ctx, s, n)
		return a, a.fill != nil, err
	default:
		a.word = word
		return a, true, nil
	}
	return a, false, ctx.Err()
}

// help explains the screen and lists the commands that work on it.
func (p *prompter) help(s *screen) {
	p.paragraphs(s.frame.Help)
	p.line("These commands work here:")
	p.line("back goes to the page before.")
	p.line("leave ends palmail. Progress is saved.")
	p.line("again reads this page again.")
	if s.page {
		p.line("edit asks the questions of this page again.")
	}
	if s.clear {
		p.line("clear leaves this answer empty.")
	}
	if n := s.first(func(i numberedItem) bool { return i.link != "" }); n > 0 || s.link != "" {
		p.line("open opens the first address, and open with a number the address of that line.")
	}
	if n := s.first(func(i numberedItem) bool { return i.text != "" || !i.secret.IsZero() }); n > 0 && p.o.Copy != nil {
		p.line("copy copies the first value, and copy with a number the value of that line.")
	}
	if n := s.first(func(i numberedItem) bool { return !i.secret.IsZero() }); n > 0 {
		p.line("show writes a hidden value, after a warning.")
	}
	for _, a := range s.actions {
		p.say(a.Word+": ", a.Label)
	}
	if s.practice != nil {
		p.line("practice lists what the practice tenant can do for you.")
	}
	p.line("An answer that is one of these words is typed with a backslash before it.")
}

// first returns the number of the first matching item, or 0.
func (s *screen) first(matches func(numberedItem) bool) int {
	for i, item := range s.items {
		if matches(item) {
			return i + 1
		}
	}
	return 0
}

// item returns item n, or for n 0 the first matching one, and its number; 0 when there is none.
func (s *screen) item(n int, matches func(numberedItem) bool) (numberedItem, int) {
	if n == 0 {
		n = s.first(matches)
	}
	if n < 1 || n > len(s.items) || !matches(s.items[n-1]) {
		return numberedItem{}, 0
	}
	return s.items[n-1], n
}

func (p *prompter) open(ctx context.Context, s *screen, n int) {
	link := s.link
	if n > 0 || link == "" {
		item, found := s.item(n, func(i numberedItem) bool { return i.link != "" })
		if found == 0 {
			p.line("Note: There is no address to open there.")
			return
		}
		link = item.link
	}
	if !p.o.BrowserHere || p.o.Open == nil {
		p.line("Note: No browser can be opened here. Open this address where there is one:")
		p.line(clean.Line(link))
		return
	}
	var err error
	p.atDesktop(ctx, "Opening the browser", func(ctx context.Context) { err = p.o.Open(ctx, link) })
	if err != nil {
		p.say("Note: The browser was not opened: ", err.Error())
		p.line("Address: " + clean.Line(link))
		return
	}
	p.line("OK: The browser has been told to open it.")
}

func (p *prompter) copy(ctx context.Context, s *screen, n int) {
	item, found := s.item(n, func(i numberedItem) bool { return i.text != "" || !i.secret.IsZero() })
	if found == 0 {
		item, found = s.item(n, func(i numberedItem) bool { return i.link != "" })
		item.text, item.label = item.link, "the address"
	}
	switch {
	case found == 0:
		p.line("Note: There is nothing to copy there.")
		return
	case p.o.Copy == nil, !item.secret.IsZero() && p.o.CopySecret == nil:
		p.line("Note: There is no clipboard here.")
		return
	}
	text, copyFn := item.text, p.o.Copy
	if !item.secret.IsZero() {
		text, copyFn = item.secret.Reveal(), p.o.CopySecret
	}
	var where string
	var err error
	p.atDesktop(ctx, "Copying", func(ctx context.Context) { where, err = copyFn(ctx, text) })
	if err != nil {
		p.say("Note: It was not copied: ", err.Error())
		if !item.secret.IsZero() {
			p.line(fmt.Sprintf("show %d writes it here.", found))
		}
		return
	}
	p.say("OK: Copied "+item.label+" to ", where)
}

// atDesktop calls the desktop, which does not always answer.
func (p *prompter) atDesktop(ctx context.Context, text string, call func(ctx context.Context)) {
	ctx, cancel := context.WithTimeout(ctx, desktopDeadline)
	defer cancel()
	w := wait{text: text, limit: desktopDeadline, enter: "stop waiting"}
	p.during(ctx, w, func(ctx context.Context, _ steps.Report) { call(ctx) })
}

// show writes a secret after a warning and a confirmation.
func (p *prompter) show(ctx context.Context, s *screen, n int) error {
	item, found := s.item(n, func(i numberedItem) bool { return !i.secret.IsZero() })
	if found == 0 {
		p.line("Note: There is nothing hidden there.")
		return nil
	}
	p.line("Note: It stays readable in this window and its scrollback, even after palmail has ended.")
	yes, err := p.yes(ctx, "Show it all the same? Yes or no", false)
	if err != nil || !yes {
		return err
	}
	p.o.Log.Info("plain show", "label", item.label)
	p.reveal(item.label + ": " + item.secret.Reveal())
	return nil
}

// practise does the portal's part in the practice tenant: way n, or the one
// picked from a list. The map is nil when nothing is filled in.
func (p *prompter) practise(ctx context.Context, s *screen, n int) (map[string]string, error) {
	if n > len(s.practice) {
		p.line(fmt.Sprintf("Wrong: practice takes a number from 1 to %d.", len(s.practice)))
		return nil, nil
	}
	if n == 0 {
		p.line("The practice tenant can do this:")
		labels := make([]string, len(s.practice))
		for i, way := range s.practice {
			labels[i] = way.Label
			p.say(fmt.Sprintf("%d. ", i+1), way.Label)
		}
		list := &screen{frame: s.frame, again: func() {}}
		q := question{prompt: "Number [1]: ", name: "what to practise"}
		i, _, err := p.pick(ctx, list, q, labels, 0)
		if errors.Is(err, steps.ErrBack) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		n = i + 1
	}
	var fill map[string]string
	var said string
	var err error
	p.during(ctx, wait{text: "Working in the practice tenant", enter: "stop waiting"},
		func(ctx context.Context, _ steps.Report) { fill, said, err = s.practice[n-1].Do(ctx) })
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		p.say("Wrong: That did not work: ", err.Error())
		return nil, nil
	}
	p.paragraphs(said)
	if len(fill) == 0 {
		return nil, nil
	}
	return fill, nil
}
