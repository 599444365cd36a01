package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"palmail/ptytest"
	"palmail/sandbox"
)

// m365CLI is CLI for Microsoft 365, at work against `palmail sandbox`.
type m365CLI struct {
	t    *testing.T
	path string // of its index.js
	env  []string
}

// m365Path finds the tool. PALMAIL_M365 is the path of its dist/index.js; where
// it is not set the test is skipped, or fails with PALMAIL_M365_TESTS=require.
func m365Path(t *testing.T) string {
	t.Helper()
	path := os.Getenv("PALMAIL_M365")
	if path == "" {
		if os.Getenv("PALMAIL_M365_TESTS") == "require" {
			t.Fatal("CLI for Microsoft 365 is needed: PALMAIL_M365 does not name its dist/index.js")
		}
		t.Skip("without CLI for Microsoft 365: PALMAIL_M365 does not name its dist/index.js")
	}
	return path
}

// newM365 is the tool with a home of its own, that trusts what s printed.
func newM365(t *testing.T, path string, s *serving) *m365CLI {
	t.Helper()
	lead, err := filepath.Abs("testdata/practice-hosts.cjs")
	if err != nil {
		t.Fatal(err)
	}
	return &m365CLI{t: t, path: path, env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LANG=C.UTF-8", "CI=true", "CLIMICROSOFT365_NOUPDATE=1",
		"NODE_EXTRA_CA_CERTS=" + s.ca, "NODE_OPTIONS=--require " + lead, "PRACTICE_TENANT=" + s.base,
	}}
}

// run runs one command of the tool, and returns what it printed.
func (c *m365CLI) run(args ...string) string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 2*ptytest.Limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", append([]string{c.path}, args...)...)
	cmd.Env = c.env
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		c.t.Fatalf("m365 %s: %v\n%s%s", strings.Join(args[:3], " "), err, &out, &stderr)
	}
	return out.String()
}

// login signs in as an app with its secret.
func (c *m365CLI) login(tenantID, clientID, value string) {
	c.t.Helper()
	c.run("login", "--authType", "secret", "--tenant", tenantID, "--appId", clientID, "--secret", value)
}

// CLI for Microsoft 365, which nobody here wrote, signs in to `palmail sandbox`
// with a secret from the portal, makes an app with Mail.Send and consent, signs
// in as that one, and sends a mail. It thinks it speaks to Microsoft; its
// connections are led to this computer.
func TestM365AgainstSandbox(t *testing.T) {
	t.Parallel()
	path := m365Path(t)
	s := serveSandbox(t, "--listen", "127.0.0.1:0")
	m := newM365(t, path, s)
	clientID, tenantID, value := s.setUp()
	app := "/portal/app/" + clientID
	s.open(app+"/permissions/add", "api", sandbox.MicrosoftGraph, "kind", sandbox.Application,
		"permission", "Application.ReadWrite.All", "permission", "AppRoleAssignment.ReadWrite.All")
	s.open(app+"/permissions/consent", "answer", "yes")

	m.login(tenantID, clientID, value)
	made := m.run("entra", "app", "add", "--name", "Made by m365", "--withSecret", "--apisApplication",
		"https://graph.microsoft.com/Mail.Send", "--grantAdminConsent", "--output", "json")
	var fresh struct {
		AppID    string `json:"appId"`
		TenantID string `json:"tenantId"`
		Secrets  []struct {
			Value string `json:"value"`
		} `json:"secrets"`
	}
	if err := json.Unmarshal([]byte(made), &fresh); err != nil || fresh.TenantID != tenantID ||
		len(fresh.Secrets) != 1 {
		t.Fatalf("%v: %s", err, made)
	}
	if text := s.open("/portal/app/" + fresh.AppID + "/permissions"); !strings.Contains(text, "Made by m365") ||
		!strings.Contains(text, "✓ Granted for Example Agency") {
		t.Errorf("the portal does not show the app and its consent:\n%s", text)
	}
	m.run("logout", "--output", "json")
	m.login(tenantID, fresh.AppID, fresh.Secrets[0].Value)
	m.run("outlook", "mail", "send", "--sender", "noreply@agency.gov", "--to", "admin@agency.gov", "--subject",
		"Sent by m365", "--bodyContents", "<p>Hello</p>", "--bodyContentType", "HTML")
	if text := s.open("/portal/mail"); !strings.Contains(text, "Sent by m365") {
		t.Errorf("the mail is not on the portal's page:\n%s", text)
	}
	s.end()
}
