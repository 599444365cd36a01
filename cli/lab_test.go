package cli

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"palmail/m365"
	"palmail/ptytest"
	"palmail/sandbox"
)

// lab is a practice tenant served over TLS on loopback, described by a cloud
// file, for a palmail that knows nothing of this process.
type lab struct {
	*sandbox.Tenant
	url     string
	cloud   string // path of the cloud file
	ca      string // path of the certificate to trust
	handler http.Handler

	mu     sync.Mutex
	tokens []string // every access token that was given out
	forms  []string // every body sent to the token endpoint
}

// newLab serves a tenant. between, which may be nil, stands between the client
// and the tenant, for bad days.
func newLab(t testing.TB, between func(next http.Handler) http.Handler) *lab {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only on Linux does a variable make a program trust another authority, and only there is it sure " +
			"to find no keyring; TestEndToEnd is for other systems too")
	}
	l := &lab{Tenant: sandbox.New(sandbox.Options{})}
	l.handler = http.HandlerFunc(l.serve)
	if between != nil {
		l.handler = between(l.handler)
	}
	server := httptest.NewUnstartedServer(l.handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that were broken off on purpose
	server.StartTLS()
	t.Cleanup(server.Close)
	l.url = server.URL
	dir := t.TempDir()
	l.ca = filepath.Join(dir, "ca.pem")
	writeFile(t, l.ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	l.cloud = cloudFile(t, l.url)
	return l
}

// cloudFile writes a cloud file whose hosts are all at base.
func cloudFile(t testing.TB, base string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lab.json")
	writeFile(t, path, []byte(`{"name":"lab","login":"`+base+`","graph":"`+base+`","portal":"`+base+`"}`))
	return path
}

func writeFile(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// serve is the tenant, with an eye on the secrets and tokens that pass.
func (l *lab) serve(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/token") {
		l.ServeHTTP(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	tee := &teeWriter{ResponseWriter: w}
	l.ServeHTTP(tee, r)
	var got struct {
		AccessToken string `json:"access_token"`
	}
	_ = json.Unmarshal(tee.body.Bytes(), &got)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forms = append(l.forms, string(body))
	if got.AccessToken != "" {
		l.tokens = append(l.tokens, got.AccessToken)
	}
}

type teeWriter struct {
	http.ResponseWriter
	body bytes.Buffer
}

func (w *teeWriter) Write(b []byte) (int, error) {
	w.body.Write(b)
	return w.ResponseWriter.Write(b)
}

// env trusts the lab's certificate and has no keyring.
func (l *lab) env(t testing.TB, more ...string) []string {
	t.Helper()
	return bareEnv(t, append([]string{"SSL_CERT_FILE=" + l.ca, "SSL_CERT_DIR=" + t.TempDir()}, more...)...)
}

// readyApp is an app that may send, with its secret.
type readyApp struct {
	sandbox.App
	secret sandbox.Secret
}

func (l *lab) readyApp(t testing.TB) readyApp {
	t.Helper()
	a := readyApp{App: l.RegisterApp("PAL mail", sandbox.Web, m365.RedirectURI("https://pal.agency.gov/app"))}
	a.secret = l.addSecret(t, a.ClientID)
	l.grant(t, a.ClientID)
	return a
}

func (l *lab) addSecret(t testing.TB, clientID string) sandbox.Secret {
	t.Helper()
	// One that begins with a dash would be read as a flag by people's eyes and
	// by some programs; here it is any.
	s, err := l.AddSecret(clientID, "PAL mail", now().AddDate(0, 0, 180))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (l *lab) grant(t testing.TB, clientID string) {
	t.Helper()
	if err := l.AddPermission(clientID, sandbox.MicrosoftGraph, sandbox.Application, "Mail.Send"); err != nil {
		t.Fatal(err)
	}
	if err := l.GrantConsent(clientID); err != nil {
		t.Fatal(err)
	}
}

// flags answer everything in advance.
func (l *lab) flags(a readyApp) []string {
	return []string{
		"--cloud", l.cloud, "--tenant-id", l.ID(), "--client-id", a.ClientID, "--mailbox", "noreply@" + l.Domain(),
	}
}

// labWalk goes through the wizard as an admin does who has the portal open
// beside it: what is copied there is pasted here. It stops on the screen stop.
type labWalk struct {
	*lab
	s      *ptytest.Terminal
	app    sandbox.App
	secret sandbox.Secret
}

// to walks from the screen from to the screen stop.
func (w *labWalk) to(t testing.TB, from, stop string) {
	t.Helper()
	s := w.s
	on := []struct {
		screen string
		do     func()
	}{
		{"start", func() {
			listening(s, titles["start"])
			s.Press("noreply@" + w.Domain() + tab)
			s.Paste("https://pal." + w.Domain() + "/app/connectors/SMTP.aspx\n")
			s.Want("✓ Tenant " + w.ID())
			s.Press(enter)
		}},
		{"how", func() {
			s.Coax(end, "❯ Be guided through the portal")
			s.Press(enter)
		}},
		{"register", func() {
			w.app = w.RegisterApp("PAL mail", sandbox.Web, m365.RedirectURI("https://pal."+w.Domain()+"/app"))
			listening(s, titles["register"])
			s.Paste(" " + strings.ToUpper(w.app.ClientID) + "\r\n")
			s.Want("✓ The app is in your tenant.")
			s.Press(enter)
		}},
		{"secret", func() {
			w.secret = w.addSecret(t, w.app.ClientID)
			listening(s, titles["secret"])
			s.Paste(w.secret.Value + "\r\n")
			s.Want("✓ The secret works.")
			w.grant(t, w.app.ClientID) // before the next screen asks, so that it need not wait
			s.Press(enter)
		}},
		{"permission", func() { s.Want(titles["pal"]) }},
		{"pal", func() { fillPAL(s) }},
		{"test", func() { fillTest(s) }},
		{"arrived", nil},
	}
	begun := false
	for _, o := range on {
		begun = begun || o.screen == from
		if !begun {
			continue
		}
		s.WantOne(titles[o.screen], titles["pal"]) // the permission's screen may have gone by itself
		if o.screen == stop {
			return
		}
		o.do()
	}
}

// oneJSON decodes the one JSON document that out must be.
func oneJSON(t testing.TB, out string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(out))
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("no JSON document: %v\n%s", err, out)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Errorf("more than one JSON document:\n%s", out)
	}
	return v
}

// wantKeys checks that a JSON object has these keys and no others.
func wantKeys(t testing.TB, what string, v any, keys ...string) map[string]any {
	t.Helper()
	object, ok := v.(map[string]any)
	if !ok {
		t.Fatalf("%s is no object but %v", what, v)
	}
	for _, k := range keys {
		if _, ok := object[k]; !ok {
			t.Errorf("%s has no %s: %v", what, k, object)
		}
	}
	for k := range object {
		found := false
		for _, want := range keys {
			found = found || k == want
		}
		if !found {
			t.Errorf("%s has %s, which the design does not name", what, k)
		}
	}
	return object
}

// wantFinding checks a finding's shape and its cause.
func wantFinding(t testing.TB, v any, cause string) {
	t.Helper()
	f := wantKeys(t, "the finding", v, "cause", "title", "explanation", "remedy", "who", "link", "retry", "codes",
		"request_id", "correlation_id", "time")
	if f["cause"] != cause {
		t.Errorf("the cause is %v, want %s: %v", f["cause"], cause, f)
	}
	for _, list := range []string{"remedy", "codes"} {
		if _, ok := f[list].([]any); !ok {
			t.Errorf("%s is %v, want a list", list, f[list])
		}
	}
	if f["title"] == "" || f["explanation"] == "" || f["who"] == "" || f["retry"] == nil {
		t.Errorf("a finding without words: %v", f)
	}
}

// wantChecks checks the shape of `check --json` and returns the items by name.
func wantChecks(t testing.TB, out string) (ok bool, items map[string]map[string]any) {
	t.Helper()
	v := wantKeys(t, "the report", oneJSON(t, out), "ok", "checks")
	items = map[string]map[string]any{}
	var order []string
	for _, c := range v["checks"].([]any) {
		item := wantKeys(t, "a check", c, "name", "ok", "skipped", "detail", "finding")
		order = append(order, item["name"].(string))
		items[item["name"].(string)] = item
		if item["detail"] == "" {
			t.Errorf("%v says nothing", item["name"])
		}
	}
	if got := strings.Join(order, " "); got != "network tenant app secret permission mailbox" {
		t.Errorf("the checks are %s", got)
	}
	return v["ok"].(bool), items
}

// sentSecret says whether the secret really went over the wire.
func (l *lab) sentSecret(value string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.forms {
		if v, err := url.ParseQuery(f); err == nil && v.Get("client_secret") == value {
			return true
		}
	}
	return false
}
