package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"palmail/charset"
	"palmail/clean"
	"palmail/diagnose"
	"palmail/m365"
	"palmail/secret"
	"palmail/steps"
	"palmail/steps/progress"
	"palmail/store"
)

// subjectOptions are the flags that check and send share.
type subjectOptions struct {
	json        bool
	secretStdin bool // the secret comes from standard input, not from the keyring
}

func (o *subjectOptions) flags(c *cobra.Command, whatJSON string) {
	c.Flags().BoolVar(&o.json, "json", false, whatJSON)
	c.Flags().BoolVar(&o.secretStdin, "secret-stdin", false, "read the client secret from standard input")
}

// subject puts together what is to be proved: what is stored, with the flags
// over it. The keyring is not touched when the flags say everything.
func (a *app) subject(ctx context.Context, o subjectOptions, log *slog.Logger) (*store.Setup, error) {
	var x *store.Setup
	g := a.given
	if !o.secretStdin || g.ClientID == "" || g.Mailbox == "" {
		var err error
		if x, err = a.stored(ctx); err != nil {
			return nil, err
		}
	}
	if x == nil {
		if g.ClientID == "" && g.Mailbox == "" {
			return nil, nil
		}
		x = &store.Setup{}
	}
	cloud, err := a.cloudFlag()
	if err != nil {
		return nil, err
	}
	var value secret.Value
	if o.secretStdin {
		text, err := readAll(a.in, 4<<10, "standard input")
		if err != nil {
			return nil, usageError{fmt.Errorf("--secret-stdin: %w", err)}
		}
		if value = secret.New(clean.Pasted(charset.Decode(text))); value.IsZero() {
			return nil, usageError{errors.New("--secret-stdin: standard input was empty")}
		}
	}
	if err := steps.Override(ctx, x, steps.OverrideOptions{
		M365: a.wire(log), Given: g, Cloud: cloud, Secret: value,
	}); err != nil {
		var f *diagnose.Failure
		if errors.As(err, &f) {
			return nil, err
		}
		return nil, usageError{err}
	}
	return x, nil
}

// onSubject has do work on what is to be proved, with the log open.
func (a *app) onSubject(ctx context.Context, o subjectOptions, do func(context.Context, *store.Setup,
	m365.Options) error) error {
	log, closeLog, err := a.openLog()
	if err != nil {
		return err
	}
	defer closeLog.Close()
	x, err := a.subject(ctx, o, log)
	if err != nil {
		return a.cannot(o.json, err)
	}
	if x == nil {
		return a.notSetUp(o.json)
	}
	return do(ctx, x, a.wire(log))
}

// cannot reports why the check or the send could not even begin.
func (a *app) cannot(asJSON bool, err error) error {
	var usage usageError
	if errors.As(err, &usage) || isCanceled(err) {
		return err
	}
	var f *diagnose.Failure
	if errors.As(err, &f) {
		return a.failed(asJSON, diagnose.Explain(err, diagnose.Context{Now: now(), System: a.goos}), err)
	}
	return a.failed(asJSON, steps.StoreFinding(err, a.store().Place(), a.profile), err)
}

func (a *app) notSetUp(asJSON bool) error {
	if asJSON {
		d := a.failureDocument()
		d.State, d.Detail = progress.StateNone, "nothing is set up for this profile"
		if err := printJSON(a.out, d); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.err, "palmail: nothing is set up for the profile %s\npalmail: hint: %s sets it up; or give "+
			"--mailbox, --client-id, --tenant-id and --secret-stdin\n", a.profile, a.command(""))
	}
	return codeError{code: exitUnfinished}
}

// stored returns the profile's setup, nil when there is none.
func (a *app) stored(ctx context.Context) (*store.Setup, error) {
	if a.demo {
		x, err := a.tenant.Setup()
		return &x, err
	}
	x, err := a.store().Load(ctx, a.profile)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return &x, err
}

// storedWithSecret returns the profile's setup, which has come as far as its
// secret, or says what is missing.
func (a *app) storedWithSecret(ctx context.Context) (*store.Setup, error) {
	x, err := a.stored(ctx)
	switch {
	case err != nil:
		return nil, a.failed(false, steps.StoreFinding(err, a.store().Place(), a.profile), err)
	case x == nil:
		return nil, a.notSetUp(false)
	case x.Secret.Value.IsZero():
		return nil, codeError{
			exitUnfinished, fmt.Errorf("the setup has no client secret yet\npalmail: hint: %s goes on with it",
				a.command("")),
		}
	}
	return x, nil
}

// store is where setups are kept: never in the keyring under --demo.
func (a *app) store() steps.Store { return a.keeper() }

// shelf is the keeper for commands that read what is stored; in the practice
// tenant the finished setup is in it.
func (a *app) shelf(ctx context.Context) (keeper, error) {
	k := a.keeper()
	if a.demo {
		x, err := a.tenant.Setup()
		if err != nil {
			return nil, err
		}
		return k, k.Save(ctx, a.profile, &x)
	}
	return k, nil
}

// keeper is where setups are kept: the system's keyring, or memory.
type keeper interface {
	steps.Store
	steps.Shelf
}

func (a *app) keeper() keeper { return checkedKeeper{a.rawKeeper()} }

// checkedKeeper reads no record whose cloud poses as one of Microsoft's, so that
// every command and screen refuses it in the same words.
type checkedKeeper struct{ keeper }

// Load implements steps.Store.
func (k checkedKeeper) Load(ctx context.Context, profile string) (store.Setup, error) {
	x, err := k.keeper.Load(ctx, profile)
	if err == nil {
		err = steps.CheckCloud(&x)
	}
	if err != nil {
		return store.Setup{}, err
	}
	return x, nil
}

func (a *app) rawKeeper() keeper {
	switch {
	case a.demo:
		return store.NewMemory()
	case a.keyring != nil:
		return a.keyring
	}
	return store.NewKeyring(store.Options{})
}
