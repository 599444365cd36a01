package wizard

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"palmail/steps"
)

// Still draws one question, a steps.Page, Choice, Work or Notice, as it comes up
// in a window of w by h cells, without styles. It is for tests and simulations
// that judge every screen they reach: no check and no work is run.
func Still(asked any, w, h int) (string, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	q := &question{ctx: ctx, reply: make(chan reply, 1), jobs: &jobs{}}
	switch asked := asked.(type) {
	case steps.Page:
		q.page = &asked
	case steps.Choice:
		q.choice = &asked
	case steps.Work:
		q.work = &asked
	case steps.Notice:
		q.notice = &asked
	default:
		return "", fmt.Errorf("drawing a %T: it is no question", asked)
	}
	m := newModel(ctx, Options{Env: []string{"LANG=C.UTF-8", "TERM=xterm-256color"}, Width: w, Height: h},
		func(tea.Msg) {}, func() {})
	m.Update(tea.WindowSizeMsg{Width: w, Height: h})
	m.Update(showMsg{q})
	return ansi.Strip(m.View().Content), nil
}
