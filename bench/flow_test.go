package bench

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/steps"
	"palmail/store"
)

// admin is the user interface of somebody who signs in and says yes to
// everything, without a moment's thought: what time passes is the program's
// own, but for the sign-in, whose time is taken out.
type admin struct {
	t      *testing.T
	tenant *sandbox.Tenant
	seen   []string
	human  time.Duration // how long the sign-in was waited for
	begun  time.Time     // of the time that counts: when the way was chosen
}

func (a *admin) Fill(ctx context.Context, p steps.Page) (steps.Answers, error) {
	a.seen = append(a.seen, p.Name)
	got := steps.Answers{Text: map[string]string{}}
	for _, f := range p.Fields {
		got.Text[f.Key] = f.Value
	}
	switch p.Name {
	case "start":
		got.Text = map[string]string{"mailbox": "noreply@agency.gov", "pal-url": "https://pal.agency.gov/app"}
	case "test":
		got.Text["to"] = "admin@agency.gov"
	case "sign-in-code":
		defer func(begun time.Time) { a.human += time.Since(begun) }(time.Now())
		a.signIn(ctx, p.Guide(got))
	}
	if p.Check != nil {
		if v := p.Check(ctx, got, func(steps.Task) {}); v.State == steps.Wrong {
			a.t.Fatalf("%s: %+v", p.Name, v)
		}
	}
	return got, nil
}

// signIn types the code at the practice pages, as a browser elsewhere would.
func (a *admin) signIn(ctx context.Context, guide []steps.Instruction) {
	link := guide[0].Link
	title, err := a.tenant.Visit(ctx, link, guide[1].Copy, "admin@agency.gov")
	if err != nil {
		a.t.Fatalf("signing in: %s, %v", title, err)
	}
}

func (a *admin) Choose(_ context.Context, c steps.Choice) (int, error) {
	a.seen = append(a.seen, c.Name)
	switch c.Name {
	case "how", "sign-in": // sign in, with a code
		if c.Finding != nil {
			a.t.Fatalf("%s: %+v", c.Name, *c.Finding)
		}
		if a.begun.IsZero() {
			a.begun = time.Now()
		}
		return 0, nil
	}
	return c.Picked, nil
}

func (a *admin) Work(ctx context.Context, w steps.Work) error {
	a.seen = append(a.seen, w.Name)
	return w.Run(ctx, func(steps.Task) {})
}

func (a *admin) Show(_ context.Context, n steps.Notice) error {
	a.seen = append(a.seen, n.Name)
	return nil
}

// setUp runs the whole automatic setup once and returns the program's own share.
func setUp(t *testing.T, tenant *sandbox.Tenant, cloud *m365.Cloud, o m365.Options) (time.Duration, *admin) {
	t.Helper()
	ui := &admin{t: t, tenant: tenant}
	end, err := steps.Run(t.Context(), steps.Env{
		UI: ui, Store: store.NewMemory(), Memory: func() steps.Store { return store.NewMemory() },
		M365: o, Profile: "default", Cloud: cloud, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	took := time.Since(ui.begun) - ui.human
	if err != nil || !end.Setup.LastTest.Accepted || len(tenant.Mails()) == 0 {
		t.Fatalf("%v, %v", err, ui.seen)
	}
	return took, ui
}

// automatic measures the program's own share against the tenant in the process.
func automatic(t *testing.T) {
	var taken durations
	for range 20 {
		tenant := sandbox.New(sandbox.Options{})
		took, _ := setUp(t, tenant, nil, m365.Options{Transport: tenant.Transport()})
		taken = append(taken, took)
	}
	row("own share of an automatic setup, in the process", taken.String(), "<= 50 ms in all")
}

// roundTrips counts the calls that wait for each other, by giving every call
// the same latency and seeing how often it went into the whole. The shortest
// chain there is: the device code; the look at the tenant; the app; its service
// principal; the grant; the token, which proves the secret and the permission and
// is good for the rest; the probe; the mail. The token of the sign-in makes it
// 9: it belongs to the time that the admin takes, which is taken out here.
// TestRoundTrips of steps holds both counts.
func roundTrips(t *testing.T) {
	const latency = 100 * time.Millisecond
	weather := sandbox.Calm()
	weather.Latency = latency
	tenant := sandbox.New(sandbox.Options{Weather: weather})
	took, _ := setUp(t, tenant, nil, m365.Options{Transport: tenant.Transport()})
	row("dependent round trips of an automatic setup", fmt.Sprintf("%.0f", float64(took)/float64(latency)),
		"<= 8, and the sign-in's token")
}

// overTheWire counts requests and handshakes against a tenant on loopback,
// where sign-in and Graph share a host.
func overTheWire(t *testing.T) {
	tenant := sandbox.New(sandbox.Options{})
	var mu sync.Mutex
	requests, connections := map[string]int{}, map[string]bool{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.UserAgent(), "Go-http-client") { // the browser
			call := r.Method + " " + r.URL.Path
			if strings.HasSuffix(call, "/token") {
				body, _ := io.ReadAll(r.Body)
				r.Body = io.NopCloser(bytes.NewReader(body))
				form, _ := url.ParseQuery(string(body))
				call = "token by " + form.Get("grant_type")
			}
			mu.Lock()
			requests[call]++
			connections[r.RemoteAddr] = true
			mu.Unlock()
		}
		tenant.ServeHTTP(w, r)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	authority := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{
		Type: "CERTIFICATE", Bytes: server.Certificate().Raw,
	}), 0o600); err != nil {
		t.Fatal(err)
	}
	// The client under test has no setting for another authority; Go reads this
	// when it first verifies a certificate, which is now.
	t.Setenv("SSL_CERT_FILE", authority)
	t.Setenv("SSL_CERT_DIR", t.TempDir())
	cloud, err := m365.CustomCloud("lab", server.URL, server.URL, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	took, ui := setUp(t, tenant, &cloud, m365.Options{UserAgent: "palmail/bench"})
	row("own share of an automatic setup, TLS on loopback", ms(took)+fmt.Sprintf(" (%d screens)", len(ui.seen)),
		"<= 50 ms in all")
	mu.Lock()
	defer mu.Unlock()
	row("TLS handshakes of an automatic setup, one host", fmt.Sprint(len(connections)), "1 for each host")
	total := 0
	var twice []string
	for call, n := range requests {
		total += n
		if n > 1 {
			twice = append(twice, fmt.Sprintf("%d x %s", n, call))
		}
	}
	row("requests of an automatic setup", fmt.Sprint(total), "<= 16, and the polls of the device code")
	slices.Sort(twice)
	for _, call := range twice {
		row("  more than once", call, "")
	}
}
