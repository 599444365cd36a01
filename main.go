// Command palmail leads through the set-up that lets PAL send mail through Microsoft 365.
//
// This package says what the command line means and wires the rooms together;
// it is the only place that exits.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	os.Exit(run(os.Args[1:], standard()))
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
