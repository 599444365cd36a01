package sandbox_test

import (
	"strings"
	"testing"
	"time"

	"palmail/sandbox"
)

// clerk uses a tenant by its portal only, then asks what came of it.
type clerk struct {
	*office
	have map[string]string
}

func newClerk(t *testing.T) *clerk {
	tenant := sandbox.New(sandbox.Options{})
	f := open(t, sandbox.Options{})
	f.tenant, f.http.Transport = tenant, tenant.Transport()
	return &clerk{f, map[string]string{
		"app-name": "PAL mail", "redirect-uri": redirect, "description": "PAL mail 2026-11",
		"expires": time.Now().AddDate(0, 0, 180).Format(time.RFC3339),
	}}
}

func (c *clerk) do(screen string, m sandbox.Mistake) (map[string]string, string) {
	c.t.Helper()
	fill, said, err := c.tenant.Practice(screen, m, c.have)
	if err != nil || said == "" {
		c.t.Fatalf("%s %s: %q %v", screen, m, said, err)
	}
	for k, v := range fill {
		c.have[k] = v
	}
	return fill, said
}

// code is what a token request with what the clerk has says; 0 is a token.
func (c *clerk) code() int {
	c.t.Helper()
	c.app.ClientID, c.secret.Value = c.have["client-id"], c.have["secret"]
	if c.secret.Value == "" {
		c.secret.Value = "wrong"
	}
	r := c.ask(c.have["tenant-id"], c.form())
	if r.status == 200 {
		return 0
	}
	return r.refusal(c.t).Codes[0]
}

func TestPracticeRight(t *testing.T) {
	c := newClerk(t)
	fill, _ := c.do("start", "")
	if fill["mailbox"] != noreply || fill["pal-url"] != "https://pal.agency.gov/app" {
		t.Errorf("%v", fill)
	}
	c.do("register", "")
	if n := c.code(); n != 7000215 {
		t.Errorf("after registering: %d", n)
	}
	c.do("secret", "")
	if n := c.code(); n != 0 {
		t.Errorf("with the secret: %d", n)
	}
	c.do("permission", "")
	if _, said := c.do("arrived", ""); !strings.Contains(said, "No mail") {
		t.Error(said)
	}
	if r := c.send(noreply, c.token(), letter); r.status != 202 {
		t.Errorf("%d %s", r.status, r.body)
	}
	if _, said := c.do("arrived", ""); said != "From: noreply@agency.gov\nTo: pat@example.org\nSubject: PAL "+
		"test\n\nReference K7" {
		t.Error(said)
	}
	a, ok := c.tenant.AppNamed("PAL mail")
	if !ok || a.Platform != sandbox.Web || a.RedirectURIs[0] != redirect ||
		a.Secrets[0].Description != "PAL mail 2026-11" {
		t.Errorf("%+v", a)
	}
}

func TestPracticeStartMistakes(t *testing.T) {
	c := newClerk(t)
	fill, _ := c.do("start", sandbox.UnknownDomain)
	_, domain, _ := strings.Cut(fill["mailbox"], "@")
	if r := c.office.do("GET", c.login+"/"+domain+"/v2.0/.well-known/openid-configuration", "", "",
		nil); r.status != 400 || r.refusal(t).Codes[0] != 90002 {
		t.Errorf("%s: %d %s", domain, r.status, r.body)
	}
	c.do("start", sandbox.UnlicensedMailbox)
	unlicensed := c.have["mailbox"]
	c.do("register", "")
	c.do("secret", "")
	c.do("permission", "")
	c.code()
	if code, _ := c.send(unlicensed, c.token(), probe).graphError(t); code != "MailboxNotEnabledForRESTAPI" {
		t.Error(code)
	}
}

func TestPracticeRegisterMistakes(t *testing.T) {
	for m, want := range map[sandbox.Mistake]int{
		sandbox.SwappedIDs: 90002, sandbox.WrongTenant: 700016, sandbox.WrongPlatform: 700025,
		sandbox.ObjectIDPasted: 700016,
	} {
		c := newClerk(t)
		c.do("register", m)
		if n := c.code(); n != want {
			t.Errorf("%s: %d", m, n)
		}
		c.do("register", "")
		if n := c.code(); n != 7000215 {
			t.Errorf("%s mended: %d", m, n)
		}
		if n := len(c.tenant.Apps()); n != 1 {
			t.Errorf("%s: %d apps", m, n)
		}
	}
}

func TestPracticeSecretMistakes(t *testing.T) {
	for m, want := range map[sandbox.Mistake]int{
		sandbox.SecretIDPasted: 7000215, sandbox.ExpiredSecret: 7000222, sandbox.OtherAppsSecret: 7000215,
		sandbox.SecretCutShort: 7000215,
	} {
		c := newClerk(t)
		c.do("register", "")
		c.do("secret", m)
		if n := c.code(); n != want {
			t.Errorf("%s: %d", m, n)
		}
		c.do("secret", "")
		if n := c.code(); n != 0 {
			t.Errorf("%s mended: %d", m, n)
		}
		if a, _ := c.tenant.AppNamed("PAL mail"); len(a.Secrets) != 1 {
			t.Errorf("%s: %d secrets are left", m, len(a.Secrets))
		}
	}
}

func TestPracticePermissionMistakes(t *testing.T) {
	for m, want := range map[sandbox.Mistake]struct {
		status int
		roles  string
	}{
		sandbox.DelegatedInstead: {403, ""}, sandbox.WrongAPI: {403, ""}, sandbox.NoConsent: {403, ""},
		sandbox.ExtraPower: {202, "Mail.ReadWrite Mail.Send"}, sandbox.LimitedByExchange: {202, ""},
	} {
		c := newClerk(t)
		c.do("register", "")
		c.do("secret", "")
		roles := func() string {
			var out []string
			list, _ := claimsOf(t, c.token())["roles"].([]any)
			for _, r := range list {
				out = append(out, r.(string))
			}
			return strings.Join(out, " ")
		}
		c.do("permission", m)
		c.code()
		if got := roles(); got != want.roles {
			t.Errorf("%s: roles %q", m, got)
		}
		if r := c.send(noreply, c.token(), letter); r.status != want.status {
			t.Errorf("%s: %d %s", m, r.status, r.body)
		}
		c.do("permission", "")
		if got := roles(); got != "Mail.Send" {
			t.Errorf("%s mended: roles %q", m, got)
		}
		if r := c.send(noreply, c.token(), letter); r.status != 202 {
			t.Errorf("%s mended: %d %s", m, r.status, r.body)
		}
		a, _ := c.tenant.AppNamed("PAL mail")
		for _, p := range a.Permissions {
			if p.Name != "User.Read" && (p.Name != "Mail.Send" || p.API != sandbox.MicrosoftGraph ||
				p.Kind != sandbox.Application || !p.Granted) {
				t.Errorf("%s mended: %+v is left", m, p)
			}
		}
	}
}

func TestMistakesHaveLabels(t *testing.T) {
	c := newClerk(t)
	seen := map[string]bool{}
	for _, screen := range []string{"start", "register", "secret", "permission"} {
		list := c.tenant.Mistakes(screen)
		if len(list) < 2 {
			t.Errorf("%s: %v", screen, list)
		}
		for _, m := range list {
			if l := m.Label(); l == string(m) || seen[l] {
				t.Errorf("%s: label %q", m, l)
			}
			seen[m.Label()] = true
		}
	}
	if len(c.tenant.Mistakes("arrived")) != 0 {
		t.Error("reading a mail has no mistakes")
	}
}

func TestPracticeRefusals(t *testing.T) {
	c := newClerk(t)
	for _, tc := range []struct {
		screen  string
		mistake sandbox.Mistake
		have    map[string]string
	}{
		{"nowhere", "", nil},
		{"start", sandbox.SwappedIDs, nil},
		{"secret", "", map[string]string{"client-id": "none"}},
		{"secret", sandbox.OtherAppsSecret, nil},
		{"secret", "", map[string]string{"expires": "soon"}},
		{"permission", "", nil},
	} {
		if _, _, err := c.tenant.Practice(tc.screen, tc.mistake, tc.have); err == nil {
			t.Errorf("%s %s %v: no error", tc.screen, tc.mistake, tc.have)
		}
	}
}

// The practice PAL sends with the secret that was saved in it last, and says
// what Microsoft answers when that is gone.
func TestPracticeRotation(t *testing.T) {
	c := newClerk(t)
	c.do("start", "")
	c.do("register", "")
	old, _ := c.do("secret", "")
	c.have["description"] = "PAL mail new"
	fresh, _ := c.do("secret", "")
	says := func(screen string, m sandbox.Mistake, want string) {
		t.Helper()
		if _, said := c.do(screen, m); !strings.Contains(said, want) {
			t.Errorf("%s %s says %q, want %q", screen, m, said, want)
		}
	}
	secretsLeft := func(want int) {
		t.Helper()
		if a, _ := c.tenant.AppWithID(c.have["client-id"]); len(a.Secrets) != want {
			t.Errorf("%d secrets are left, want %d", len(a.Secrets), want)
		}
	}
	oldHint, newHint := old["secret"][:3], fresh["secret"][:3]
	c.have["hint"] = newHint
	says("rotate-sends", "", "with the secret "+oldHint)
	says("rotate-pal", sandbox.NotSaved, "without saving")
	says("rotate-sends", "", "with the secret "+oldHint)
	says("rotate-pal", "", "saved it")
	says("rotate-sends", "", "with the secret "+newHint)
	c.have["description"], c.have["hint"] = "PAL mail 2026-11", oldHint
	says("old-row", sandbox.RowLeft, "still there")
	secretsLeft(2)
	says("old-row", "", "Deleted the row PAL mail 2026-11")
	secretsLeft(1)
	says("old-row", "", "no such row")
	says("old-row", sandbox.OtherRow, "Deleted the row PAL mail new")
	secretsLeft(0)
	says("rotate-sends", "", "AADSTS7000215")
	if _, _, err := c.tenant.Practice("rotate-pal", "", c.have); err == nil {
		t.Error("a secret that is gone was saved in PAL")
	}
}
