package steps

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"palmail/sandbox"
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

// What Microsoft asks to wait stands on the line of the task that waits, and goes
// when the wait has ended.
func TestThrottlingIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 5})
		refused := 0
		w.tenant.Intercept(func(c sandbox.Call) sandbox.Outcome {
			if c.Method != http.MethodPost || !strings.HasSuffix(c.Path, "/addPassword") || refused == 2 {
				return sandbox.Outcome{}
			}
			refused++ // 12 s are kept within the call, 45 s by the step
			return sandbox.Outcome{
				Status: http.StatusTooManyRequests, RetryAfter: []string{"12", "45"}[refused-1],
			}
		})
		s := signer(t, w, "admin@agency.gov")
		if _, err := w.run(s); err != nil {
			t.Fatal(err)
		}
		var told []time.Duration
		for i, task := range s.tasks {
			if task.RetryAfter == 0 || (task.State != Waiting && task.State != Busy) {
				continue
			}
			told = append(told, task.RetryAfter)
			if task.State != Waiting || !strings.Contains(task.Text, "client secret") {
				t.Errorf("told on %+v", task)
			}
			later := slices.IndexFunc(s.tasks[i+1:], func(x Task) bool { return x.Key == task.Key })
			if later < 0 || s.tasks[i+1+later].RetryAfter == task.RetryAfter {
				t.Errorf("it stays on the line: %+v", task)
			}
		}
		if !slices.Equal(told, []time.Duration{12 * time.Second, 45 * time.Second}) {
			t.Errorf("told %v", told)
		}
	})
}
