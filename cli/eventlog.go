package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"palmail/eventlog"
)

// eventLogFlag adds --eventlog to a command, which then makes an entry when it ends with 3 or 4.
func (a *app) eventLogFlag(c *cobra.Command) {
	asked := c.Flags().Bool("eventlog", false, "on Windows, write to the Event Log when it ends with 3 or 4")
	run := c.RunE
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if *asked && a.goos != "windows" {
			return usageError{fmt.Errorf("--eventlog: %w", eventlog.ErrNotWindows)}
		}
		err := run(cmd, args)
		if !*asked {
			return err
		}
		all, _ := cmd.Flags().GetBool("all")
		return a.toEventLog(cmd.CommandPath(), all, err)
	}
}

// toEventLog writes how a command ended, if it ended with 3 or 4, and returns err. Without an entry the
// command ends with 1, since whoever reads the Event Log would take silence for good news.
func (a *app) toEventLog(command string, all bool, err error) error {
	var coded codeError
	if !errors.As(err, &coded) || coded.code != exitSoon && coded.code != exitUnfinished {
		return err
	}
	about := "The profile " + a.profile
	if all {
		about = "At least one profile"
	}
	text := about + " has a client secret that expires soon. PAL's mail stops on that day."
	if coded.code == exitUnfinished {
		text = about + " is not set up, or its client secret has expired, so that PAL cannot send mail."
	}
	text += fmt.Sprintf("\n\nReported by %s, which ended with %d. For details run: palmail status --all", command, coded.code)
	write := a.writeEvent
	if write == nil {
		write = eventlog.Write
	}
	failed := write(eventlog.Entry{ID: uint32(coded.code), Serious: coded.code == exitUnfinished, Text: text})
	switch {
	case failed == nil:
		return err
	case errors.Is(failed, eventlog.ErrNotRegistered):
		return codeError{
			exitFailed, fmt.Errorf("--eventlog: nothing was written to the Event Log: %w\npalmail: hint: the installer for "+
				"all users of a computer registers it; by hand, in PowerShell as administrator: New-EventLog -LogName "+
				"Application -Source palmail -MessageResourceFile C:\\Windows\\System32\\EventCreate.exe", failed),
		}
	}
	return codeError{exitFailed, fmt.Errorf("--eventlog: %w", failed)}
}
