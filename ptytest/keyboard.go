package ptytest

import (
	"bytes"
	"io"
	"sync"
)

// keyboard holds what is typed until the program reads it. Writing to it never
// waits: the emulator stands still while its answers are not taken, and a
// paste may be larger than what a pty holds.
type keyboard struct {
	mu    sync.Mutex
	more  *sync.Cond
	typed bytes.Buffer
	ended bool
}

func newKeyboard() *keyboard {
	k := &keyboard{}
	k.more = sync.NewCond(&k.mu)
	return k
}

// Write types b.
func (k *keyboard) Write(b []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	defer k.more.Broadcast()
	return k.typed.Write(b)
}

// end lets typeInto end.
func (k *keyboard) end() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ended = true
	k.more.Broadcast()
}

// typeInto hands what is typed to the pty until end, or until it is closed.
func (k *keyboard) typeInto(master io.Writer) {
	for {
		k.mu.Lock()
		for k.typed.Len() == 0 && !k.ended {
			k.more.Wait()
		}
		if k.ended {
			k.mu.Unlock()
			return
		}
		b := bytes.Clone(k.typed.Next(4 << 10))
		k.mu.Unlock()
		if _, err := master.Write(b); err != nil {
			return
		}
	}
}
