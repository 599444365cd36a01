package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"palmail/clean"
	"palmail/secret"
	"palmail/steps"
	"palmail/store"
	"palmail/transfer"
)

// importOptions are the flags of import.
type importOptions struct {
	as, identity     string
	customCloud      bool // take profiles of custom clouds without a question
	overwrite, stdin bool
	named            bool // --profile picks one of the file
}

func (a *app) importCommand() *cobra.Command {
	var o importOptions
	c := &cobra.Command{
		Use: "import FILE", Short: "Read profiles that palmail export wrote",
		Long: "Reads the profiles of a file of palmail export into this keyring; --profile takes only that one of " +
			"them. " +
			"The whole file is decrypted and checked before anything is written, and when a profile cannot be " +
			"written, those before it are taken back. " +
			"A profile that exists here is replaced only after a question, or with --overwrite. " +
			"The hosts of each profile are listed. A custom cloud is taken only after a question, or with " +
			"--custom-cloud.",
		Example: "palmail import pal.age\npalmail import pal.age --as branch\npalmail import pal.age --identity key.txt",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("import takes one file, of palmail export")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.named = cmd.Flags().Changed("profile")
			return a.importFile(cmd.Context(), args[0], o)
		},
	}
	c.Flags().StringVar(&o.as, "as", "", "the name for the profile here, when the file has one")
	c.Flags().BoolVar(&o.overwrite, "overwrite", false, "replace profiles that exist here without a question")
	c.Flags().BoolVar(&o.customCloud, "custom-cloud", false,
		"take profiles whose secret goes to a custom cloud without a question")
	c.Flags().StringVar(&o.identity, "identity", "", "the age key file, for a file that was encrypted to a recipient")
	c.Flags().BoolVar(&o.stdin, "passphrase-stdin", false, "read the passphrase from standard input")
	return c
}

func (a *app) importFile(ctx context.Context, name string, o importOptions) error {
	switch {
	case o.identity != "" && o.stdin:
		return usageError{errors.New("--identity and --passphrase-stdin do not go together: it is one or the other")}
	case o.identity == "" && !o.stdin && !a.inTerminal():
		return usageError{errors.New("nobody is there to type the passphrase: give --passphrase-stdin or --identity")}
	}
	if o.as != "" {
		if err := store.ValidProfile(o.as); err != nil {
			return usageError{fmt.Errorf("--as: %w", err)}
		}
	}
	file, err := readBounded(name, transfer.MaxFile)
	if err != nil {
		return usageError{err}
	}
	key, err := a.key(ctx, o)
	if err != nil {
		return err
	}
	profiles, err := transfer.Open(file, key)
	if err != nil {
		return fmt.Errorf("nothing was imported: %w", err)
	}
	if profiles, err = a.chosen(profiles, o); err != nil {
		return err
	}
	if err := a.acceptClouds(ctx, profiles, o.customCloud); err != nil {
		return err
	}
	if a.demo {
		fmt.Fprintf(a.out, "The file is right; it holds %s. The practice tenant keeps nothing.\n", names(profiles))
		return nil
	}
	k := a.keeper()
	exist, err := a.existing(ctx, k, profiles)
	if err != nil {
		return err
	}
	if len(exist) > 0 && !o.overwrite {
		if err := a.mayReplace(ctx, exist, k.Place()); err != nil {
			return err
		}
	}
	in := intake{app: a, to: k, replace: exist}
	if err := in.take(ctx, profiles); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "Imported %s into %s. Delete the file now: its secrets work.\n", names(profiles), k.Place())
	return nil
}

// openExport reads a file for the screens, which ask for the passphrase themselves.
func openExport(ctx context.Context, name string, phrase secret.Value) ([]steps.Imported, error) {
	file, err := readBounded(name, transfer.MaxFile)
	if err != nil {
		return nil, err
	}
	key, err := transfer.PassphraseKey(phrase)
	if err != nil {
		return nil, err
	}
	profiles, err := transfer.Open(file, key)
	if err != nil || ctx.Err() != nil {
		return nil, errors.Join(err, ctx.Err())
	}
	var found []steps.Imported
	for _, p := range profiles {
		if err := steps.CheckCloud(&p.Setup); err != nil {
			return nil, fmt.Errorf("nothing was imported: profile %s: %w", p.Name, err)
		}
		found = append(found, steps.Imported{Profile: p.Name, Setup: p.Setup})
	}
	return found, nil
}

func (a *app) key(ctx context.Context, o importOptions) (transfer.Key, error) {
	if o.identity != "" {
		text, err := readBounded(o.identity, 64<<10)
		if err != nil {
			return transfer.Key{}, usageError{fmt.Errorf("--identity: %w", err)}
		}
		k, err := transfer.IdentityKey(text)
		if err != nil {
			return k, usageError{fmt.Errorf("--identity %s: %w", o.identity, err)}
		}
		return k, nil
	}
	read := a.passphraseFromStdin
	if !o.stdin {
		read = func(ctx context.Context) (secret.Value, error) { return a.askHidden(ctx, "Passphrase of the file: ") }
	}
	phrase, err := read(ctx)
	if err != nil {
		return transfer.Key{}, err
	}
	return transfer.PassphraseKey(phrase)
}

// chosen is what --profile and --as make of the file's profiles.
func (a *app) chosen(profiles []transfer.Profile, o importOptions) ([]transfer.Profile, error) {
	if o.named {
		var one []transfer.Profile
		for _, p := range profiles {
			if p.Name == a.profile {
				one = append(one, p)
			}
		}
		if len(one) == 0 {
			return nil, fmt.Errorf("nothing was imported: the file has no profile %s, but %s", a.profile,
				names(profiles))
		}
		profiles = one
	}
	if o.as != "" {
		if len(profiles) > 1 {
			return nil, usageError{
				fmt.Errorf("--as names one profile, and the file has %s: --profile picks one", names(profiles)),
			}
		}
		profiles[0].Name = o.as
	}
	return profiles, nil
}

// existing are the profiles that are here already. One that cannot be read is
// never replaced: it may be a newer palmail's.
func (a *app) existing(ctx context.Context, k keeper, profiles []transfer.Profile) (map[string]bool, error) {
	exist := map[string]bool{}
	for _, p := range profiles {
		_, err := k.Load(ctx, p.Name)
		switch {
		case err == nil:
			exist[p.Name] = true
		case !errors.Is(err, store.ErrNotFound):
			return nil, a.failed(false, steps.StoreFinding(err, k.Place(), p.Name), err)
		}
	}
	return exist, nil
}

func (a *app) mayReplace(ctx context.Context, exist map[string]bool, place string) error {
	list := slices.Sorted(maps.Keys(exist))
	what := fmt.Sprintf("in %s: %s", place, strings.Join(list, ", "))
	if !a.inTerminal() {
		return usageError{
			fmt.Errorf("nothing was imported: already %s; --overwrite replaces, --as gives another name", what),
		}
	}
	fmt.Fprintf(a.out, "Already %s.\nWhat is kept there, the secret included, would be lost.\nType yes to replace: ",
		what)
	line, err := a.readLine(ctx)
	if err != nil {
		return err
	}
	if clean.Pasted(line) != "yes" {
		return errors.New("nothing was imported")
	}
	return nil
}

// intake writes profiles, all of them or none.
type intake struct {
	app     *app
	to      keeper
	replace map[string]bool // what may be replaced
	done    []undo
}

// undo puts one profile back.
type undo struct {
	name   string
	before *store.Setup // nil: there was none
}

func (in *intake) take(ctx context.Context, profiles []transfer.Profile) error {
	release, err := in.claim(ctx, profiles)
	defer release()
	if err != nil {
		return err
	}
	for _, p := range profiles {
		if err := in.write(ctx, p); err != nil {
			in.back(ctx)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return in.app.failed(false, steps.StoreFinding(err, in.to.Place(), p.Name), err)
		}
	}
	return nil
}

// claim keeps other palmails off all the profiles, or is refused before anything is written.
func (in *intake) claim(ctx context.Context, profiles []transfer.Profile) (release func(), err error) {
	var held []func(context.Context) error
	release = func() {
		for _, free := range held {
			after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			_ = free(after) // a claim that stays behind is taken over once this process has ended
			cancel()
		}
	}
	for _, p := range profiles {
		free, err := in.to.Claim(ctx, p.Name)
		if err != nil {
			return release, in.app.failed(false, steps.StoreFinding(err, in.to.Place(), p.Name), err)
		}
		held = append(held, free)
	}
	return release, nil
}

func (in *intake) write(ctx context.Context, p transfer.Profile) error {
	u := undo{name: p.Name}
	x, err := in.to.Load(ctx, p.Name)
	switch {
	case err == nil:
		if !in.replace[p.Name] {
			return fmt.Errorf("%w since the question", store.ErrChanged)
		}
		u.before = &x
		p.Setup.Revision = x.Revision
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	err = in.to.Save(ctx, p.Name, &p.Setup)
	if err == nil || errors.Is(err, store.ErrOutcomeUnknown) {
		in.done = append(in.done, u)
	}
	return err
}

// back takes back what was written, the last first, also when the admin has
// stopped the program. What cannot be taken back is named.
func (in *intake) back(ctx context.Context) {
	ctx = context.WithoutCancel(ctx) // each call of the keyring has its own deadline
	var left []string
	for n := len(in.done) - 1; n >= 0; n-- {
		if err := in.undo(ctx, in.done[n]); err != nil {
			left = append(left, in.done[n].name)
		}
	}
	if len(left) > 0 {
		fmt.Fprintf(in.app.err, "palmail: these were written and could not be taken back: %s\n",
			strings.Join(left, ", "))
		return
	}
	fmt.Fprintln(in.app.err, "palmail: nothing was imported: everything is as it was.")
}

func (in *intake) undo(ctx context.Context, u undo) error {
	if u.before == nil {
		if err := in.to.Delete(ctx, u.name); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return nil
	}
	now, err := in.to.Load(ctx, u.name)
	if err != nil {
		return err
	}
	u.before.Revision = now.Revision
	return in.to.Save(ctx, u.name, u.before)
}
