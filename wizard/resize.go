package wizard

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// resizePause is how long a window must keep its size before the screen is
// drawn for it. A window that is being dragged reports dozens of sizes a
// second, and each costs a whole screen, which over a slow line takes longer
// than the dragging.
const resizePause = 100 * time.Millisecond

// resizeFilter holds back all sizes of the window but the first until the last
// one has rested. Bubble Tea calls filter on its event loop only.
type resizeFilter struct {
	send  func(tea.Msg)
	sized bool // the first size has passed
	last  tea.WindowSizeMsg
	count int
	timer *time.Timer
}

// restedMsg says that no size came after the one with this count.
type restedMsg struct{ count int }

// filter is a tea.WithFilter.
func (r *resizeFilter) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		if !r.sized {
			r.sized = true
			return msg
		}
		r.stop()
		r.last = msg
		r.count++
		rested := restedMsg{r.count}
		r.timer = time.AfterFunc(resizePause, func() { r.send(rested) })
		return nil
	case restedMsg:
		if msg.count == r.count {
			return r.last
		}
		return nil
	}
	return msg
}

// stop ends the pause that runs. The program's event loop must have ended, or
// be the caller.
func (r *resizeFilter) stop() {
	if r.timer != nil {
		r.timer.Stop()
	}
}
