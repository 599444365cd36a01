package desktop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"

	"github.com/atotto/clipboard"
)

// ClearArgument is the only argument of the process that clears the clipboard:
// the program starts itself with it, and then calls ClearLater.
const ClearArgument = "__clear-clipboard"

// SecretStays is how long a copied secret stays on the clipboard.
const SecretStays = 45 * time.Second

// clearProgram is this program, where it knows ClearArgument.
var clearProgram string

// ClearWith names the program that CopySecret starts with ClearArgument. Without
// one, a secret is cleared only by ClearSecret.
func ClearWith(program string) { clearProgram = program }

// errNotCleared says that the clipboard could not be looked at.
var errNotCleared = errors.New("the clipboard could not be read")

// copied is the hash of the secret that was copied last, to clear it on leaving.
var copied struct {
	sync.Mutex
	hash []byte
}

// CopySecret puts a secret on the clipboard as CopyText does, and has it
// cleared after SecretStays, also when this program ends before: by a process
// that gets a hash of it, and not the secret. where says in words whether it
// will be cleared.
func CopySecret(ctx context.Context, text string) (where string, err error) {
	where, err = CopyText(ctx, text)
	if err != nil {
		return where, err
	}
	sum := sha256.Sum256([]byte(text))
	copied.Lock()
	copied.hash = sum[:]
	copied.Unlock()
	if err := startClearing(sum[:]); err != nil {
		return where + ". It is cleared when palmail ends", nil
	}
	return fmt.Sprintf("%s for %d seconds, until palmail ends at the latest", where, SecretStays/time.Second), nil
}

// ClearSecret clears the clipboard if it still holds the secret that CopySecret
// put there last.
func ClearSecret(ctx context.Context) error {
	copied.Lock()
	hash := copied.hash
	copied.hash = nil
	copied.Unlock()
	if hash == nil {
		return nil
	}
	return clearIfStill(ctx, hash)
}

func clearIfStill(ctx context.Context, hash []byte) error {
	text, err := ReadClipboard(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotCleared, err)
	}
	// A tool can give the text back with a line end.
	for _, t := range []string{text, string(bytes.TrimRight([]byte(text), "\r\n"))} {
		if sum := sha256.Sum256([]byte(t)); subtle.ConstantTimeCompare(sum[:], hash) == 1 {
			_, err := useClipboard(ctx, func() (string, error) { return "", clipboard.WriteAll("") })
			return err
		}
	}
	return nil
}

// startClearing starts this program again, apart from the terminal, to clear the
// clipboard later. What it gets is on its standard input, which no list of
// processes shows.
func startClearing(hash []byte) error {
	if clearProgram == "" {
		return errors.New("no program to clear the clipboard with")
	}
	// Not CommandContext: it has to outlive this program.
	cmd := exec.Command(clearProgram, ClearArgument) //nolint:noctx // see above
	cmd.Stdin = bytes.NewReader([]byte(hex.EncodeToString(hash)))
	detach(cmd)
	withoutConsole(cmd)
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }() // so that it does not stay as a zombie
	return nil
}

// ClearLater is what a process that was started with ClearArgument does: it
// reads a hash from in, waits, and clears the clipboard if that still holds the
// text with this hash.
func ClearLater(ctx context.Context, in io.Reader, wait time.Duration) error {
	text, err := io.ReadAll(io.LimitReader(in, 2*sha256.Size+1))
	if err != nil {
		return err
	}
	hash, err := hex.DecodeString(string(text))
	if err != nil || len(hash) != sha256.Size {
		return errors.New("no hash on standard input")
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return clearIfStill(ctx, hash)
}
