package cli

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"

	"palmail/m365"
	"palmail/practice"
	"palmail/ptytest"
)

// safeBuffer may be read while a process still writes to it.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// serving is a `palmail sandbox` at work.
type serving struct {
	t                 *testing.T
	cmd               *exec.Cmd
	said              string
	base, ca, cloud   string
	http              *http.Client
	stderr            safeBuffer
	checkField        string // of the last page
	body, lastAddress string
}

func serveSandbox(t *testing.T, args ...string) *serving {
	t.Helper()
	s := &serving{t: t, cmd: interruptible(
		exec.Command(self(t), append([]string{"sandbox", "--weather", "calm"}, args...)...))}
	s.cmd.Env, s.cmd.Stderr = bareEnv(t), &s.stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.cmd.ProcessState == nil {
			_ = s.cmd.Process.Kill()
			_ = s.cmd.Wait()
		}
	})
	for lines := bufio.NewScanner(out); !strings.Contains(s.said, "Nothing is kept") &&
		!strings.Contains(s.said, "Not kept"); {
		if !lines.Scan() {
			_ = s.cmd.Wait()
			t.Fatalf("it ended: %s%s", s.said, &s.stderr)
		}
		s.said += lines.Text() + "\n"
	}
	s.base = s.after(`Portal: +(\S+)/portal/`)
	s.ca, s.cloud = s.after(`Certificate: +(\S+)`), s.after(`Cloud file: +(\S+)`)
	pem, err := os.ReadFile(s.ca)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.http = &http.Client{
		Jar: jar, Timeout: ptytest.Limit, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}},
	}
	t.Cleanup(s.http.CloseIdleConnections)
	return s
}

func (s *serving) after(pattern string) string {
	s.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(s.said)
	if m == nil {
		s.t.Fatalf("it did not say %s:\n%s", pattern, s.said)
	}
	return m[1]
}

// end ends it as ctrl+c does.
func (s *serving) end() {
	s.t.Helper()
	s.http.CloseIdleConnections()
	err := interrupt(s.cmd)
	if err != nil && runtime.GOOS == "windows" {
		s.t.Skip("Windows interrupts a program through its console, and under Wine without a terminal there is none:", err)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("ended with %v: %s", err, &s.stderr)
	}
}

// open opens a portal page; with fields it sends a form to it.
func (s *serving) open(path string, fields ...string) string {
	s.t.Helper()
	method, form := "GET", url.Values{"check": {s.checkField}}
	for i := 0; i < len(fields); i += 2 {
		method = "POST"
		form.Add(fields[i], fields[i+1])
	}
	r, err := http.NewRequest(method, s.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", s.base)
	}
	resp, err := s.http.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		s.t.Fatalf("%s: %d %v\n%s", path, resp.StatusCode, err, b)
	}
	s.body, s.lastAddress = html.UnescapeString(string(b)), resp.Request.URL.Path
	if m := regexp.MustCompile(`name="check" value="([^"]+)"`).FindStringSubmatch(s.body); m != nil {
		s.checkField = m[1]
	}
	return s.body
}

// copied is what the pattern's group finds on the page.
func (s *serving) copied(pattern string) string {
	s.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(s.body)
	if m == nil {
		s.t.Fatalf("no %s on\n%s", pattern, s.body)
	}
	return m[1]
}

// newSecret adds a client secret on the pages of an app, and returns its Value.
func (s *serving) newSecret(app, description string) string {
	s.t.Helper()
	s.open(app + "/secrets/new")
	s.open(app+"/secrets", "description", description, "expires", "180", "number",
		s.copied(`name="number" value="([^"]+)"`))
	return s.copied(`aria-label="Value of ` + description + `" value="([^"]+)"`)
}

// setUp clicks through the portal, and returns what a person would copy.
func (s *serving) setUp() (clientID, tenantID, value string) {
	s.t.Helper()
	s.open("/portal/new")
	s.open("/portal/new", "name", "PAL mail", "audience", "AzureADMyOrg", "platform", "Web", "redirect",
		m365.RedirectURI("https://pal.agency.gov/app"))
	app := s.lastAddress
	clientID, tenantID = s.copied(`id="client-id" value="([^"]+)"`), s.copied(`id="tenant-id" value="([^"]+)"`)
	value = s.newSecret(app, "PAL")
	s.open(app+"/permissions/add", "api", "Microsoft Graph", "kind", "Application", "permission", "Mail.Send")
	s.open(app+"/permissions/consent", "answer", "yes")
	return clientID, tenantID, value
}

// token gets a token by MSAL as any other software does.
func (s *serving) token(clientID, tenantID, value string) (string, error) {
	s.t.Helper()
	secret, err := confidential.NewCredFromSecret(value)
	if err != nil {
		s.t.Fatal(err)
	}
	app, err := confidential.New(s.base+"/"+tenantID, clientID, secret, confidential.WithHTTPClient(s.http),
		confidential.WithInstanceDiscovery(false))
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), ptytest.Limit)
	defer cancel()
	got, err := app.AcquireTokenByCredential(ctx, []string{s.base + "/.default"})
	return got.AccessToken, err
}

// Software that knows nothing of palmail gets a token by MSAL and sends a mail
// over `palmail sandbox`; then palmail itself does, as another process that
// trusts nothing but the certificate it printed. The tenant is there again
// after a restart, and nothing of the secret is in its file.
func TestSandboxCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	state := filepath.Join(dir, "tenant.json")
	s := serveSandbox(t, "--listen", "127.0.0.1:0", "--state", state, "--dir", filepath.Join(dir, "files"))
	if s.stderr.String() != "" {
		t.Errorf("it warns of %s", &s.stderr)
	}
	clientID, tenantID, value := s.setUp()
	token, err := s.token(clientID, tenantID, value)
	if err != nil {
		t.Fatal(err)
	}
	mail := `{"message":{"subject":"From other software","body":{"contentType":"HTML","content":"<p>Hello</p>"},` +
		`"toRecipients":[{"emailAddress":{"address":"admin@agency.gov"}}]}}`
	r, err := http.NewRequest("POST", s.base+"/v1.0/users/noreply@agency.gov/sendMail", strings.NewReader(mail))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := s.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 202 {
		t.Errorf("sendMail answered %d", resp.StatusCode)
	}
	if !strings.Contains(s.open("/portal/mail"), "From other software") {
		t.Error("the mail is not on the portal's page")
	}
	if runtime.GOOS == "linux" { // only there SSL_CERT_FILE counts
		o := invocation{
			args: []string{
				"check", "--json", "--cloud", s.cloud, "--mailbox", "noreply@agency.gov", "--tenant-id", tenantID,
				"--client-id", clientID, "--secret-stdin",
			},
			env: bareEnv(t, "SSL_CERT_FILE="+s.ca, "SSL_CERT_DIR="+t.TempDir()), stdin: value + "\n",
		}.run(t)
		if ok, items := wantChecks(t, o.out); !ok || o.code != exitDone {
			t.Errorf("palmail check: %d %v %s", o.code, items, o.stderr)
		}
	}
	s.end()
	kept, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(kept, []byte(value)) || !json.Valid(kept) {
		t.Error("the state holds the secret, or is no JSON")
	}
	again := serveSandbox(t, "--listen", "127.0.0.1:0", "--state", state)
	if _, err := again.token(clientID, tenantID, value); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	ours := filepath.Dir(again.ca)
	again.end()
	if _, err := os.Stat(ours); !os.IsNotExist(err) {
		t.Errorf("left behind: %s, %v", ours, err)
	}
}

// It warns where other computers reach it, and vouches only for its own names.
func TestSandboxBeyondLoopback(t *testing.T) {
	t.Parallel()
	s := serveSandbox(t, "--listen", "0.0.0.0:0")
	s.end()
	if !strings.Contains(s.stderr.String(), "warning: other computers can reach") {
		t.Errorf("no warning: %q", s.stderr.String())
	}
	pem, config, err := practice.Certificate([]string{"127.0.0.1", "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	leaf, err := x509.ParseCertificate(config.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, good := range map[string]bool{"127.0.0.1": true, "localhost": true, "login.microsoftonline.com": false} {
		if _, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots}); (err == nil) != good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSandboxUsage(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "state.json")
	writeFile(t, broken, []byte("{}"))
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--listen", "nonsense"}, exitUsage, "--listen nonsense"},
		{[]string{"--weather", "hail"}, exitUsage, "calm, usual or rough"},
		{[]string{"--cloud", cloudFile(t, "https://x.example")}, exitUsage, "the practice tenant is in commercial"},
		{[]string{"--state", broken}, exitFailed, "no state of version 1"},
		{[]string{"--listen", "192.0.2.1:1"}, exitFailed, "serving the practice tenant"},
	} {
		o := invocation{args: append([]string{"sandbox"}, c.args...)}.run(t)
		if o.code != c.code || !strings.Contains(o.stderr, c.says) {
			t.Errorf("%v: %d %s", c.args, o.code, o.stderr)
		}
	}
}
