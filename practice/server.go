package practice

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"palmail/m365"
	"palmail/sandbox"
)

const (
	saveEvery    = 5 * time.Second // how often a changed state is saved
	shutdownTime = 3 * time.Second // for answers under way when it ends
)

// ServerOptions say where a practice tenant is served.
type ServerOptions struct {
	Address string // host and port; port 0 takes a free one
	Dir     string // where the certificate and the cloud file go; it exists
	// Save keeps the tenant's state whenever it has changed; nil keeps nothing.
	Save    func(state []byte) error
	SavedIn string // where Save keeps it, in words
}

// Server serves a practice tenant on its own, over TLS, for any client.
type Server struct {
	o        ServerOptions
	tenant   *sandbox.Tenant
	listener net.Listener
	server   *http.Server
	names    []string // by which clients reach it, the first one before all others
	port     int
	saved    []byte // the state that was saved last
	host     string
}

// Listen takes the address and writes the files that clients need into
// o.Dir. Serve answers; without it, Close gives the address back.
func Listen(ctx context.Context, tenant *sandbox.Tenant, o ServerOptions) (*Server, error) {
	host, _, err := net.SplitHostPort(o.Address)
	if err != nil {
		return nil, fmt.Errorf("serving the practice tenant: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.Address)
	if err != nil {
		return nil, fmt.Errorf("serving the practice tenant: %w", err)
	}
	s := &Server{
		o: o, tenant: tenant, listener: l, names: namesFor(host), port: l.Addr().(*net.TCPAddr).Port, host: host,
	}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return s, nil
}

// Addr is the address it listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Exposed says whether other computers can reach it.
func (s *Server) Exposed() bool { return !loopback(s.host) }

// Close gives the address back when Serve was not called.
func (s *Server) Close() error { return s.listener.Close() }

func (s *Server) base(name string) string {
	return "https://" + net.JoinHostPort(name, fmt.Sprint(s.port))
}

func (s *Server) caFile() string    { return filepath.Join(s.o.Dir, "practice-ca.pem") }
func (s *Server) cloudFile() string { return filepath.Join(s.o.Dir, "practice-cloud.json") }

// prepare makes the server, and writes the files that clients need.
func (s *Server) prepare() error {
	ca, config, err := Certificate(s.names)
	if err != nil {
		return err
	}
	base := s.base(s.names[0])
	cloud, err := json.Marshal(map[string]string{
		"name": "practice", "login": base, "graph": base, "portal": base + sandbox.PortalRoot,
	})
	if err != nil {
		return fmt.Errorf("writing the cloud file: %w", err)
	}
	if err := os.WriteFile(s.caFile(), ca, 0o644); err != nil { //nolint:gosec // a certificate is public
		return fmt.Errorf("writing the certificate: %w", err)
	}
	if err := os.WriteFile(s.cloudFile(), append(cloud, '\n'), 0o644); err != nil { //nolint:gosec // addresses are public
		return fmt.Errorf("writing the cloud file: %w", err)
	}
	s.server = &http.Server{
		Handler: s.handler(), TLSConfig: config, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute,
		// of browsers that do not know the certificate yet
		MaxHeaderBytes: 64 << 10, ErrorLog: log.New(io.Discard, "", 0),
	}
	return nil
}

// handler serves the portal below its root, and the wire everywhere else.
func (s *Server) handler() http.Handler {
	var origins []string
	for _, n := range s.names {
		origins = append(origins, s.base(n))
	}
	portal := s.tenant.Portal(origins...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case microsoftHost(r.Host): // software that is led here instead of to Microsoft, and no page
			s.tenant.ServeHTTP(w, r)
		case !s.answersTo(r.Host):
			refuseHost(w)
		case r.URL.Path == "/":
			http.Redirect(w, r, sandbox.PortalRoot+"/", http.StatusFound)
		case r.URL.Path == sandbox.PortalRoot, strings.HasPrefix(r.URL.Path, sandbox.PortalRoot+"/"):
			portal.ServeHTTP(w, r)
		default:
			s.tenant.ServeHTTP(w, r)
		}
	})
}

// microsoftHost says whether a Host header names a sign-in or Graph host of
// Microsoft's, which no site elsewhere can have.
func microsoftHost(host string) bool {
	return slices.ContainsFunc(m365.Clouds(), func(c m365.Cloud) bool {
		return strings.EqualFold("https://"+host, c.Login) || strings.EqualFold("https://"+host, c.Graph)
	})
}

// answersTo says whether a Host header names this server. A site elsewhere whose
// name leads here (DNS rebinding) keeps its own name in that header.
func (s *Server) answersTo(host string) bool {
	return slices.ContainsFunc(s.names, func(name string) bool {
		return strings.EqualFold(host, net.JoinHostPort(name, fmt.Sprint(s.port))) ||
			s.port == 443 && strings.EqualFold(host, name)
	})
}

// Text says how to use it.
func (s *Server) Text() string {
	base := s.base(s.names[0])
	kept := "Nothing is kept when it ends; --state FILE keeps the tenant."
	if s.o.Save != nil {
		kept = "Kept in " + s.o.SavedIn + ": apps, permissions, mailboxes, rules and weather, secrets as digests. Not " +
			"kept: mail, tokens, sign-ins."
	}
	return fmt.Sprintf(`Practice tenant of %s, cloud %s. It runs until ctrl+c.

Portal:       %s%s/
Certificate:  %s
Cloud file:   %s
Tenant ID:    %s

palmail in another terminal:
%s

Other software: sign-in at %s/%s, Graph at %s/v1.0, scope %s/.default.
%s
`, s.tenant.Domain(), s.tenant.Cloud(), base, sandbox.PortalRoot, s.caFile(), s.cloudFile(), s.tenant.ID(),
		startLines(runtime.GOOS, s.caFile(), s.cloudFile()), base, s.tenant.ID(), base, base, kept)
}

// startLines is how palmail is started against the practice tenant in this system's shells. SSL_CERT_FILE counts on
// Linux only: https://pkg.go.dev/crypto/x509#SystemCertPool.
func startLines(goos, ca, cloud string) string {
	switch goos {
	case "windows":
		return `  certutil -user -addstore Root "` + ca + "\"\n" + `  palmail --cloud "` + cloud + `"`
	case "darwin":
		return "  security add-trusted-cert -k ~/Library/Keychains/login.keychain-db " + shellWord(ca) +
			"\n  palmail --cloud " + shellWord(cloud)
	}
	return "  SSL_CERT_FILE=" + shellWord(ca) + " palmail --cloud " + shellWord(cloud)
}

// shellWord quotes a path for a shell where it must be.
func shellWord(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Serve answers until ctx ends, and saves the state when it has changed.
func (s *Server) Serve(ctx context.Context) error {
	ended := make(chan error, 1)
	go func() { ended <- s.server.ServeTLS(s.listener, "", "") }()
	ticker := time.NewTicker(saveEvery)
	defer ticker.Stop()
	for {
		select {
		case err := <-ended:
			return errors.Join(fmt.Errorf("serving the practice tenant: %w", err), s.save())
		case <-ticker.C:
			if err := s.save(); err != nil {
				_ = s.server.Close()
				return errors.Join(err, closed(<-ended))
			}
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
			defer cancel()
			if s.server.Shutdown(last) != nil {
				_ = s.server.Close()
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

// save has the state saved if it has changed.
func (s *Server) save() error {
	if s.o.Save == nil {
		return nil
	}
	now, err := s.tenant.State()
	if err != nil || bytes.Equal(now, s.saved) {
		return err
	}
	if err := s.o.Save(now); err != nil {
		return fmt.Errorf("keeping the practice tenant: %w", err)
	}
	s.saved = now
	return nil
}
