package sandbox

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// derived returns a GUID that belongs to parts in this tenant: the same on
// every run, and without drawing from the tenant's random source.
func (t *Tenant) derived(parts ...string) string {
	b := sha256.Sum256([]byte(t.id + "|" + strings.Join(parts, "|")))
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// shelf keeps the newest things under their keys, so that what strangers ask
// for cannot grow without bound.
type shelf[T any] struct {
	things map[string]T
	order  []string
}

const shelfSize = 500

func (s *shelf[T]) put(key string, thing T) {
	if s.things == nil {
		s.things = map[string]T{}
	}
	if _, has := s.things[key]; !has {
		s.order = append(s.order, key)
	}
	s.things[key] = thing
	for len(s.order) > shelfSize { // what was dropped holds its place until then
		delete(s.things, s.order[0])
		s.order = s.order[1:]
	}
}

func (s *shelf[T]) get(key string) (T, bool) {
	thing, ok := s.things[key]
	return thing, ok
}

func (s *shelf[T]) drop(key string) { delete(s.things, key) }
