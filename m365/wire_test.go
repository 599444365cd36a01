package m365

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"palmail/secret"
)

// tlsPair is the service on two TLS hosts with a cloud that names them.
func tlsPair(t *testing.T, h http.Handler) (cloud Cloud, transport *http.Transport, handshakes *atomic.Int32) {
	t.Helper()
	handshakes = &atomic.Int32{}
	pool := x509.NewCertPool()
	var bases []string
	for range 2 {
		srv := httptest.NewUnstartedServer(h)
		srv.EnableHTTP2 = true
		srv.TLS = &tls.Config{VerifyConnection: func(tls.ConnectionState) error { handshakes.Add(1); return nil }}
		srv.StartTLS()
		t.Cleanup(srv.Close)
		pool.AddCert(srv.Certificate())
		bases = append(bases, srv.URL)
	}
	cloud, err := CustomCloud("lab", bases[0], bases[1], "https://portal.example")
	if err != nil {
		t.Fatal(err)
	}
	transport = sharedTransport(directly(t)).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	t.Cleanup(transport.CloseIdleConnections)
	return cloud, transport, handshakes
}

func TestOneHandshakePerHost(t *testing.T) {
	s := &fakeService{roles: []string{MailSend}}
	s2 := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/agency.gov/") {
			tenantDocument(nil)(w, r)
			return
		}
		s.ServeHTTP(w, r)
	})
	cloud, transport, handshakes := tlsPair(t, s2)
	o := Options{Transport: transport}
	tenant, err := Discover(t.Context(), "agency.gov", &cloud, o)
	if err != nil {
		t.Fatal(err)
	}
	c := New(tenant.Cloud, o)
	if err := c.ProveApp(t.Context(), tenant.ID, testApp); err != nil {
		t.Error(err)
	}
	tok := tokenFor(t, c)
	if err := c.ProbeSend(t.Context(), tok, testMailbox); err != nil {
		t.Error(err)
	}
	if _, err := c.SendMail(t.Context(), tok, testMailbox, testMail); err != nil {
		t.Error(err)
	}
	if report := c.Network(t.Context()); report.Err() != nil || len(report.Hosts[0].Addresses) != 0 {
		t.Errorf("%+v", report)
	}
	if n := handshakes.Load(); n != 2 {
		t.Errorf("%d TLS handshakes with two hosts", n)
	}
}

func TestEndlessAnswer(t *testing.T) {
	var read atomic.Int64
	endless := func(kind string) roundTripFunc {
		return func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, metadataPath) {
				return inMemory((&fakeService{}).ServeHTTP)(r)
			}
			body := io.LimitReader(&endlessReader{n: &read}, 10<<20)
			return &http.Response{
				StatusCode: 400, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(body),
				ContentLength: 10 << 20, Request: r,
			}, nil
		}
	}
	_, err := commercialClient(t, endless("text/html")).AppToken(t.Context(), testTenant, testApp,
		secret.New(testSecret))
	f := failureOf(t, err)
	if n := read.Load(); n > maxAnswer+64<<10 {
		t.Errorf("%d bytes were read", n)
	}
	if f.Status != 400 || len(f.Body) == 0 || len(f.Body) > maxBody {
		t.Errorf("status %d, %d bytes kept", f.Status, len(f.Body))
	}
}

// endlessReader is an endless text that counts the bytes read.
type endlessReader struct{ n *atomic.Int64 }

func (c *endlessReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "<html> "[i%7]
	}
	c.n.Add(int64(len(p)))
	return len(p), nil
}

func TestSlowAnswer(t *testing.T) {
	for name, slow := range map[string]roundTripFunc{
		"no answer": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		},
		"a body that stalls": func(r *http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(stalledReader{r.Context()}), Request: r,
			}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud, _ := CloudNamed(Commercial)
				started := time.Now()
				_, err := Discover(t.Context(), "agency.gov", &cloud, Options{Transport: slow})
				if took := time.Since(started); !errors.Is(err, context.DeadlineExceeded) || took != roundTripTimeout {
					t.Errorf("%v after %s", err, took)
				}
				failureOf(t, err)
			})
		})
	}
}

type stalledReader struct{ ctx context.Context }

func (s stalledReader) Read([]byte) (int, error) { <-s.ctx.Done(); return 0, s.ctx.Err() }

func TestRedirectIsKeptAndNotFollowed(t *testing.T) {
	calls := 0
	cloud, _ := CloudNamed(Commercial)
	_, err := Discover(t.Context(), "agency.gov", &cloud, Options{Transport: inMemory(func(w http.ResponseWriter,
		_ *http.Request) {
		calls++
		w.Header().Set("Location", "https://portal.hotel.example/login?back=1")
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(302)
		_, _ = w.Write([]byte("<html>Moved</html>"))
	})})
	f := failureOf(t, err)
	if calls != 1 || f.Status != 302 ||
		!strings.HasPrefix(f.Body, "Location: https://portal.hotel.example/login?back=1\n") ||
		!strings.Contains(f.Body, "Moved") || f.Err != nil {
		t.Errorf("%d calls: %+v", calls, f)
	}
}

func TestCertificateNotTrusted(t *testing.T) {
	cloud, transport, _ := tlsPair(t, &fakeService{})
	transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	_, err := New(cloud, Options{Transport: transport}).AppToken(t.Context(), testTenant, testApp,
		secret.New(testSecret))
	var unknown x509.UnknownAuthorityError
	if f := failureOf(t, err); !errors.As(err, &unknown) || f.Host != hostOf(cloud.Login) || f.Status != 0 {
		t.Errorf("%+v", f)
	}
}

func TestSecretGoesNowhereElse(t *testing.T) {
	s := &fakeService{login: "https://login.evil.example"}
	c := commercialClient(t, inMemory(s.ServeHTTP))
	_, _ = c.AppToken(t.Context(), testTenant, testApp, secret.New(testSecret))
	if n := s.count("POST", "login.evil.example"); n != 0 {
		t.Error("the secret was sent to where a document said")
	}
}

// SendUnclear on real connections.
func TestSendUnclearOnRealConnections(t *testing.T) {
	s := &fakeService{graph: func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		conn.Close() // with the mail in hand, and no answer given
	}}
	cloud, transport, _ := tlsPair(t, s)
	transport.ForceAttemptHTTP2 = false // a stream of HTTP/2 cannot be taken over
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetHTTP1(true)
	c := New(cloud, Options{Transport: transport})
	tok := tokenFor(t, c)
	for range 2 { // on a new connection, and on whatever is left of it
		if _, err := c.SendMail(t.Context(), tok, testMailbox, testMail); !SendUnclear(err) {
			t.Errorf("a lost answer is not unclear: %v", err)
		}
	}
	if n := s.count("POST", "/sendMail"); n != 2 {
		t.Errorf("the mail was posted %d times by two calls", n)
	}
	transport.CloseIdleConnections()
	transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	if _, err := c.SendMail(t.Context(), tok, testMailbox, testMail); err == nil || SendUnclear(err) {
		t.Errorf("a mail that never left is unclear: %v", err)
	}
}

// BenchmarkTokenAndProbe is the program's own share of the two checks that run
// most often, without a network.
func BenchmarkTokenAndProbe(b *testing.B) {
	s := &fakeService{roles: []string{MailSend}}
	c := commercialClient(b, inMemory(func(w http.ResponseWriter, r *http.Request) {
		s.requests = s.requests[:0]
		s.ServeHTTP(w, r)
	}))
	for b.Loop() {
		if err := c.ProbeSend(b.Context(), tokenFor(b, c), testMailbox); err != nil {
			b.Fatal(err)
		}
	}
}
