//go:build !linux

package store

import "testing"

// TestRealKeyring uses the keyring of whoever runs it, under a name of its own.
func TestRealKeyring(t *testing.T) {
	needKeyring(t)
	exerciseStore(t, NewKeyring(Options{Service: realService}))
}
