package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"palmail/m365"
	"palmail/practice"
	"palmail/sandbox"
)

// sandboxOptions are the flags of sandbox.
type sandboxOptions struct{ listen, state, dir string }

// maxState is how large a kept tenant is, in bytes.
const maxState = 16 << 20

func (a *app) sandboxCommand() *cobra.Command {
	var o sandboxOptions
	c := &cobra.Command{
		Use: "sandbox", Short: "Serve the practice tenant, for any client", Args: noArguments,
		Long: "Serves the practice tenant of --demo on its own, over TLS: sign-in, Graph, and a small web portal. " +
			"It prints the cloud file and the certificate that clients need, and runs until ctrl+c. --cloud and " +
			"--weather say what the tenant is like.\n\n" +
			"The certificate's authority is made anew at each start, its key is kept nowhere, and it is good for no " +
			"other names than the ones listened on.",
		Example: a.example("palmail sandbox\n" +
			"palmail sandbox --listen 127.0.0.1:8443 --state tenant.json --dir practice"),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.sandbox(cmd.Context(), o) },
	}
	c.Flags().StringVar(&o.listen, "listen", "127.0.0.1:8443", "address and port; port 0 takes a free one")
	c.Flags().StringVar(&o.state, "state", "",
		"keep the tenant in this file between runs; without it all is gone at the end")
	c.Flags().StringVar(&o.dir, "dir", "",
		"where the certificate and the cloud file go (default: a temporary directory, removed at the end)")
	return c
}

// sandbox serves the practice tenant until ctx ends.
func (a *app) sandbox(ctx context.Context, o sandboxOptions) (err error) {
	if _, _, err := net.SplitHostPort(o.listen); err != nil {
		return usageError{fmt.Errorf("--listen %s: it is an address and a port, such as 127.0.0.1:8443", o.listen)}
	}
	tenant, err := a.sandboxTenant(o.state)
	if err != nil {
		return err
	}
	dir, remove, err := sandboxDir(o.dir)
	if err != nil {
		return err
	}
	defer remove()
	served := practice.ServerOptions{Address: o.listen, Dir: dir}
	if o.state != "" {
		served.SavedIn = o.state
		served.Save = func(state []byte) error { return replaceFile(o.state, state, private) }
	}
	s, err := practice.Listen(ctx, tenant, served)
	if err != nil {
		return err
	}
	if s.Exposed() {
		fmt.Fprintf(a.err, "palmail: warning: other computers can reach %s, and whoever does can change everything "+
			"in the practice tenant\n", s.Addr())
	}
	fmt.Fprint(a.out, s.Text())
	return s.Serve(ctx)
}

// sandboxTenant makes the tenant, or takes the kept one up again.
func (a *app) sandboxTenant(state string) (*sandbox.Tenant, error) {
	weather, ok := sandbox.WeatherNamed(a.weather)
	if !ok {
		return nil, usageError{fmt.Errorf("--weather %s: it is calm, usual or rough", a.weather)}
	}
	cloud, err := a.cloudFlag()
	if err != nil {
		return nil, err
	}
	if cloud == nil {
		cloud = &m365.Cloud{Name: m365.Commercial}
	} else if cloud.Custom {
		return nil, usageError{errors.New("--cloud: the practice tenant is in commercial, gcc, gcc-high, dod or china")}
	}
	fresh := sandbox.Options{Cloud: cloud.Name, Weather: weather}
	if state == "" {
		return sandbox.New(fresh), nil
	}
	data, err := readBounded(state, maxState)
	if errors.Is(err, fs.ErrNotExist) {
		return sandbox.New(fresh), nil
	}
	if err != nil {
		return nil, fmt.Errorf("--state: %w", err)
	}
	tenant, err := sandbox.Restore(sandbox.Options{}, data)
	if err != nil {
		return nil, fmt.Errorf("--state %s: %w", state, err)
	}
	return tenant, nil
}

// sandboxDir returns a directory for the files, and what removes it if it was ours.
func sandboxDir(named string) (dir string, remove func(), err error) {
	if named == "" {
		if dir, err = os.MkdirTemp("", "palmail-sandbox-"); err != nil {
			return "", nil, fmt.Errorf("a directory for the certificate: %w", err)
		}
		return dir, func() { _ = os.RemoveAll(dir) }, nil
	}
	if err := os.MkdirAll(named, 0o700); err != nil {
		return "", nil, fmt.Errorf("--dir: %w", err)
	}
	if dir, err = filepath.Abs(named); err != nil {
		return "", nil, fmt.Errorf("--dir: %w", err)
	}
	return dir, func() {}, nil
}
