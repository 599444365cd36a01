package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"palmail/clean"
	"palmail/steps"
	"palmail/store"
)

// forgetOptions are the flags of forget.
type forgetOptions struct {
	yes bool // do not ask
}

func (a *app) forgetCommand() *cobra.Command {
	var o forgetOptions
	c := &cobra.Command{
		Use: "forget", Short: "Remove the profile from the keyring", Args: noArguments,
		Long: "Removes what palmail keeps about the profile from the keyring, the secret included. " +
			"Nothing changes in Microsoft Entra or in PAL: mail goes on. Without --yes it asks for the profile's name.",
		Example: "palmail forget --profile branch\npalmail forget --yes",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.forget(cmd.Context(), o) },
	}
	c.Flags().BoolVar(&o.yes, "yes", false, "do not ask")
	return c
}

func (a *app) forget(ctx context.Context, o forgetOptions) error {
	st := a.store()
	if !o.yes {
		if !a.inTerminal() {
			return usageError{
				errors.New("nobody is there to confirm: add --yes to remove the profile without being asked"),
			}
		}
		fmt.Fprintf(a.out, "This removes the profile %s from %s. The app and its secret at Microsoft stay.\nType the "+
			"profile's name to go on: ", a.profile, st.Place())
		line, err := a.readLine(ctx)
		if err != nil {
			return err
		}
		if clean.Pasted(line) != a.profile {
			return errors.New("not removed: that was not the profile's name")
		}
	}
	err := st.Delete(ctx, a.profile)
	switch {
	case errors.Is(err, store.ErrNotFound):
		fmt.Fprintf(a.out, "There is no profile %s in %s.\n", a.profile, st.Place())
		return codeError{code: exitUnfinished}
	case err != nil:
		return a.failed(false, steps.StoreFinding(err, st.Place(), a.profile), err)
	}
	fmt.Fprintf(a.out, "Removed the profile %s from %s.\n", a.profile, st.Place())
	return nil
}
