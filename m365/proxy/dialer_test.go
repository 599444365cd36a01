package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"

	"palmail/m365/proxy/proxytest"
)

// fakeLogin is the system's security service, as a user whose key is key.
func fakeLogin(key string, kerberos bool, refuse ...string) startLogin {
	return func(scheme, host string) (login, error) {
		for _, r := range refuse {
			if r == scheme {
				return nil, errors.New("forbidden by policy")
			}
		}
		return &fakeSession{proxytest.Client{Scheme: scheme, Host: host, Key: key, Kerberos: kerberos}}, nil
	}
}

type fakeSession struct{ client proxytest.Client }

func (f *fakeSession) next(challenge []byte) ([]byte, error) { return f.client.Token(challenge) }
func (f *fakeSession) close()                                {}

// echo is a server that speaks first, and then repeats what it hears.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.WriteString(c, "hello ")
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

func dialer(t *testing.T, setting string, l startLogin) *Dialer {
	t.Helper()
	s, err := ParseSetting(setting)
	if err != nil {
		t.Fatal(err)
	}
	d := NewDialer(s, func(string) string { return "" })
	d.login = l
	return d
}

// spoken checks that the connection leads to echo.
func spoken(t *testing.T, c net.Conn) {
	t.Helper()
	defer c.Close()
	if _, err := io.WriteString(c, "you"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len("hello you"))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "hello you" {
		t.Fatalf("heard %q, %v", got, err)
	}
}

func TestSignIn(t *testing.T) {
	right := fakeLogin(proxytest.Key, false)
	for name, c := range map[string]struct {
		proxy  proxytest.Options
		login  startLogin
		user   string // in the proxy's address
		want   string // the schemes as they were tried, and 1 or 2 for the connection
		refuse string // in the error; empty: the tunnel opens
	}{
		"nobody asks": {proxytest.Options{}, right, "", " 1", ""},
		"NTLM":        {proxytest.Options{Schemes: []string{"NTLM"}}, right, "", " 1,NTLM 1,NTLM 1", ""},
		"Negotiate": {proxytest.Options{Schemes: []string{"Negotiate", "NTLM"}},
			right, "", " 1,Negotiate 1,Negotiate 1", ""},
		"lower case": {proxytest.Options{Schemes: []string{"negotiate"}},
			right, "", " 1,Negotiate 1,Negotiate 1", ""},
		"Kerberos": {proxytest.Options{Schemes: []string{"Negotiate"},
			Kerberos: true}, fakeLogin("", true), "", " 1,Negotiate 1", ""},
		"closes first": {proxytest.Options{Schemes: []string{"NTLM"},
			CloseFirst: true}, right, "", " 1,NTLM 2,NTLM 2", ""},
		"page of any end": {proxytest.Options{Schemes: []string{"NTLM"}, Unbounded: true}, right, "", "",
			"in the middle of the sign-in"},
		"closes always": {proxytest.Options{Schemes: []string{"NTLM"}, CloseAlways: true}, right, "", "",
			"in the middle of the sign-in"},
		"Negotiate forbidden": {proxytest.Options{Schemes: []string{"Negotiate", "NTLM"}},
			fakeLogin(proxytest.Key, false, "Negotiate"), "", " 1,NTLM 2,NTLM 2", ""},
		"Negotiate refused": {proxytest.Options{Schemes: []string{"Negotiate", "NTLM"}, Kerberos: true}, right, "",
			" 1,Negotiate 1,NTLM 2,NTLM 2", ""},
		"wrong user": {proxytest.Options{Schemes: []string{"NTLM"}}, fakeLogin("wrong", false), "", "",
			"it wants NTLM; signing in to it by NTLM: the proxy did not accept the user who is signed in to this computer"},
		"elsewhere": {proxytest.Options{Schemes: []string{"Negotiate", "NTLM"}},
			nil, "", "", "it wants Negotiate or NTLM"},
		"Basic": {proxytest.Options{Schemes: []string{"Basic"},
			Basic: "me:hunter2"}, right, "me:hunter2@", "Basic 1", ""},
		"no Basic unless written": {proxytest.Options{Schemes: []string{"Basic"}, Basic: "me:hunter2"}, right, "", "",
			"it wants Basic"},
		"wrong Basic": {proxytest.Options{Schemes: []string{"Basic"},
			Basic: "me:other"}, right, "me:hunter2@", "", "it wants Basic"},
		"known and forbidden": {proxytest.Options{Schemes: []string{"NTLM"},
			Status: 403}, right, "", "", "answered 403 Forbidden"},
		"bad gateway": {proxytest.Options{Status: 502}, right, "", "", "answered 502 Bad Gateway"},
		"not HTTP":    {proxytest.Options{Raw: "SSH-2.0-OpenSSH\r\n"}, right, "", "", "did not answer in HTTP"},
		"cut off":     {proxytest.Options{Raw: "HTTP/1.1 200"}, right, "", "", "EOF"},
		"endless": {proxytest.Options{Raw: "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxHeader)},
			right, "", "", "did not answer in HTTP"},
	} {
		t.Run(name, func(t *testing.T) {
			c.proxy.Forward = echo(t)
			p := proxytest.Start(t, c.proxy)
			conn, err := dialer(t, "http://"+c.user+p.Addr(), c.login).DialContext(t.Context(), "tcp", graph)
			if c.refuse != "" {
				var op *net.OpError
				var refused *Refusal
				if err == nil || !strings.Contains(err.Error(), c.refuse) || strings.Contains(err.Error(), "hunter2") ||
					!errors.As(err, &refused) && (!errors.As(err, &op) || op.Op != "proxyconnect") {
					t.Fatalf("%T %v", err, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			spoken(t, conn)
			var tried []string
			for _, r := range p.Requests() {
				if r.Host != graph {
					t.Errorf("asked for %s", r.Host)
				}
				tried = append(tried, r.Authorization+" "+string(rune('0'+r.Connection)))
			}
			if got := strings.Join(tried, ","); got != c.want {
				t.Errorf("tried %q, not %q", got, c.want)
			}
		})
	}
}

// Of several proxies the first that can be connected to is taken, and said.
func TestNextProxyIsTried(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := gone.Addr().String()
	_ = gone.Close()
	p := proxytest.Start(t, proxytest.Options{Forward: echo(t)})
	d := dialer(t, "system", nil)
	d.resolver.system = func(context.Context, target) (Route, error) {
		return Route{Proxies: []*url.URL{{Scheme: "http", Host: dead}, {Scheme: "http", Host: p.Addr()}}, Source: "S"}, nil
	}
	conn, err := d.DialContext(t.Context(), "tcp", graph)
	if err != nil {
		t.Fatal(err)
	}
	spoken(t, conn)
	if used, ok := d.Used(graph); !ok || said(used) != "http://"+p.Addr()+"|S|" {
		t.Errorf("used %s", said(used))
	}
	d.resolver.system = func(context.Context, target) (Route, error) {
		return Route{Proxies: []*url.URL{{Scheme: "http", Host: dead}}, Source: "S"}, nil
	}
	d.resolver.forget(graph)
	_, err = d.DialContext(t.Context(), "tcp", graph)
	var op *net.OpError
	if used, _ := d.Used(graph); !errors.As(err, &op) || op.Op != "proxyconnect" || said(used) != "http://"+dead+"|S|" {
		t.Errorf("%v, used %s", err, said(used))
	}
}

func TestCancelledAtTheProxy(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		c, err := l.Accept() // and says nothing
		if err != nil {
			return
		}
		_, _ = c.Read(make([]byte, 1))
		cancel()
		_, _ = io.Copy(io.Discard, c)
		_ = c.Close()
	}()
	if _, err := dialer(t, l.Addr().String(), nil).DialContext(ctx, "tcp", graph); err == nil {
		t.Error("connected")
	}
}

func TestWants(t *testing.T) {
	r := reply{header: map[string][]string{"Proxy-Authenticate": {
		`Negotiate`, `NTLM abc==, Basic realm="a, Digest \", Bearer", charset="UTF-8"`, `NTLM`, "\x1b[31m", `Kerberos , x y`,
	}}}
	if got := strings.Join(r.wants(), " "); got != "Negotiate NTLM Basic Kerberos x" {
		t.Error(got)
	}
}
