package sandbox_test

import (
	"strings"
	"testing"
	"time"

	"palmail/sandbox"
)

// limited is an office whose clock the test moves.
type limited struct {
	*office
	now time.Time
}

// inService is the service's own delays.
func inService() sandbox.Weather {
	return sandbox.Weather{
		ExchangeDelay: 30 * time.Minute, ExchangeDelayActive: 2 * time.Hour, PolicyDelay: 75 * time.Minute,
	}
}

func newLimited(t *testing.T, w sandbox.Weather) *limited {
	l := &limited{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	l.office = ready(t, sandbox.Options{Weather: w, Now: func() time.Time { return l.now }})
	return l
}

func (l *limited) wait(d time.Duration) { l.now = l.now.Add(d) }

// may tells whether a fresh token may send as the mailbox, by the probe without recipients.
func (l *limited) may(mailbox string) bool {
	l.t.Helper()
	return l.mayWith(l.token(), mailbox)
}

func (l *limited) mayWith(token, mailbox string) bool {
	l.t.Helper()
	r := l.send(mailbox, token, probe)
	code, text := r.graphError(l.t)
	switch {
	case r.status == 400 && code == "ErrorInvalidRecipients":
		return true
	case r.status == 403 && code == "ErrorAccessDenied" && text == "Access is denied. Check credentials and try again.":
		return false
	}
	l.t.Fatalf("the probe for %s: %d %s %s", mailbox, r.status, code, text)
	return false
}

func (l *limited) wants(noreplyMay, adminMay bool) {
	l.t.Helper()
	if a, b := l.may(noreply), l.may("admin@agency.gov"); a != noreplyMay || b != adminMay {
		l.t.Errorf("at %s noreply %v, admin %v, want %v, %v", l.now.Format("15:04"), a, b, noreplyMay, adminMay)
	}
}

const (
	scopeName  = "palmail scope"
	roleName   = "palmail role"
	oneMailbox = "PrimarySmtpAddress -eq 'noreply@agency.gov'"
)

// limit does what the script does, with this object ID.
func (l *limited) limit(objectID string) {
	l.t.Helper()
	l.must(l.tenant.NewExchangeServicePrincipal(l.app.ClientID, objectID, "PAL mail"))
	l.must(l.tenant.NewManagementScope(scopeName, oneMailbox))
	l.must(l.tenant.NewRoleAssignment(roleName, objectID, scopeName))
}

func (l *limited) inScope(mailbox string) bool {
	l.t.Helper()
	rows, err := l.tenant.TestAuthorization(l.app.ClientID, mailbox)
	l.must(err)
	for _, r := range rows {
		if r.Role == sandbox.MailSendRole && r.InScope {
			return true
		}
	}
	return false
}

// What Entra and what Exchange grant add up: the scope limits nothing before
// the consent is gone, and a token from before keeps its role.
func TestGrantsAreAUnion(t *testing.T) {
	l := newLimited(t, sandbox.Calm())
	old := l.token()
	l.limit(l.app.ServicePrincipalID)
	if !l.inScope(noreply) || l.inScope("admin@agency.gov") {
		t.Error("the test of the scope is wrong")
	}
	l.wants(true, true)
	l.must(l.tenant.RevokeConsent(l.app.ClientID))
	l.wants(true, false)
	if !l.mayWith(old, "admin@agency.gov") {
		t.Error("the old token has lost its role")
	}
	if claimsOf(t, l.token())["roles"] != nil {
		t.Error("the new token has roles")
	}
	l.must(l.tenant.RemoveRoleAssignment(roleName))
	l.wants(false, false)
	l.must(l.tenant.RemoveManagementScope(scopeName))
	l.must(l.tenant.RemoveExchangeServicePrincipal(l.app.ClientID))
	l.must(l.tenant.GrantConsent(l.app.ClientID))
	l.wants(true, true)
}

// An app that makes no calls waits for half an hour, one that does for two hours.
func TestExchangeCaches(t *testing.T) {
	l := newLimited(t, inService())
	l.must(l.tenant.RevokeConsent(l.app.ClientID))
	l.wait(3 * time.Hour)
	l.limit(l.app.ServicePrincipalID)
	if !l.inScope(noreply) {
		t.Error("the test of the scope waits for the cache")
	}
	l.wait(29 * time.Minute)
	quiet := l.now
	l.wants(false, false) // and with this call the app is in use
	l.wait(90 * time.Minute)
	l.wants(false, false)
	l.wait(time.Minute)
	l.wants(true, false)
	if d := l.now.Sub(quiet); d != 91*time.Minute {
		t.Errorf("%s", d)
	}
	l.must(l.tenant.SetManagementScope(scopeName, "PrimarySmtpAddress -eq 'admin@agency.gov'"))
	l.wants(true, false)
	l.wait(2 * time.Hour)
	l.wants(false, true)
	l.wait(time.Hour)
	l.must(l.tenant.RemoveRoleAssignment(roleName))
	l.must(l.tenant.RemoveManagementScope(scopeName))
	l.wait(30 * time.Minute)
	l.wants(false, false)
}

func TestQuietAppWaitsLess(t *testing.T) {
	l := newLimited(t, inService())
	l.must(l.tenant.RevokeConsent(l.app.ClientID))
	l.wait(3 * time.Hour)
	l.limit(l.app.ServicePrincipalID)
	l.wait(30 * time.Minute)
	l.wants(true, false)
	l.wait(time.Minute)
	l.wants(true, false) // what the cache knows it does not forget
	l.must(l.tenant.RemoveRoleAssignment(roleName))
	l.wait(119 * time.Minute)
	l.wants(true, false)
	l.wait(time.Minute)
	l.wants(false, false)
}

// Exchange goes by a revoked consent for a while, too.
func TestRevokedConsentLingers(t *testing.T) {
	l := newLimited(t, inService())
	l.wants(true, true)
	l.must(l.tenant.RevokeConsent(l.app.ClientID))
	l.wants(true, true)
	l.wait(2 * time.Hour)
	l.wants(false, false)
}

// With the app registration's Object ID everything looks right, and nothing works.
func TestWrongObjectID(t *testing.T) {
	l := newLimited(t, sandbox.Calm())
	l.must(l.tenant.RevokeConsent(l.app.ClientID))
	l.limit(l.app.ObjectID)
	if !l.inScope(noreply) {
		t.Error("Exchange noticed")
	}
	l.wants(false, false)
}

func TestExchangeRefuses(t *testing.T) {
	l := newLimited(t, sandbox.Calm())
	l.limit(l.app.ServicePrincipalID)
	app, sp := l.app.ClientID, l.app.ServicePrincipalID
	for what, err := range map[string]error{
		"principal twice":  l.tenant.NewExchangeServicePrincipal(app, sp, "x"),
		"no GUID":          l.tenant.NewExchangeServicePrincipal("x", sp, "x"),
		"no such app":      l.tenant.NewExchangeServicePrincipal(sp, app, "x"),
		"scope twice":      l.tenant.NewManagementScope(scopeName, "PrimarySmtpAddress -eq 'x'"),
		"same filter":      l.tenant.NewManagementScope("another", oneMailbox),
		"bad filter":       l.tenant.NewManagementScope("another", "Title -like '*'"),
		"open quote":       l.tenant.NewManagementScope("another", "PrimarySmtpAddress -eq 'o'brien'"),
		"long name":        l.tenant.NewManagementScope(strings.Repeat("x", 65), "PrimarySmtpAddress -eq 'x'"),
		"no such scope":    l.tenant.SetManagementScope("x", oneMailbox),
		"assignment twice": l.tenant.NewRoleAssignment(roleName, sp, scopeName),
		"no principal":     l.tenant.NewRoleAssignment("x", "x", scopeName),
		"scope not there":  l.tenant.NewRoleAssignment("x", sp, "x"),
		"in use":           l.tenant.RemoveManagementScope(scopeName),
		"has roles":        l.tenant.RemoveExchangeServicePrincipal(sp),
		"no assignment":    l.tenant.RemoveRoleAssignment("x"),
	} {
		if err == nil || !strings.Contains(err.Error(), "Exchange Online: ") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := l.tenant.TestAuthorization("x", noreply); err == nil {
		t.Error("an app that is none was tested")
	}
}

// The older policy works beside the consent, after more than an hour, with its own words.
func TestAccessPolicyTakesTime(t *testing.T) {
	l := newLimited(t, inService())
	l.must(l.tenant.BlockByAccessPolicy(l.app.ClientID, "admin@agency.gov"))
	l.wait(time.Hour)
	l.wants(true, true)
	l.wait(15 * time.Minute)
	r := l.send("admin@agency.gov", l.token(), probe)
	if code, text := r.graphError(t); r.status != 403 || code != "ErrorAccessDenied" ||
		!strings.Contains(text, "[RAOP]") {
		t.Errorf("%d %s %s", r.status, code, text)
	}
	if !l.may(noreply) {
		t.Error("the other mailbox is kept away too")
	}
}

// Each way to practise ends where it should, whatever came before it.
func TestPracticeLimit(t *testing.T) {
	type way struct {
		mistake        sandbox.Mistake
		noreply, admin bool
	}
	ways := []way{
		{"", true, false}, {sandbox.RegistrationObjectID, false, false}, {sandbox.WrongMailboxInScope, false, true},
		{sandbox.NestedGroup, false, false}, {sandbox.WholeTenant, true, true},
	}
	if len(ways) != 1+len(sandbox.New(sandbox.Options{}).Mistakes("limit")) {
		t.Error("not all are tried")
	}
	l := newLimited(t, sandbox.Calm())
	l.must(l.tenant.RevokeConsent(l.app.ClientID))
	have := map[string]string{
		"client-id": l.app.ClientID, "mailbox": noreply, "other-mailbox": "admin@agency.gov",
		"service-principal-id": l.app.ServicePrincipalID,
	}
	practise := func(screen string, m sandbox.Mistake) map[string]string {
		t.Helper()
		fill, said, err := l.tenant.Practice(screen, m, have)
		if err != nil || said == "" || strings.Contains(m.Label(), "-") {
			t.Fatalf("%s %s: %q %v", screen, m, said, err)
		}
		return fill
	}
	for _, first := range ways {
		for _, then := range ways {
			practise("limit", first.mistake)
			practise("limit", then.mistake)
			if a, b := l.may(noreply), l.may("admin@agency.gov"); a != then.noreply || b != then.admin {
				t.Errorf("%q, then %q: %v %v", first.mistake, then.mistake, a, b)
			}
		}
	}
	// The mailbox itself in the group is in the scope.
	practise("limit", sandbox.NestedGroup)
	l.tenant.SetGroup("pal-senders@agency.gov", noreply)
	l.wants(true, false)
	practise("limit", "")

	practise("limit-undo", "")
	l.wants(true, true)
	practise("limit", "")
	for _, m := range l.tenant.Mistakes("limit-consent") {
		practise("limit-consent", m)
		l.wants(true, true)
	}
	practise("limit-consent", "")
	l.wants(true, false)
	practise("limit-undo", "")
	l.wants(true, true)
	if fill := practise("limit-id", ""); fill["service-principal-id"] != l.app.ServicePrincipalID {
		t.Errorf("%v", fill)
	}
	if fill := practise("limit-id", sandbox.RegistrationObjectID); fill["service-principal-id"] != l.app.ObjectID {
		t.Errorf("%v", fill)
	}
	if _, _, err := l.tenant.Practice("limit", "", nil); err == nil {
		t.Error("limited an app that is none")
	}
}

// What Exchange knows is kept with the tenant.
func TestExchangeState(t *testing.T) {
	l := newLimited(t, sandbox.Calm())
	l.limit(l.app.ServicePrincipalID)
	l.must(l.tenant.BlockByAccessPolicy(l.app.ClientID, "closed@agency.gov"))
	l.tenant.SetGroup("g@agency.gov", noreply)
	l.must(l.tenant.RevokeConsent(l.app.ClientID))
	kept, err := l.tenant.State()
	l.must(err)
	again, err := sandbox.Restore(sandbox.Options{Now: func() time.Time { return l.now }}, kept)
	l.must(err)
	l.tenant, l.http.Transport = again, again.Transport()
	l.wants(true, false)
	l.must(l.tenant.RemoveRoleAssignment(roleName))
	l.wants(false, false)
	// What an earlier version kept with each app is taken over.
	old := strings.NewReplacer(`"exchange_online"`, `"x"`, `"grants": []`,
		`"grants": [], "exchange": {"admin@agency.gov": true}, "excluded": {"noreply@agency.gov": true}`).Replace(string(kept))
	again, err = sandbox.Restore(sandbox.Options{Now: func() time.Time { return l.now }}, []byte(old))
	l.must(err)
	l.tenant, l.http.Transport = again, again.Transport()
	if !l.may("admin@agency.gov") {
		t.Error("what was allowed is not")
	}
}
