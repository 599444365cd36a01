package main

import (
	"context"
	"log/slog"

	"palmail/wizard"
)

func (a *app) screenOptions(log *slog.Logger) wizard.Options {
	return wizard.Options{
		Copy: wizard.CopyText, Open: a.opener(), BrowserHere: wizard.BrowserHere(a.getenv),
		Version: version(), Log: log, Demo: a.demo, Now: now,
		Kept: func() bool { return !a.demo && !a.inMemory.Load() },
	}
}

func (a *app) plainOptions(log *slog.Logger) wizard.PlainOptions {
	o := wizard.PlainOptions{
		In: a.in, Out: a.out, Terminal: a.inTerminal(), Copy: wizard.CopyText, Open: a.opener(),
		BrowserHere: wizard.BrowserHere(a.getenv), Demo: a.demo, Log: log, Now: now,
	}
	if a.inTerminal() {
		o.ReadSecret, o.Hide, o.Restore = wizard.TerminalSecret(a.in)
	}
	return o
}

// opener opens links in the browser, but never the real portal from the practice tenant.
func (a *app) opener() func(context.Context, string) error {
	if a.demo {
		return a.pages.open
	}
	return wizard.OpenURL
}
