package m365

import (
	"bufio"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"palmail/diagnose"
	"palmail/m365/proxy"
	"palmail/secret"
)

// A server that speaks nothing newer than TLS 1.1, as some inspecting proxies
// do, is named so.
func TestOldTLSHasItsFinding(t *testing.T) {
	server := httptest.NewUnstartedServer(&fakeService{})
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11} //nolint:gosec // what is tested
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	cloud, err := CustomCloud("lab", server.URL, server.URL, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(cloud, Options{Transport: sharedTransport(directly(t))}).AppToken(t.Context(), testTenant, testApp,
		secret.New(testSecret))
	f := diagnose.Explain(failureOf(t, err), diagnose.Context{Now: time.Now()})
	if f.Cause != diagnose.CauseTLSTooOld {
		t.Errorf("%s: %v", f.Cause, err)
	}
}

// A proxy whose 407 is no proper HTTP is said to ask for credentials where that
// can be read, and else to be something that is not Microsoft.
func TestMalformed407HasItsFinding(t *testing.T) {
	for file, want := range map[string]diagnose.Cause{
		"407-no-reason.txt":     diagnose.CauseProxyAuthRequired,
		"407-bare-newlines.txt": diagnose.CauseProxyAuthRequired,
		"407-bad-header.txt":    diagnose.CauseNotMicrosoft,
		"407-bad-version.txt":   diagnose.CauseNotMicrosoft,
		"407-cut-off.txt":       diagnose.CauseNotMicrosoft,
	} {
		raw, err := os.ReadFile("testdata/proxy/" + file)
		if err != nil {
			t.Fatal(err)
		}
		transport := newSystemTransport(proxy.NewDialer(setting(t, "http://"+rawProxy(t, raw)),
			func(string) string { return "" }))
		t.Cleanup(transport.CloseIdleConnections)
		_, err = commercialClient(t, transport).AppToken(t.Context(), testTenant, testApp, secret.New(testSecret))
		f := diagnose.Explain(failureOf(t, err), diagnose.Context{Now: time.Now()})
		if f.Cause != want {
			t.Errorf("%s: %s: %v", file, f.Cause, err)
		}
	}
}

// rawProxy answers every connection with the same bytes, and returns its address.
func rawProxy(t *testing.T, answer []byte) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = conn.Write(answer)
			}
			_ = conn.Close()
		}
	}()
	return l.Addr().String()
}
