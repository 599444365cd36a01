package store

import "sync"

// Shared is a keyring in memory that several stores use, as the palmail
// processes of one person do. It is for simulations and tests: what a keyring
// does wrong happens at its calls, below everything that a store does about it.
type Shared struct {
	items memory

	mu    sync.Mutex
	ended map[int]bool // by process number, for each that was opened
}

// NewShared returns an empty keyring.
func NewShared() *Shared { return &Shared{ended: map[int]bool{}} }

// Around is called in place of each call to the keyring. The operation is get,
// set or delete, and do carries it out; an Around that does not call it, or
// returns an error of its own afterwards, is a keyring that fails before or
// after its work. It can block, and is called on one goroutine at a time.
type Around func(operation, item string, do func() error) error

// Open returns the store of one more process and the function that ends the
// process: its claims are a dead process's from then on. limit is how many bytes
// an item can hold, 0 for as many as any system takes.
func (s *Shared) Open(around Around, limit int) (m *Memory, end func()) {
	p := platform{displayName: "a keyring in memory", limit: noLimit}
	if limit > 0 {
		p.limit = func(string, string) int { return limit }
	}
	m = &Memory{newVault(Options{}, &surrounded{&s.items, around}, p)}
	s.mu.Lock()
	defer s.mu.Unlock()
	pid := len(s.ended) + 1
	s.ended[pid] = false
	m.pid, m.isAlive = pid, s.isAlive
	return m, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ended[pid] = true
	}
}

func (s *Shared) isAlive(pid int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.ended[pid]
}

// surrounded is a backend with an Around.
type surrounded struct {
	backend
	around Around
}

func (s *surrounded) Set(service, item, text string) error {
	return s.around("set", item, func() error { return s.backend.Set(service, item, text) })
}

func (s *surrounded) Get(service, item string) (text string, err error) {
	err = s.around("get", item, func() error {
		text, err = s.backend.Get(service, item)
		return err
	})
	return text, err
}

func (s *surrounded) Delete(service, item string) error {
	return s.around("delete", item, func() error { return s.backend.Delete(service, item) })
}
