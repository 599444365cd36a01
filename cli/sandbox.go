package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"palmail/m365"
	"palmail/practice"
	"palmail/sandbox"
)

// sandboxOptions are the flags of sandbox.
type sandboxOptions struct{ listen, state, dir string }

const (
	maxState  = 16 << 20        // bytes
	saveEvery = 5 * time.Second // how often a changed state is written
	lastWord  = 3 * time.Second // for answers under way when it ends
)

func (a *app) sandboxCommand() *cobra.Command {
	var o sandboxOptions
	c := &cobra.Command{
		Use: "sandbox", Short: "Serve the practice tenant, for any client", Args: noArguments,
		Long: "Serves the practice tenant of --demo on its own, over TLS: sign-in, Graph, and a small web portal. " +
			"It prints the cloud file and the certificate that clients need, and runs until ctrl+c. --cloud and " +
			"--weather say what the tenant is like.\n\n" +
			"The certificate's authority is made anew at each start, its key is kept nowhere, and it is good for no " +
			"other names than the ones listened on.",
		Example: "palmail sandbox\npalmail sandbox --listen 127.0.0.1:8443 --state tenant.json --dir practice",
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.sandbox(cmd.Context(), o) },
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
	host, _, err := net.SplitHostPort(o.listen)
	if err != nil {
		return usageError{fmt.Errorf("--listen %s: it is an address and a port, such as 127.0.0.1:8443", o.listen)}
	}
	tenant, err := a.sandboxTenant(o.state)
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return fmt.Errorf("serving the practice tenant: %w", err)
	}
	defer l.Close()
	dir, remove, err := sandboxDir(o.dir)
	if err != nil {
		return err
	}
	defer remove()
	s := servedTenant{
		Tenant: tenant, names: practice.NamesFor(host), port: l.Addr().(*net.TCPAddr).Port, dir: dir, state: o.state,
	}
	server, err := s.server()
	if err != nil {
		return err
	}
	if !practice.Loopback(host) {
		fmt.Fprintf(a.err, "palmail: warning: other computers can reach %s, and whoever does can change everything "+
			"in the practice tenant\n", l.Addr())
	}
	fmt.Fprint(a.out, s.text())
	return s.serve(ctx, server, l)
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

// servedTenant is a tenant behind a listener.
type servedTenant struct {
	*sandbox.Tenant
	names []string // by which clients reach it, the first one before all others
	port  int
	dir   string
	state string // file, "" for none
	kept  []byte // what was last written to it
}

func (s *servedTenant) base(name string) string {
	return "https://" + net.JoinHostPort(name, fmt.Sprint(s.port))
}

func (s *servedTenant) caFile() string    { return filepath.Join(s.dir, "practice-ca.pem") }
func (s *servedTenant) cloudFile() string { return filepath.Join(s.dir, "practice-cloud.json") }

// server makes the server, and writes the files that clients need.
func (s *servedTenant) server() (*http.Server, error) {
	ca, config, err := practice.Certificate(s.names)
	if err != nil {
		return nil, err
	}
	base := s.base(s.names[0])
	cloud, err := json.Marshal(map[string]string{
		"name": "practice", "login": base, "graph": base, "portal": base + sandbox.PortalRoot,
	})
	if err != nil {
		return nil, fmt.Errorf("writing the cloud file: %w", err)
	}
	if err := os.WriteFile(s.caFile(), ca, 0o644); err != nil { //nolint:gosec // a certificate is public
		return nil, fmt.Errorf("writing the certificate: %w", err)
	}
	if err := os.WriteFile(s.cloudFile(), append(cloud, '\n'), 0o644); err != nil { //nolint:gosec // addresses are public
		return nil, fmt.Errorf("writing the cloud file: %w", err)
	}
	return &http.Server{
		Handler: s.handler(), TLSConfig: config, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute,
		// of browsers that do not know the certificate yet
		MaxHeaderBytes: 64 << 10, ErrorLog: log.New(io.Discard, "", 0),
	}, nil
}

// handler serves the portal below its root, and the wire everywhere else.
func (s *servedTenant) handler() http.Handler {
	var origins []string
	for _, n := range s.names {
		origins = append(origins, s.base(n))
	}
	portal := s.Portal(origins...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/":
			http.Redirect(w, r, sandbox.PortalRoot+"/", http.StatusFound)
		case r.URL.Path == sandbox.PortalRoot, strings.HasPrefix(r.URL.Path, sandbox.PortalRoot+"/"):
			portal.ServeHTTP(w, r)
		default:
			s.ServeHTTP(w, r)
		}
	})
}

// text says how to use it.
func (s *servedTenant) text() string {
	base := s.base(s.names[0])
	kept := "Nothing is kept when it ends; --state FILE keeps the tenant."
	if s.state != "" {
		kept = "Kept in " + s.state + ": apps, permissions, mailboxes, rules and weather, secrets as digests. Not " +
			"kept: mail, tokens, sign-ins."
	}
	return fmt.Sprintf(`Practice tenant of %s, cloud %s. It runs until ctrl+c.

Portal:       %s%s/
Certificate:  %s
Cloud file:   %s
Tenant ID:    %s

palmail in another terminal:
  SSL_CERT_FILE=%s palmail --cloud %s

Other software: sign-in at %s/%s, Graph at %s/v1.0, scope %s/.default.
%s
`, s.Domain(), s.Cloud(), base, sandbox.PortalRoot, s.caFile(), s.cloudFile(), s.ID(),
		shellWord(s.caFile()), shellWord(s.cloudFile()), base, s.ID(), base, base, kept)
}

// shellWord quotes a path for a shell where it must be.
func shellWord(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// serve answers until ctx ends, and writes the state when it has changed.
func (s *servedTenant) serve(ctx context.Context, server *http.Server, l net.Listener) error {
	ended := make(chan error, 1)
	go func() { ended <- server.ServeTLS(l, "", "") }()
	ticker := time.NewTicker(saveEvery)
	defer ticker.Stop()
	for {
		select {
		case err := <-ended:
			return errors.Join(fmt.Errorf("serving the practice tenant: %w", err), s.save())
		case <-ticker.C:
			if err := s.save(); err != nil {
				_ = server.Close()
				return errors.Join(err, closed(<-ended))
			}
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWord)
			defer cancel()
			if server.Shutdown(last) != nil {
				_ = server.Close()
			}
			return errors.Join(closed(<-ended), s.save())
		}
	}
}

// closed returns what a server ended with, unless it was told to.
func closed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// save writes the state if it has changed: whole, or not at all.
func (s *servedTenant) save() error {
	if s.state == "" {
		return nil
	}
	now, err := s.State()
	if err != nil || bytes.Equal(now, s.kept) {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(s.state), ".palmail-sandbox-*")
	if err != nil {
		return fmt.Errorf("keeping the practice tenant: %w", err)
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.Write(now)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), s.state)
	}
	if err != nil {
		return fmt.Errorf("keeping the practice tenant: %w", err)
	}
	s.kept = now
	return nil
}
