// Package cli is the command line: it says what the flags and verbs mean, one
// verb a file, and wires the rooms together.
package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Main carries out one command line, without the program's name, on the
// process's own streams and returns the exit code.
func Main(args []string) int {
	cobra.MousetrapHelpText = "" // a double-click opens the wizard
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
