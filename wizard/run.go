package wizard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"

	"palmail/clean"
	"palmail/steps"
)

// ErrInterrupted is returned by Run, wrapped with the flow's own error, when the
// admin, a signal or the caller ended the flow before it was done.
var ErrInterrupted = errors.New("interrupted")

// errNoClipboard is why nothing was copied or pasted when Options has no Copy or no Paste.
var errNoClipboard = errors.New("no clipboard")

// Options connect the screens to the terminal and the desktop. The zero Options
// use the terminal, copy through the terminal only, and open no browser.
type Options struct {
	Input  io.Reader // nil: the terminal. Bubble Tea misses resizes on Windows when this is set
	Output io.Writer // nil: the terminal
	Env    []string  // nil: the process's

	ASCII bool // draw nothing but ASCII, also where the environment promises more
	// TypedPastes says that the terminal possibly sends a paste as if it were typed, without paste brackets, as
	// the Windows console does before Windows 11. TERM can say so too.
	TypedPastes bool

	// Copy puts text on the system's clipboard and returns where it went, Paste
	// reads it, and Open opens a link in a browser. They run in goroutines of
	// their own and must end with their context; each can be nil.
	// CopySecret is Copy for a secret, which it also has cleared; where says when.
	Copy, CopySecret func(ctx context.Context, text string) (where string, err error)
	Paste            func(ctx context.Context) (text string, err error)
	Open             func(ctx context.Context, url string) error
	// BrowserHere says that a browser can be opened on this machine; if not,
	// links are written out in full.
	BrowserHere bool

	Version string
	Log     *slog.Logger // nil: nothing is logged. No message or key is ever logged
	Demo    bool         // this is the practice tenant
	// Kept says whether leaving loses nothing; nil promises nothing. It is
	// called while drawing and must not wait.
	Kept func() bool

	// StopLimit is how long leaving waits for the flow, ten seconds when zero.
	StopLimit time.Duration

	Width, Height int              // the window of tests without a terminal
	Now           func() time.Time // nil: the wall clock
}

// Run shows the screens that flow asks for and returns flow's error. However it
// ends (ctrl+c, SIGINT, SIGTERM, SIGHUP, a closed terminal, the end of ctx, a
// panic), it cancels flow's context and waits at most Options.StopLimit for flow; the
// error is then ErrInterrupted as well.
func Run(ctx context.Context, o Options, flow func(ctx context.Context, ui steps.UI) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var p *tea.Program
	send := func(msg tea.Msg) { p.Send(msg) }
	m := newModel(ctx, o, send, cancel)
	sizes := &resizeFilter{send: send}
	defer sizes.stop()
	p = tea.NewProgram(m, append(programOptions(o), tea.WithFilter(sizes.filter))...)

	flowErr := make(chan error, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		err := guarded(ctx, m.o.Log, &bridge{send}, flow)
		flowErr <- err
		send(flowDoneMsg{})
	}()
	unwatch := watch(ctx, send)
	_, err := p.Run()
	unwatch()
	cancel()
	return finish(m, err, flowErr)
}

// programOptions returns the options of the Bubble Tea program.
func programOptions(o Options) []tea.ProgramOption {
	// The signals are handled here, since Bubble Tea ends at once on SIGTERM
	// without waiting for the flow, and ignores SIGHUP.
	opts := []tea.ProgramOption{tea.WithFPS(120), tea.WithoutSignalHandler()}
	if o.Input != nil {
		opts = append(opts, tea.WithInput(o.Input))
	}
	if o.Output != nil {
		opts = append(opts, tea.WithOutput(o.Output))
	}
	if o.Env != nil {
		opts = append(opts, tea.WithEnvironment(o.Env))
	}
	if o.Width > 0 && o.Height > 0 {
		opts = append(opts, tea.WithWindowSize(o.Width, o.Height))
	}
	return opts
}

// guarded runs flow and turns a panic into an error: a panic in a goroutine of
// our own would not restore the terminal.
func guarded(
	ctx context.Context, log *slog.Logger, ui steps.UI, flow func(context.Context, steps.UI) error,
) (err error) {
	defer func() {
		if r := recover(); r != nil {
			log.Error("panic in the flow", "stack", clean.Masked(string(debug.Stack())))
			err = fmt.Errorf("this is a fault in palmail: %s", clean.Masked(clean.Line(fmt.Sprint(r))))
		}
	}()
	return flow(ctx, ui)
}

// watch reports signals and the end of ctx to the model until stop is called.
func watch(ctx context.Context, send func(tea.Msg)) (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		cancelled := ctx.Done()
		for {
			select {
			case <-signals:
			case <-cancelled:
				cancelled = nil
			case <-quit:
				return
			}
			send(leaveMsg{})
		}
	}()
	return func() {
		signal.Stop(signals)
		close(quit)
		<-ended
	}
}

// finish waits for the flow and the jobs, and joins their errors.
func finish(m *model, screenErr error, flowErr <-chan error) error {
	limit := m.o.StopLimit
	if m.timedOut {
		limit = 0 // it has had its time
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	var err error
	select {
	case err = <-flowErr:
	case <-timer.C:
		return fmt.Errorf("%w: what was under way did not end within %v", ErrInterrupted, m.o.StopLimit)
	}
	jobsDone := make(chan struct{})
	go func() { // ends with the jobs, which end with their context, in jobLimit at the latest
		defer close(jobsDone)
		m.jobs.close()
	}()
	select {
	case <-jobsDone:
	case <-time.After(jobLimit):
	}
	if screenErr != nil {
		screenErr = fmt.Errorf("drawing the screens: %w", screenErr)
	}
	switch {
	case m.interrupted && err != nil:
		return fmt.Errorf("%w: %w", ErrInterrupted, errors.Join(err, screenErr))
	case m.interrupted:
		return ErrInterrupted
	case screenErr != nil:
		return errors.Join(screenErr, err)
	}
	return err
}
