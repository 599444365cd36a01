package proxy

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	maxHeader = 256 << 10 // bytes of a proxy's answer before the tunnel is open
	maxDrain  = 64 << 10  // bytes of a refusal's page that are read, so that its connection can go on
)

// Refusal means that a proxy did not open a tunnel.
type Refusal struct {
	Status int      // e.g. 407
	Proxy  string   // host and port, without credentials
	Wants  []string // the schemes of its Proxy-Authenticate, for example Negotiate, NTLM, Basic
	// Login is why the signed-in user's credentials did not help, or nil if they
	// were not tried.
	Login error
}

// Error names the proxy, the status of its answer, and the sign-in that it wants.
func (e *Refusal) Error() string {
	text := fmt.Sprintf("the proxy %s answered %d %s", e.Proxy, e.Status, http.StatusText(e.Status))
	if len(e.Wants) > 0 {
		text += "; it wants " + strings.Join(e.Wants, " or ")
	}
	if e.Login != nil {
		text += "; " + e.Login.Error()
	}
	return text
}

// Unwrap returns the error of the sign-in.
func (e *Refusal) Unwrap() error { return e.Login }

// tunnel opens a tunnel to the address through an http or https proxy.
func (d *Dialer) tunnel(ctx context.Context, address string, way *url.URL) (net.Conn, error) {
	l, err := d.link(ctx, address, way)
	if err != nil {
		return nil, err
	}
	reply, err := l.ask(basic(way))
	switch {
	case err != nil:
		return nil, l.close(err)
	case reply.open():
		return l.tunnelled()
	case reply.status != http.StatusProxyAuthRequired:
		return nil, l.close(reply.refusal(way))
	}
	return d.signIn(ctx, l, reply)
}

// signIn repeats the request with the signed-in user's credentials, in the
// schemes that the proxy offers. It takes over the link.
func (d *Dialer) signIn(ctx context.Context, l *link, asked reply) (net.Conn, error) {
	refused := asked.refusal(l.way)
	if d.login == nil {
		return nil, l.close(refused)
	}
	for _, scheme := range loginSchemes {
		if !asked.offers(scheme) {
			continue
		}
		if l == nil || !l.reusable {
			if l != nil {
				_ = l.close(nil)
			}
			var err error
			if l, err = d.link(ctx, asked.address, asked.way); err != nil {
				return nil, err
			}
		}
		failed := l.signIn(scheme, d.login)
		if failed == nil {
			return l.tunnelled()
		}
		_ = l.close(nil)
		l = nil
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var other *Refusal
		if errors.As(failed, &other) && other.Status != http.StatusProxyAuthRequired {
			return nil, other // the proxy knows who asks, and says no
		}
		refused.Login = errors.Join(refused.Login, fmt.Errorf("signing in to it by %s: %w", scheme, failed))
	}
	if l != nil {
		_ = l.close(nil)
	}
	return nil, refused
}

// link is one connection to a proxy, before the tunnel is open.
type link struct {
	conn     net.Conn
	limited  *io.LimitedReader
	in       *bufio.Reader
	address  string // of the host behind the proxy
	way      *url.URL
	reusable bool         // the proxy keeps the connection open after its last answer
	release  func() error // ends the hold that the context has on conn; the context's error if it has ended
}

// link connects to the proxy.
func (d *Dialer) link(ctx context.Context, address string, way *url.URL) (*link, error) {
	conn, err := d.dial(ctx, "tcp", hostPort(way))
	if err != nil {
		return nil, err
	}
	if way.Scheme == "https" {
		config := d.tls.Clone()
		config.ServerName = way.Hostname()
		secured := tls.Client(conn, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		conn = secured
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	l := &link{conn: conn, address: address, way: way}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	l.release = func() error {
		if !stop() {
			return ctx.Err()
		}
		return nil
	}
	l.limited = &io.LimitedReader{R: conn}
	l.in = bufio.NewReader(l.limited)
	return l, nil
}

// close closes the link and returns err.
func (l *link) close(err error) error {
	_ = l.release()
	_ = l.conn.Close()
	return err
}

// reply is a proxy's answer to CONNECT.
type reply struct {
	status  int
	header  http.Header
	address string
	way     *url.URL
}

func (r reply) open() bool { return r.status >= 200 && r.status < 300 }

// ask sends CONNECT, with a Proxy-Authorization if it is not empty, and reads the answer.
func (l *link) ask(authorization string) (reply, error) {
	request := "CONNECT " + l.address + " HTTP/1.1\r\nHost: " + l.address + "\r\nProxy-Connection: Keep-Alive\r\n"
	if authorization != "" {
		request += "Proxy-Authorization: " + authorization + "\r\n"
	}
	if _, err := io.WriteString(l.conn, request+"\r\n"); err != nil {
		return reply{}, err
	}
	l.limited.N = maxHeader
	//nolint:bodyclose // the body is the connection, which is kept or closed as a whole
	answered, err := http.ReadResponse(l.in, &http.Request{Method: http.MethodConnect})
	if err != nil {
		var n net.Error
		if errors.As(err, &n) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && l.limited.N > 0 {
			return reply{}, err
		}
		return reply{}, fmt.Errorf("the proxy %s did not answer in HTTP: %w", l.way.Host, err)
	}
	r := reply{answered.StatusCode, answered.Header, l.address, l.way}
	if !r.open() {
		l.reusable = drained(answered)
	}
	return r, nil
}

// drained reads a refusal's page and says whether the connection can go on after
// it. A page whose length nobody says would end with the connection only.
func drained(answered *http.Response) bool {
	ends := answered.Close || strings.EqualFold(answered.Header.Get("Proxy-Connection"), "close")
	if ends || answered.ContentLength < 0 && len(answered.TransferEncoding) == 0 {
		return false
	}
	n, err := io.Copy(io.Discard, io.LimitReader(answered.Body, maxDrain+1))
	return err == nil && n <= maxDrain
}

// tunnelled returns the connection through the open tunnel.
func (l *link) tunnelled() (net.Conn, error) {
	if err := l.release(); err != nil {
		return nil, l.close(err)
	}
	if err := l.conn.SetDeadline(time.Time{}); err != nil {
		return nil, l.close(err)
	}
	n := l.in.Buffered()
	if n == 0 {
		return l.conn, nil
	}
	ahead, err := l.in.Peek(n) // a server that speaks first
	if err != nil {
		return nil, l.close(err)
	}
	return &readAhead{Conn: l.conn, in: io.MultiReader(bytes.NewReader(bytes.Clone(ahead)), l.conn)}, nil
}

// readAhead is a connection of which something has been read already.
type readAhead struct {
	net.Conn
	in io.Reader
}

// Read returns what was read already first.
func (r *readAhead) Read(p []byte) (int, error) { return r.in.Read(p) }

// basic returns the Proxy-Authorization of a user name and password in a
// proxy's address. Nothing else makes palmail send a password to a proxy.
func basic(way *url.URL) string {
	if way.User == nil {
		return ""
	}
	password, _ := way.User.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(way.User.Username()+":"+password))
}
