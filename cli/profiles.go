package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"palmail/diagnose"
	"palmail/steps"
)

// onlyAll refuses --all beside flags that speak of one profile.
func (a *app) onlyAll(cmd *cobra.Command, flags ...string) error {
	for _, name := range append(flags, "profile", "mailbox", "pal-url", "tenant-id", "client-id") {
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed {
			return usageError{fmt.Errorf("--all and --%s do not go together", name)}
		}
	}
	return nil
}

// unread is the part of a document on all profiles that says why some of them
// could not be read.
type unread struct {
	Finding *diagnose.Finding `json:"finding,omitempty"`
	NotRead []string          `json:"not_read,omitempty"`
}

// loadAll reads every profile. When the keyring itself does not let it, what
// could be read is returned with the reason.
func (a *app) loadAll(ctx context.Context, k keeper) (all []steps.Stored, rest unread, err error) {
	all, names, err := steps.LoadAll(ctx, k)
	if err != nil {
		if ctx.Err() != nil {
			return nil, unread{}, ctx.Err()
		}
		f := steps.StoreFinding(err, k.Place(), a.profile)
		steps.Orderly(&f)
		return all, unread{&f, names}, nil
	}
	return all, unread{}, nil
}

// printUnread says it once, however many profiles it is about.
func (u unread) print(w io.Writer) {
	if u.Finding == nil {
		return
	}
	printFinding(w, *u.Finding)
	if n := len(u.NotRead); n > 0 {
		fmt.Fprintf(w, "  Not read: %s, from %s on.\n", profiles(n), u.NotRead[0])
	}
}

func profiles(n int) string {
	if n == 1 {
		return "1 profile"
	}
	return strconv.Itoa(n) + " profiles"
}

// ending is what the command ends with, having come to code with what could be read.
func (u unread) ending(code int) error {
	if u.Finding != nil {
		code = steps.Worse(code, exitFailed)
	}
	if code != exitDone {
		return codeError{code: code}
	}
	return nil
}
