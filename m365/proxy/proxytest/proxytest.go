// Package proxytest is a proxy for tests. It opens tunnels by CONNECT, and asks
// who wants them in the schemes of Windows networks: Negotiate and NTLM, with
// tokens that are bound to one connection as theirs are.
//
// It is a package of its own because the tests of several packages connect through it.
package proxytest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// Options say how the proxy behaves.
type Options struct {
	// Forward is the address that every tunnel leads to, whatever host was asked
	// for. Empty: the host that was asked for.
	Forward string
	// Schemes are offered in 407: Negotiate, NTLM, Basic. Empty: anybody can connect.
	Schemes []string
	// Kerberos makes Negotiate take a ticket for HTTP/<Name>; else it wraps NTLM.
	Kerberos bool
	// Basic is the user:password that it takes.
	Basic string
	// CloseFirst closes the connection after the first 407, as many proxies do.
	CloseFirst bool
	// CloseAlways closes the connection after every 407, so that NTLM cannot succeed.
	CloseAlways bool
	// Unbounded leaves out the length of the page of a 407.
	Unbounded bool
	// Status answers a request that could be granted, instead of 200.
	Status int
	// Raw is written as the answer to every request, instead of HTTP.
	Raw string
}

// Request is a CONNECT as it arrived.
type Request struct {
	Host          string // host and port of the tunnel
	Authorization string // the scheme only
	Connection    int    // counts the proxy's connections, from 1
}

// Server is a running proxy.
type Server struct {
	options  Options
	listener net.Listener
	wait     sync.WaitGroup

	mu       sync.Mutex
	requests []Request
	conns    map[net.Conn]bool
	count    int
}

// Start starts a proxy on loopback, and ends it with the test.
func Start(t *testing.T, o Options) *Server {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{options: o, listener: l, conns: map[net.Conn]bool{}}
	s.wait.Go(s.accept)
	t.Cleanup(s.stop)
	return s
}

// Addr returns the proxy's host and port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// URL returns the proxy's address.
func (s *Server) URL() string { return "http://" + s.Addr() }

// Requests returns what was asked for until now.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

func (s *Server) stop() {
	_ = s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.conns = nil
	s.mu.Unlock()
	s.wait.Wait()
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		if n, ok := s.keep(conn); ok {
			s.wait.Go(func() { s.serve(conn, n) })
		}
	}
}

// keep remembers a connection, so that stop closes it.
func (s *Server) keep(conn net.Conn) (number int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		_ = conn.Close()
		return 0, false
	}
	s.conns[conn] = true
	s.count++
	return s.count, true
}

func (s *Server) serve(conn net.Conn, number int) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	session := &session{options: s.options, host: "127.0.0.1"}
	for asked := 1; ; asked++ {
		r, err := http.ReadRequest(in)
		if err != nil || r.Method != http.MethodConnect {
			return
		}
		header := r.Header.Get("Proxy-Authorization")
		scheme, token, _ := strings.Cut(header, " ")
		s.mu.Lock()
		s.requests = append(s.requests, Request{r.Host, scheme, number})
		s.mu.Unlock()
		if s.options.Raw != "" {
			_, _ = io.WriteString(conn, s.options.Raw)
			return
		}
		granted, challenges := session.judge(scheme, token)
		switch {
		case granted && s.options.Status == 0:
			s.tunnel(conn, in, r.Host)
			return
		case granted:
			fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nContent-Length: 0\r\n\r\n", s.options.Status,
				http.StatusText(s.options.Status))
			continue
		}
		ends := s.options.CloseAlways || s.options.CloseFirst && number == 1
		if _, err := io.WriteString(conn, s.refusal(challenges, ends)); err != nil || ends {
			return
		}
	}
}

func (s *Server) refusal(challenges []string, ends bool) string {
	const page = "<html><title>407</title>Sign in to the proxy</html>"
	text := "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Type: text/html\r\n"
	for _, c := range challenges {
		text += "Proxy-Authenticate: " + c + "\r\n"
	}
	if ends {
		text += "Proxy-Connection: close\r\n"
	}
	if s.options.Unbounded {
		return text + "\r\n" + page
	}
	return text + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(page), page)
}

func (s *Server) tunnel(conn net.Conn, in *bufio.Reader, host string) {
	to := s.options.Forward
	if to == "" {
		to = host
	}
	far, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", to)
	if err != nil {
		_, _ = io.WriteString(conn, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
		return
	}
	defer far.Close()
	if _, ok := s.keep(far); !ok {
		return
	}
	if _, err := io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(far, in)
		_ = far.Close()
	})
	_, _ = io.Copy(conn, far)
	_ = conn.Close()
	both.Wait()
}

// session is the sign-in of one connection.
type session struct {
	options Options
	host    string
	nonce   []byte
}

// judge says whether a request is granted, and else what the 407 offers.
func (s *session) judge(scheme, token string) (granted bool, challenges []string) {
	if len(s.options.Schemes) == 0 {
		return true, nil
	}
	raw, err := base64.StdEncoding.DecodeString(token)
	if err == nil {
		for _, offered := range s.options.Schemes {
			if strings.EqualFold(offered, scheme) {
				granted, challenge := s.step(scheme, raw)
				if granted || challenge != nil {
					return granted, []string{scheme + " " + base64.StdEncoding.EncodeToString(challenge)}
				}
			}
		}
	}
	for _, offered := range s.options.Schemes {
		if offered == "Basic" {
			offered = `Basic realm="Agency, proxy", charset="UTF-8"`
		}
		challenges = append(challenges, offered)
	}
	return false, challenges
}

func (s *session) step(scheme string, token []byte) (granted bool, challenge []byte) {
	switch {
	case scheme == "Basic":
		return s.options.Basic != "" && string(token) == s.options.Basic, nil
	case scheme == "Negotiate" && s.options.Kerberos:
		return bytes.Equal(token, ticket(s.host)), nil
	case scheme == "Negotiate":
		inner, ok := bytes.CutPrefix(token, wrapping)
		if !ok {
			return false, nil
		}
		granted, challenge = s.ntlm(inner)
		if challenge != nil {
			challenge = append(bytes.Clone(wrapping), challenge...)
		}
		return granted, challenge
	}
	return s.ntlm(token)
}
