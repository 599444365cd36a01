package wizard

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A window that is dragged for a second is drawn when it rests, at its last
// size, and the terminal gets no more than a few screens' bytes.
func TestResizeStorm(t *testing.T) {
	// The runtime starts its goroutine for signals once, and not in a bubble.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	signal.Stop(signals)
	inBubble(t, func(t *testing.T) {
		s := start(t, Options{BrowserHere: true}, fill(secretPage(rightCheck), nil))
		time.Sleep(time.Second)
		synctest.Wait()
		s.want("Create a client secret")
		before := s.bytes()
		for i := range 30 {
			w, h := 80+i, 24+i%5
			s.em.Resize(w, h)
			s.press(fmt.Sprintf("\x1b[48;%d;%d;0;0t", h, w)) // as terminals report it by mode 2048
			time.Sleep(time.Second / 30)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		n := s.bytes() - before
		if n == 0 || n > 10_000 {
			t.Errorf("%d bytes were written", n)
		}
		t.Logf("%d bytes were written", n)
		if last := "agency.gov · GCC High"; !strings.Contains(strings.Split(s.text(), "\n")[0], last) ||
			strings.Index(strings.Split(s.text(), "\n")[0], last) < 70 {
			t.Errorf("not drawn at the last size:\n%s", s.text())
		}
		s.press("\x03")
		_ = s.end()
		time.Sleep(stopLimit + time.Second) // the last timers
	})
}
