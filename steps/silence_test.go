package steps

import (
	"sync"
	"testing"
	"time"
)

// silence fails a test when more than shortWait pass in which no running task
// says what is waited for and until when at most. The front ends show since
// when, and how to leave.
type silence struct {
	t       *testing.T
	mu      sync.Mutex
	since   time.Time
	running map[string]Task
}

func newSilence(t *testing.T) *silence { return &silence{t: t, running: map[string]Task{}} }

// begins forgets what was before: a person was at the keyboard.
func (s *silence) begins() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since = time.Now()
}

// ends looks at the time since the last event, and ends what still runs.
func (s *silence) ends(where string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look(where)
	clear(s.running)
}

func (s *silence) hears(t Task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look(t.Text)
	delete(s.running, t.Key)
	if t.State == Busy || t.State == Waiting {
		s.running[t.Key] = t
		if t.Text == "" || t.Limit <= 0 {
			s.t.Errorf("%q runs without a limit: %+v", t.Key, t)
		}
	}
}

func (s *silence) look(where string) {
	gap := time.Since(s.since)
	if !s.since.IsZero() && len(s.running) == 0 && gap > shortWait {
		s.t.Errorf("%s passed without a word, until %q", gap, where)
	}
	s.since = time.Now()
}
