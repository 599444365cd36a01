package cli

import (
	"context"

	"github.com/spf13/cobra"

	"palmail/steps"
	"palmail/steps/progress"
)

// reportOptions are the flags of report.
type reportOptions struct{ file outputFile }

func (a *app) reportCommand() *cobra.Command {
	o := reportOptions{file: outputFile{mode: readable, text: true}}
	c := &cobra.Command{
		Use: "report", Short: "Write what was set up, for the change record", Args: noArguments,
		Long: "Writes what was set up as Markdown: every object with its IDs, the secrets by description and " +
			"date, the proofs. It holds no secret and asks nobody.",
		Example: "palmail report\npalmail report --output pal-mail.md",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.report(cmd.Context(), o) },
	}
	o.file.flags(c, "write to this file, - for standard output, where it goes without this flag")
	return c
}

func (a *app) report(ctx context.Context, o reportOptions) error {
	if o.file.name == "" {
		o.file.name = "-"
	}
	if err := o.file.free(); err != nil {
		return err
	}
	x, err := a.stored(ctx)
	if err != nil {
		return a.failed(false, steps.StoreFinding(err, a.store().Place(), a.profile), err)
	}
	if x == nil {
		return a.notSetUp(false)
	}
	return o.file.write(a.out, []byte(progress.ChangeRecord(x, steps.TenantOf(x), now())))
}
