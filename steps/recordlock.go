package steps

import "sync"

// recordLock guards the record while two chains of calls change and save it. A
// keyring can take minutes for a save. Whoever waits for a sync.Mutex all that
// time keeps the clock of a testing/synctest bubble from going on, whoever waits
// for a sync.Cond does not. The zero recordLock is not held.
type recordLock struct {
	mu   sync.Mutex
	free *sync.Cond
	held bool
}

func (l *recordLock) Lock() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.free == nil {
		l.free = sync.NewCond(&l.mu)
	}
	for l.held {
		l.free.Wait()
	}
	l.held = true
}

func (l *recordLock) Unlock() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = false
	l.free.Signal()
}

// TryLock takes the lock if nobody holds it.
func (l *recordLock) TryLock() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held {
		return false
	}
	if l.free == nil {
		l.free = sync.NewCond(&l.mu)
	}
	l.held = true
	return true
}
