// Package cli is the command line: it says what the flags and verbs mean, one
// verb a file, and wires the rooms together.
package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"palmail/desktop"
)

// Main carries out one command line, without the program's name, on the
// process's own streams and returns the exit code.
func Main(args []string) int {
	cobra.MousetrapHelpText = "" // a double-click opens the wizard
	if len(args) == 1 && args[0] == desktop.ClearArgument {
		if err := desktop.ClearLater(context.Background(), os.Stdin, desktop.SecretStays); err != nil {
			return exitFailed
		}
		return exitDone
	}
	if program, err := os.Executable(); err == nil {
		desktop.ClearWith(program)
	}
	return run(args, standard())
}

// run carries out one command line and returns its exit code. An interrupt, a
// request to end or a closed terminal ends the context; a second one ends the
// program at once.
func run(args []string, io streams) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	go func() {
		<-ctx.Done()
		stop()
	}()
	return execute(ctx, args, io)
}
