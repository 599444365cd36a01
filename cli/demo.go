package cli

import (
	"context"
	"fmt"
	"log/slog"
	"math"

	"palmail/m365"
	"palmail/practice"
	"palmail/sandbox"
	"palmail/steps"
)

// prepareDemo makes the practice tenant that --demo works in.
func (a *app) prepareDemo() error {
	if !a.demo {
		return nil
	}
	weather, ok := sandbox.WeatherNamed(a.weather)
	if !ok {
		return usageError{fmt.Errorf("--weather %s: it is calm, usual or rough", a.weather)}
	}
	a.tenant = practice.New(weather, now)
	return nil
}

// wire is how Microsoft is reached: the practice tenant in this process, or the network.
func (a *app) wire(log *slog.Logger) m365.Options {
	o := m365.Options{Log: log, Now: now, UserAgent: "palmail/" + version()}
	o.Proxy, _ = m365.ParseProxy(a.proxy) // wrong ones were refused with the other flags
	if !a.asJSON {                        // which a program reads
		o.Waiting = a.tellWait
	}
	if a.tenant != nil {
		o.Transport = a.tenant.Transport()
	}
	return o
}

// tellWait says on standard error why a command pauses. In the wizard the steps
// say it on the line of the task.
func (a *app) tellWait(_ context.Context, w m365.Wait) func() {
	switch seconds := math.Ceil(w.Duration.Seconds()); {
	case w.Asked:
		fmt.Fprintf(a.err, "palmail: Microsoft asks to wait %.0f s; ctrl+c ends the command\n", seconds)
	case seconds > 2 && w.Status == 0:
		fmt.Fprintf(a.err, "palmail: no answer from %s; the next attempt is in %.0f s; ctrl+c ends the command\n",
			w.Host, seconds)
	case seconds > 2:
		fmt.Fprintf(a.err, "palmail: %s answered with an error (%d); the next attempt is in %.0f s; ctrl+c ends the "+
			"command\n", w.Host, w.Status, seconds)
	}
	return nil
}

func (a *app) portal() steps.Portal {
	if a.tenant == nil {
		return nil
	}
	return a.tenant
}

// practised puts a finished setup into the practice store where a command is
// about one, so that it can be tried without walking through it all first.
func (a *app) practised(ctx context.Context, kept steps.Store, start string) error {
	if start == "" {
		return nil
	}
	x, err := a.tenant.Setup()
	if err != nil {
		return err
	}
	return kept.Save(ctx, a.profile, &x)
}
