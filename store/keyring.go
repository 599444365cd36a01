package store

import (
	"sync"
	"time"

	"github.com/zalando/go-keyring"
)

// Options say how a Keyring behaves; zero values take the defaults.
type Options struct {
	// Service is the keyring's name for everything palmail keeps, "palmail"
	// by default; a test takes its own. Letters, digits, dot, underscore, hyphen.
	Service string
	// ReadTimeout is for one read, 5 s by default.
	ReadTimeout time.Duration
	// WriteTimeout is for each call of Save, Delete and Claim, 120 s by
	// default, since a person may have to find and answer the keyring's prompt.
	WriteTimeout time.Duration
	// ProbeTimeout is for the whole of Probe, 3 s by default.
	ProbeTimeout time.Duration
	// Now is the clock for claims, time.Now by default.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Service == "" {
		o.Service = "palmail"
	}
	if o.ReadTimeout == 0 {
		o.ReadTimeout = 5 * time.Second
	}
	if o.WriteTimeout == 0 {
		o.WriteTimeout = 120 * time.Second
	}
	if o.ProbeTimeout == 0 {
		o.ProbeTimeout = 3 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Keyring keeps setups in the OS keyring: the Windows Credential Manager, the
// macOS login keychain, or the Secret Service on the session bus. It is safe
// for several goroutines. docs/keyring.md says where exactly a record lies.
//
// What it cannot do, since go-keyring or the system has no way for it:
//
//   - Stop a call that hangs: it is abandoned, at most one at a time, and
//     other calls fail with ErrTimeout until it returns (go-keyring #125).
//   - Encrypt the way to the Secret Service: go-keyring opens "plain" sessions
//     only (#81), so the value crosses the user's own bus in the clear.
//   - Keep out other programs of the same user: on macOS the item belongs to
//     /usr/bin/security, on Linux and Windows to the user. Protection is per
//     user, not per program.
//   - Tell a locked keyring from a dismissed prompt or a missing login keyring
//     on Linux, or read a credential that another program named its own way
//     on Windows (#102).
//   - Compare and write in one step: no keyring can. Claim, revisions and
//     read-back leave a window of milliseconds between two palmails.
//   - Run on FreeBSD and DragonFly BSD, where go-keyring needs cgo.
type Keyring struct{ vault }

// NewKeyring returns the store in the OS keyring. It makes no call yet.
func NewKeyring(o Options) *Keyring {
	return &Keyring{newVault(o, osKeyring{}, system)}
}

// Memory keeps setups in memory only, for the demo and for machines without a
// usable keyring. Otherwise it behaves like Keyring, including revisions and
// claims.
type Memory struct{ vault }

// NewMemory returns an empty store in memory.
func NewMemory() *Memory {
	return &Memory{newVault(Options{}, &memory{}, memoryPlatform)}
}

// backend is the interface of go-keyring that is used here.
type backend interface {
	Set(service, item, text string) error
	Get(service, item string) (string, error)
	Delete(service, item string) error
}

// osKeyring is go-keyring.
type osKeyring struct{}

func (osKeyring) Set(service, item, text string) error     { return keyring.Set(service, item, text) }
func (osKeyring) Get(service, item string) (string, error) { return keyring.Get(service, item) }
func (osKeyring) Delete(service, item string) error        { return keyring.Delete(service, item) }

// memory is a keyring in this process's memory.
type memory struct {
	mu    sync.Mutex
	items map[string]string
}

func (m *memory) Set(service, item, text string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.items == nil {
		m.items = map[string]string{}
	}
	m.items[service+":"+item] = text
	return nil
}

func (m *memory) Get(service, item string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	text, ok := m.items[service+":"+item]
	if !ok {
		return "", keyring.ErrNotFound
	}
	return text, nil
}

func (m *memory) Delete(service, item string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.items[service+":"+item]; !ok {
		return keyring.ErrNotFound
	}
	delete(m.items, service+":"+item)
	return nil
}
