package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"palmail/clean"
	"palmail/steps"
	"palmail/transfer"
)

// acceptClouds lists the hosts of each profile of a file, refuses a cloud that
// poses as one of Microsoft's, and asks before it takes a custom one, unless
// the command line has said yes.
func (a *app) acceptClouds(ctx context.Context, profiles []transfer.Profile, accepted bool) error {
	var custom []string
	lines := ""
	for _, p := range profiles {
		if err := steps.CheckCloud(&p.Setup); err != nil {
			return fmt.Errorf("nothing was imported: profile %s: %w", p.Name, err)
		}
		c := steps.CloudOf(&p.Setup)
		if c.Login == "" {
			lines += fmt.Sprintf("%s: no cloud yet\n", p.Name)
			continue
		}
		var hosts []string
		for _, address := range []string{c.Login, c.Graph, c.Portal} {
			if u, err := url.Parse(address); err == nil {
				hosts = append(hosts, u.Host)
			}
		}
		lines += fmt.Sprintf("%s: %s; sign-in %s, Graph %s, portal %s\n", p.Name, c.Label, hosts[0], hosts[1], hosts[2])
		if c.Custom {
			custom = append(custom, fmt.Sprintf("profile %s: %s", p.Name, c.Label))
		}
	}
	fmt.Fprint(a.out, lines)
	if len(custom) == 0 || accepted {
		return nil
	}
	what := strings.Join(custom, ", ")
	if !a.inTerminal() {
		return usageError{
			fmt.Errorf("nothing was imported: %s; --custom-cloud takes it, if you know these hosts", what),
		}
	}
	fmt.Fprintf(a.out, "Not one of Microsoft's clouds: %s.\nThe secret will be sent to the sign-in host above.\n"+
		"Type yes if you know these hosts: ", what)
	line, err := a.readLine(ctx)
	if err != nil {
		return err
	}
	if clean.Pasted(line) != "yes" {
		return errors.New("nothing was imported")
	}
	return nil
}
