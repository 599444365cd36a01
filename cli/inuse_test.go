package cli

import (
	"context"
	"strings"
	"testing"
	"time"

	"palmail/sandbox"
	"palmail/store"
)

// claimed is a keyring whose profiles are held by a palmail on another computer.
type claimed struct{ *store.Memory }

// Claim implements steps.Store.
func (claimed) Claim(context.Context, string) (func(context.Context) error, error) {
	return nil, &store.InUseError{PID: 7, Host: "there", Since: time.Now(), Elsewhere: true}
}

// Without anybody to ask, a profile that is held elsewhere is left alone, with
// an exit code of its own.
func TestInUseHasItsExitCode(t *testing.T) {
	t.Parallel()
	x := storedSetup(t, sandbox.New(sandbox.Options{}), 180)
	st := store.NewMemory()
	save(t, st, "default", x)
	before := records(t, st)
	file, key := exportedTo(t, st)
	for _, args := range [][]string{{"--plain"}, {"rotate", "--plain"}, {"import", file, "--identity", key, "--overwrite"}} {
		o := inProcess(t, claimed{st}, "", args...)
		if o.code != exitInUse || !strings.Contains(o.out+o.stderr, "Another palmail is working on the profile default") ||
			!strings.Contains(strings.Join(strings.Fields(o.out+o.stderr), " "), "process 7 on there") {
			t.Errorf("%v ended with %d: %s%s", args, o.code, o.out, o.stderr)
		}
	}
	if after := records(t, st); after["default"] != before["default"] {
		t.Error("the record was changed")
	}
}
