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

// boundedMap keeps the newest values, so that requests of strangers cannot make
// it grow without bound.
type boundedMap[T any] struct {
	values map[string]T
	order  []string
}

const mostKept = 500

func (s *boundedMap[T]) put(key string, value T) {
	if s.values == nil {
		s.values = map[string]T{}
	}
	if _, has := s.values[key]; !has {
		s.order = append(s.order, key)
	}
	s.values[key] = value
	for len(s.order) > mostKept { // what was dropped holds its place until then
		delete(s.values, s.order[0])
		s.order = s.order[1:]
	}
}

func (s *boundedMap[T]) get(key string) (T, bool) {
	value, ok := s.values[key]
	return value, ok
}

func (s *boundedMap[T]) drop(key string) { delete(s.values, key) }
