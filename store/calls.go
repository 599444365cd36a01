package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"
)

// writeGrace is how long a running write may still take after its context has
// ended.
const writeGrace = 250 * time.Millisecond

// randomID returns a random name of 60 bits for a revision or a claim.
func randomID() string { return rand.Text()[:12] }

// callKeyring makes one call to the keyring and adds the matching sentinel to
// its error.
func (v *vault) callKeyring(ctx context.Context, limit, grace time.Duration, operation string,
	run func() (string, error)) (string, error) {
	if err := validName(v.opts.Service); err != nil {
		return "", &unstartedError{fmt.Errorf("keyring service name %w", err)}
	}
	text, err := v.worker.do(ctx, keyringCall{operation: operation, limit: limit, grace: grace,
		run: func() (string, error) {
			if v.platform.precheck != nil {
				// The limit also covers the wait for the worker; this only keeps the dial from outliving it.
				dial, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
				defer cancel()
				if err := v.platform.precheck(dial); err != nil {
					return "", &unstartedError{err}
				}
			}
			return run()
		}})
	if err == nil {
		return text, nil
	}
	if kind := v.platform.sentinel(err); kind != nil && !errors.Is(err, kind) {
		err = fmt.Errorf("%w: %w", kind, err)
	}
	return "", fmt.Errorf("%s: %w", operation, err)
}

// readItem reads an item, or returns ErrNotFound.
func (v *vault) readItem(ctx context.Context, limit time.Duration, item string) (string, error) {
	return v.callKeyring(ctx, limit, 0, "reading "+item, func() (string, error) {
		return v.backend.Get(v.opts.Service, item)
	})
}

// readBack reads an item after it was written. If ctx has ended meanwhile, it
// still reads, with the short timeout, so that the outcome can be reported.
func (v *vault) readBack(ctx context.Context, item string) (string, error) {
	if ctx.Err() != nil {
		return v.readItem(context.WithoutCancel(ctx), v.opts.ReadTimeout, item)
	}
	return v.readItem(ctx, v.opts.WriteTimeout, item)
}

// writeItem writes an item and reads it back, because go-keyring reports
// success even when the person dismissed the prompt. With ErrNotKept it returns
// the text that was found instead. After any other error except
// ErrOutcomeUnknown the item is unchanged.
func (v *vault) writeItem(ctx context.Context, item, text string) (found string, err error) {
	if limit := v.platform.limit(v.opts.Service, item); len(text) > limit {
		return "", &unstartedError{&TooBigError{Size: len(text), Limit: limit}}
	}
	_, err = v.callKeyring(ctx, v.opts.WriteTimeout, writeGrace, "writing "+item, func() (string, error) {
		return "", v.backend.Set(v.opts.Service, item, text)
	})
	if isUnstarted(err) {
		return "", err
	}
	found, readErr := v.readBack(ctx, item)
	absent := errors.Is(readErr, ErrNotFound)
	switch {
	case readErr == nil && found == text:
		return "", nil
	case err != nil && (readErr == nil || absent):
		return found, err
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	case readErr == nil || absent:
		return found, fmt.Errorf("writing %s: %w", item, ErrNotKept)
	default:
		return "", fmt.Errorf("%w: %w", ErrOutcomeUnknown, readErr)
	}
}

// deleteItem deletes an item and checks that it is gone. It returns ErrNotFound
// if there was none.
func (v *vault) deleteItem(ctx context.Context, item string) error {
	_, err := v.callKeyring(ctx, v.opts.WriteTimeout, writeGrace, "deleting "+item, func() (string, error) {
		return "", v.backend.Delete(v.opts.Service, item)
	})
	if isUnstarted(err) || errors.Is(err, ErrNotFound) {
		return err
	}
	_, readErr := v.readBack(ctx, item)
	switch {
	case errors.Is(readErr, ErrNotFound):
		return nil
	case err != nil && readErr == nil:
		return err
	case err != nil:
		return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	case readErr == nil:
		return fmt.Errorf("deleting %s: %w: it is still there", item, ErrNotKept)
	default:
		return fmt.Errorf("%w: %w", ErrOutcomeUnknown, readErr)
	}
}

// Probe checks the keyring by writing, reading and deleting a test item, so
// that its problems show before palmail asks for a secret. It takes at most
// ProbeTimeout. ErrTimeout may mean that the keyring waits for somebody to
// unlock it, which is no reason to work without it.
func (v *vault) Probe(ctx context.Context) error {
	name, text := "probe."+randomID(), "palmail looks whether this keyring works "+randomID()
	// A single worker call, so that a probe that waits at a prompt still deletes its item later.
	_, err := v.callKeyring(ctx, v.opts.ProbeTimeout, 0, "trying the keyring", func() (string, error) {
		if err := v.backend.Set(v.opts.Service, name, text); err != nil {
			return "", err
		}
		got, err := v.backend.Get(v.opts.Service, name)
		deleteErr := v.backend.Delete(v.opts.Service, name)
		switch {
		case errors.Is(v.platform.sentinel(err), ErrNotFound):
			return "", ErrNotKept
		case err != nil:
			return "", err
		case got != text:
			return "", fmt.Errorf("%w: it returned something else", ErrNotKept)
		case deleteErr != nil:
			return "", fmt.Errorf("deleting: %w", deleteErr)
		}
		if _, err := v.backend.Get(v.opts.Service, name); !errors.Is(v.platform.sentinel(err), ErrNotFound) {
			return "", fmt.Errorf("%w: what was deleted is still there", ErrNotKept)
		}
		return "", nil
	})
	return err
}
