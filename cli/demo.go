package cli

import (
	"context"
	"fmt"
	"log/slog"

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
	if a.tenant != nil {
		o.Transport = a.tenant.Transport()
	}
	return o
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
