package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"palmail/console"
	"palmail/desktop"
	"palmail/plain"
	"palmail/steps"
	"palmail/steps/progress"
	"palmail/store"
	"palmail/wizard"
)

// wizard leads through the setup, on screens or line by line, opened at the
// step named start or, when empty, where it was left.
func (a *app) wizard(ctx context.Context, start string) error {
	return a.inWizard(ctx, start, steps.Run)
}

// inWizard runs one of the steps' flows with a front end, and ends with the summary.
func (a *app) inWizard(ctx context.Context, start string, run func(context.Context,
	steps.Env) (steps.End, error)) error {
	a.interactive = true
	a.leaveOldConsole()
	if !a.wantsLines() && (!a.inTerminal() || !a.outTerminal()) {
		return usageError{errors.New(`the screens need a terminal on both sides, and here is none
palmail: hint: with answers on standard input, one a line: palmail --plain
palmail: hint: without questions: palmail status, palmail check, palmail send --to ADDRESS`)}
	}
	cloud, err := a.cloudFlag()
	if err != nil {
		return err
	}
	log, closeLog, err := a.openLog()
	if err != nil {
		return err
	}
	defer closeLog.Close()
	log.Info("start", "version", version(), "profile", a.profile, "demo", a.demo, "plain", a.wantsLines())

	kept := a.store()
	if a.demo {
		defer a.tenant.Close()
		if err := a.practised(ctx, kept, start); err != nil {
			return err
		}
	}
	env := func(ui steps.UI) steps.Env {
		return steps.Env{
			UI: ui, Store: kept, Memory: a.memory,
			M365: a.wire(log), Profile: a.profile, Cloud: cloud, Given: a.given, Portal: a.portal(),
			BrowserHere: desktop.BrowserHere(a.getenv), Open: a.opener(), SignInClientID: a.signInApp,
			WriteFile: writeAsked, OpenExport: openExport, Log: log, Now: now, Start: start, Profiles: a.profiles(),
		}
	}
	if a.plan {
		var text string
		err := a.show(ctx, log, func(ctx context.Context, ui steps.UI) (err error) {
			text, err = steps.PlanText(ctx, env(ui))
			return err
		})
		fmt.Fprint(a.out, text)
		return howLeft(ctx, err)
	}
	var end steps.End
	flow := func(ctx context.Context, ui steps.UI) (err error) {
		end, err = run(ctx, env(ui))
		if end.Profile != "" {
			a.profile = end.Profile // the hints below name the one that was picked
		}
		return err
	}
	err = a.show(ctx, log, flow)
	log.Info("end", "err", err)
	if a.demo {
		end.Place = ""
	}
	fmt.Fprint(a.out, "\n"+progress.Summary(&end.Setup, progress.SummaryContext{
		Command: a.command(""), Rotate: a.command(" rotate"), Place: end.Place, Cloud: steps.CloudOf(&end.Setup).Label, Now: now(),
	}))
	if a.demo {
		fmt.Fprintln(a.out, "\nThis was the practice tenant: nothing of it exists outside this program.")
	}
	return howLeft(ctx, err)
}

// howLeft gives the ways of leaving their exit codes.
func howLeft(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, plain.ErrNoAnswer) && errors.Is(err, store.ErrInUse):
		return codeError{exitInUse, err}
	case errors.Is(err, steps.ErrLeave), errors.Is(err, context.Canceled) && ctx.Err() == nil &&
		!errors.Is(err, wizard.ErrInterrupted):
		return codeError{code: exitUnfinished} // left in so many words
	case errors.Is(err, plain.ErrNoAnswer):
		return codeError{exitUnfinished, err}
	}
	return err
}

// profiles lists what is stored, unless the command line names a profile.
func (a *app) profiles() func(context.Context) ([]string, error) {
	if a.profileNamed || a.demo {
		return nil
	}
	return store.NewKeyring(store.Options{}).Profiles
}

// show runs a flow on the screens or line by line.
func (a *app) show(ctx context.Context, log *slog.Logger, flow func(context.Context, steps.UI) error) error {
	if a.demo {
		flow = a.tenant.Links(flow)
	}
	// ctx has ended when the program was told to end; the clipboard is cleared nevertheless.
	defer func() {
		if err := desktop.ClearSecret(context.WithoutCancel(ctx)); err != nil {
			log.Warn("the clipboard was not cleared", "err", err)
		}
	}()
	if a.wantsLines() {
		return plain.Run(ctx, a.plainOptions(log), flow)
	}
	return wizard.Run(ctx, a.screenOptions(log), flow)
}

// memory is where a setup goes when the admin goes on without the keyring.
func (a *app) memory() steps.Store {
	a.inMemory.Store(true)
	return store.NewMemory()
}

func (a *app) screenOptions(log *slog.Logger) wizard.Options {
	return wizard.Options{
		Copy: desktop.CopyText, CopySecret: desktop.CopySecret, Paste: desktop.ReadClipboard, Open: a.opener(),
		BrowserHere: desktop.BrowserHere(a.getenv),
		ASCII:       a.window.ASCII(a.getenv) || console.SwitchedOn(a.getenv("PALMAIL_ASCII")),
		TypedPastes: a.goos == "windows" && !console.Announced(a.getenv), StopLimit: stopLimit(a.goos),
		Version: version(), Log: log, Demo: a.demo, Now: now,
		Kept: func() bool { return !a.demo && !a.inMemory.Load() },
	}
}

func (a *app) plainOptions(log *slog.Logger) plain.Options {
	o := plain.Options{
		In: a.text(), Out: a.out, Terminal: a.inTerminal(), Copy: desktop.CopyText,
		CopySecret: desktop.CopySecret, Open: a.opener(),
		BrowserHere: desktop.BrowserHere(a.getenv), Demo: a.demo, Log: log, Now: now,
	}
	if a.inTerminal() {
		o.ReadSecret, o.Hide, o.Restore = plain.TerminalSecret(a.in)
		o.Flush = func() { plain.FlushInput(a.in) }
	}
	return o
}

// opener opens links in the browser, but never the real portal from the practice tenant.
func (a *app) opener() func(context.Context, string) error {
	if a.demo {
		return a.tenant.Open
	}
	return desktop.OpenURL
}
