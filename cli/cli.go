package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"palmail/m365"
	"palmail/practice"
	"palmail/steps"
	"palmail/store"
)

// flags are what all commands share.
type flags struct {
	profile, cloud, log, weather string
	signInApp, proxy             string
	demo, plain, plan            bool
	given                        steps.Given
}

// app is one run of the program.
type app struct {
	flags
	streams
	profileNamed bool             // --profile was given
	tenant       *practice.Tenant // set under --demo
	interactive  bool             // it asks questions, on screens or line by line
	logged       *countedWriter   // what --log writes to, once it is open
	inMemory     atomic.Bool      // the admin chose to go on without the keyring
	verb         string           // name of the command
	asJSON       bool             // --json was given
	everyProfile bool             // --all was given
}

// execute parses args, carries out the command and returns the exit code.
func execute(ctx context.Context, args []string, streams streams) int {
	a := &app{streams: streams}
	out := &countedWriter{to: streams.out}
	a.out = out
	document := &written{Writer: out}
	if a.asJSON = slices.Contains(ownFlags(args), "--json"); a.asJSON {
		a.out = document
	}
	root := a.root()
	if cmd, _, err := root.Find(args); err == nil {
		a.verb, a.everyProfile = cmd.Name(), slices.Contains(ownFlags(args), "--all")
	}
	root.SetArgs(args)
	root.SetIn(streams.in)
	root.SetOut(a.out)
	root.SetErr(streams.err)
	root.SilenceErrors, root.SilenceUsage, root.Version = true, true, version()
	root.SetHelpFunc(func(c *cobra.Command, _ []string) { printHelp(c.OutOrStdout(), c) })
	err := root.ExecuteContext(ctx)
	if err != nil {
		if a.asJSON && document.n == 0 {
			a.printMissingDocument(ctx, err)
		}
		printError(streams.err, err)
	}
	if a.interactive || len(args) == 0 {
		a.keepWindow(ctx)
	}
	return a.notWritten(out, exitCode(ctx, err))
}

// notWritten reports output or log lines that were lost, which makes a success a failure.
func (a *app) notWritten(out *countedWriter, code int) int {
	lost := func(what string, err error) {
		printError(a.err, fmt.Errorf("writing to %s: %w", what, err))
		if code != exitUsage && code != exitInterrupted {
			code = exitFailed
		}
	}
	if err := out.failed(); err != nil {
		lost("standard output", err)
	}
	if a.logged != nil && a.logged.failed() != nil && code != exitUsage {
		lost("the log "+a.log, a.logged.failed())
	}
	return code
}

// ownFlags are the arguments before "--", which ends the flags.
func ownFlags(args []string) []string {
	if end := slices.Index(args, "--"); end >= 0 {
		return args[:end]
	}
	return args
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "palmail",
		Short: "Let PAL send mail through Microsoft 365",
		Long: "palmail leads an administrator through the set-up that lets PAL send mail through Microsoft 365: " +
			"register an app, create a client secret, grant Mail.Send, put four values into PAL, send a test mail. " +
			"Started again, it goes on where it was left; on a finished set-up it opens a home screen, from which " +
			"the secret is renewed.\n\n" +
			"Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the secret expires within the warning time, 4 not set up, " +
			"unfinished or expired, 5 another palmail is working on the profile, 130 interrupted.",
		Example: "# walk through it in a practice tenant\npalmail --demo\n" +
			"# set up PAL, or go on where it was left\npalmail\n" +
			"# prove everything without sending\npalmail check\n" +
			"# what is stored, and how long it lasts\npalmail status --json",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.wizard(cmd.Context(), "") },
	}
	root.SuggestionsMinimumDistance = 2
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	f := root.PersistentFlags()
	f.StringVar(&a.profile, "profile", "default", "which setup to work on, one for each PAL")
	f.StringVar(&a.cloud, "cloud", "auto", "auto, commercial, gcc, gcc-high, dod, china, or a cloud FILE.json")
	f.BoolVar(&a.demo, "demo", false, "work in a practice tenant: no network, no keyring")
	f.StringVar(&a.weather, "weather", "usual", "in the practice tenant: calm, usual or rough")
	f.BoolVar(&a.plain, "plain", false, "ask line by line, for screen readers and scripts")
	f.StringVar(&a.proxy, "proxy", "system", "a proxy's URL, direct, or system for what HTTPS_PROXY or the system says")
	f.StringVar(&a.log, "log", "", "write a log without secrets to this file")
	f.StringVar(&a.given.Mailbox, "mailbox", "", "the system mailbox that PAL sends from")
	f.StringVar(&a.given.PALURL, "pal-url", "", "the Application Admin URL of PAL")
	f.StringVar(&a.given.TenantID, "tenant-id", "", "the Directory (tenant) ID")
	f.StringVar(&a.given.ClientID, "client-id", "", "the Application (client) ID")
	f.StringVar(&a.signInApp, "sign-in-client-id", "",
		"an app of the agency's own to sign in with, instead of Azure CLI's")
	root.Flags().BoolVar(&a.plan, "plan", false, "sign in, show what would be changed in the tenant, and stop")
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		a.profileNamed = cmd.Flags().Changed("profile")
		if err := store.ValidProfile(a.profile); err != nil {
			return usageError{fmt.Errorf("--profile: %w", err)}
		}
		if a.signInApp != "" && !m365.IsGUID(a.signInApp) {
			return usageError{fmt.Errorf("--sign-in-client-id %s: not an ID", a.signInApp)}
		}
		if _, err := a.cloudFlag(); err != nil {
			return err
		}
		if _, err := m365.ParseProxy(a.proxy); err != nil {
			return usageError{fmt.Errorf("--proxy: %w", err)}
		}
		return a.prepareDemo()
	}
	root.AddCommand(a.rotateCommand(), a.revokeCommand(), a.limitCommand(), a.sendCommand(), a.checkCommand(),
		a.explainCommand(), a.statusCommand(), a.reportCommand(), a.remindCommand(), a.undoCommand(), a.exportCommand(),
		a.importCommand(), a.sandboxCommand(), a.forgetCommand(), a.versionCommand(), manCommand())
	return root
}

// noArguments refuses arguments as wrong usage, naming the commands that exist.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
	if s := cmd.SuggestionsFor(args[0]); len(s) > 0 {
		err = fmt.Errorf("%w; did you mean %s?", err, strings.Join(s, " or "))
	}
	return usageError{err}
}

// cloudFlag returns the cloud that --cloud names, nil for auto.
func (a *app) cloudFlag() (*m365.Cloud, error) {
	switch name := strings.ToLower(a.cloud); {
	case name == "auto" || name == "":
		return nil, nil
	case strings.HasSuffix(name, ".json") || strings.ContainsAny(a.cloud, `/\`):
		return readCloudFile(a.cloud)
	default:
		if c, ok := m365.CloudNamed(name); ok {
			return &c, nil
		}
		return nil, usageError{
			fmt.Errorf("--cloud %s: it is auto, commercial, gcc, gcc-high, dod, china, or a file whose name ends in "+
				".json", a.cloud),
		}
	}
}

func readCloudFile(name string) (*m365.Cloud, error) {
	data, err := readBounded(name, 64<<10)
	if err != nil {
		return nil, usageError{fmt.Errorf("--cloud: %w", err)}
	}
	c, err := m365.ParseCloudFile(data)
	if err != nil {
		return nil, usageError{fmt.Errorf("--cloud %s: %w", name, err)}
	}
	return &c, nil
}

// command is what starts palmail on this profile again, at a subcommand if
// one is given.
func (a *app) command(sub string) string {
	c := "palmail" + sub
	if a.profile != "default" {
		c += " --profile " + a.profile
	}
	if a.demo {
		c += " --demo"
	}
	return c
}

// now is the clock. It is a variable for tests of what depends on the date.
var now = time.Now
