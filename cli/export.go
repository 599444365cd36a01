package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"palmail/plain"
	"palmail/secret"
	"palmail/steps"
	"palmail/transfer"
)

// exportOptions are the flags of export.
type exportOptions struct {
	all, stdin bool
	file       outputFile
	recipients []string
}

func (a *app) exportCommand() *cobra.Command {
	o := exportOptions{file: outputFile{mode: private}}
	c := &cobra.Command{
		Use: "export", Short: "Write profiles to an encrypted file, for another machine", Args: noArguments,
		Long: "Writes the profile, or with --all every profile, to a file that palmail import reads on another " +
			"machine. The client secrets are in it, so it is encrypted (age, https://age-encryption.org): " +
			"with a passphrase that is asked twice, or to the age recipients that --recipient names. The profiles " +
			"stay in this keyring too.",
		Example: "palmail export --output pal.age\npalmail export --all --output pal.age --recipient age1…",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.all {
				if err := a.onlyAll(cmd); err != nil {
					return err
				}
			}
			return a.export(cmd.Context(), o)
		},
	}
	c.Flags().BoolVar(&o.all, "all", false, "every profile")
	o.file.flags(c, "write to this file, - for standard output")
	c.Flags().StringArrayVar(&o.recipients, "recipient", nil,
		"encrypt to this age recipient instead of with a passphrase; may be repeated")
	c.Flags().BoolVar(&o.stdin, "passphrase-stdin", false, "read the passphrase from standard input")
	return c
}

func (a *app) export(ctx context.Context, o exportOptions) error {
	switch {
	case o.file.name == "":
		return usageError{errors.New("--output says where the file goes")}
	case len(o.recipients) > 0 && o.stdin:
		return usageError{errors.New("--recipient and --passphrase-stdin do not go together: it is one or the other")}
	case len(o.recipients) == 0 && !o.stdin && !a.inTerminal():
		return usageError{errors.New("nobody is there to type a passphrase: give --passphrase-stdin or --recipient")}
	}
	if err := o.file.free(); err != nil {
		return err
	}
	profiles, err := a.exported(ctx, o.all)
	if err != nil {
		return err
	}
	lock, err := a.lock(ctx, o)
	if err != nil {
		return err
	}
	file, err := transfer.Seal(profiles, lock, now())
	if err != nil {
		return err
	}
	if err := o.file.write(a.out, file); err != nil {
		return err
	}
	if !o.file.stdout() {
		fmt.Fprintf(a.out, "Wrote %s to %s, encrypted, the client secrets included.\nOn the other machine: palmail "+
			"import %s. Delete the file afterwards.\n", names(profiles), o.file.name, o.file.name)
	}
	return nil
}

// exported reads what is to be exported. One profile that cannot be read ends
// it: whoever has moved must be able to rely on everything being there.
func (a *app) exported(ctx context.Context, all bool) ([]transfer.Profile, error) {
	k, err := a.shelf(ctx)
	if err != nil {
		return nil, err
	}
	list := []steps.Stored{}
	if all {
		var rest unread
		if list, rest, err = a.loadAll(ctx, k); err != nil {
			return nil, err
		}
		if rest.Finding != nil {
			rest.print(a.err)
			return nil, codeError{code: exitFailed}
		}
	} else {
		x, err := k.Load(ctx, a.profile)
		list = append(list, steps.StoredAs(a.profile, x, err))
	}
	var profiles []transfer.Profile
	for _, p := range list {
		switch {
		case p.Err != nil:
			return nil, a.failed(false, steps.StoreFinding(p.Err, k.Place(), p.Profile), p.Err)
		case p.Setup != nil:
			profiles = append(profiles, transfer.Profile{Name: p.Profile, Setup: *p.Setup})
		}
	}
	if len(profiles) == 0 {
		return nil, a.notSetUp(false)
	}
	return profiles, nil
}

func names(profiles []transfer.Profile) string {
	var all []string
	for _, p := range profiles {
		all = append(all, p.Name)
	}
	if len(all) == 1 {
		return "the profile " + all[0]
	}
	return fmt.Sprintf("%d profiles (%s)", len(all), strings.Join(all, ", "))
}

// lock asks for the passphrase, or takes it from where the flags say.
func (a *app) lock(ctx context.Context, o exportOptions) (transfer.Lock, error) {
	if len(o.recipients) > 0 {
		l, err := transfer.Recipients(o.recipients)
		if err != nil {
			return l, usageError{fmt.Errorf("--recipient: %w", err)}
		}
		return l, nil
	}
	if o.stdin {
		phrase, err := a.passphraseFromStdin(ctx)
		if err != nil {
			return transfer.Lock{}, err
		}
		return usable(transfer.Passphrase(phrase, cmp.Or(a.work, transfer.Work)))
	}
	phrase, err := a.askHidden(ctx, "Passphrase for the file: ")
	if err != nil {
		return transfer.Lock{}, err
	}
	l, err := usable(transfer.Passphrase(phrase, cmp.Or(a.work, transfer.Work)))
	if err != nil {
		return l, err
	}
	again, err := a.askHidden(ctx, "The same again: ")
	if err != nil {
		return l, err
	}
	if !phrase.Equal(again) {
		return l, errors.New("nothing was written: the two passphrases differ")
	}
	return l, nil
}

func usable(l transfer.Lock, err error) (transfer.Lock, error) {
	if err != nil {
		err = fmt.Errorf("nothing was written: %w", err)
	}
	return l, err
}

// passphraseFromStdin reads the passphrase up to the end of the first line.
func (a *app) passphraseFromStdin(ctx context.Context) (secret.Value, error) {
	line, err := a.readLine(ctx)
	if err != nil && ctx.Err() != nil {
		return secret.Value{}, ctx.Err()
	}
	phrase := secret.New(strings.TrimRight(line, "\r\n"))
	if err != nil || phrase.IsZero() {
		return phrase, usageError{errors.New("--passphrase-stdin: standard input was empty")}
	}
	return phrase, nil
}

// askHidden asks for one line on the terminal without showing it. The read
// cannot be interrupted; when ctx ends first it is left behind with the
// terminal as it was, and ends with the program.
func (a *app) askHidden(ctx context.Context, prompt string) (secret.Value, error) {
	read, hide, restore := plain.TerminalSecret(a.in)
	defer restore()
	hide()
	fmt.Fprint(a.err, prompt)
	defer fmt.Fprintln(a.err)
	type result struct {
		text string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		text, err := read()
		done <- result{text, err}
	}()
	select {
	case <-ctx.Done():
		return secret.Value{}, ctx.Err()
	case r := <-done:
		if r.err != nil {
			return secret.Value{}, fmt.Errorf("reading the passphrase: %w", r.err)
		}
		return secret.New(r.text), nil
	}
}
