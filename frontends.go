package main

import (
	"context"
	"log/slog"
	"palmail/desktop"
	"palmail/plain"

	"palmail/wizard"
)

func (a *app) screenOptions(log *slog.Logger) wizard.Options {
	return wizard.Options{
		Copy: desktop.CopyText, Paste: desktop.ReadClipboard, Open: a.opener(),
		BrowserHere: desktop.BrowserHere(a.getenv),
		Version:     version(), Log: log, Demo: a.demo, Now: now,
		Kept: func() bool { return !a.demo && !a.inMemory.Load() },
	}
}

func (a *app) plainOptions(log *slog.Logger) plain.Options {
	o := plain.Options{
		In: a.in, Out: a.out, Terminal: a.inTerminal(), Copy: desktop.CopyText, Open: a.opener(),
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
		return a.pages.open
	}
	return desktop.OpenURL
}
