package sandbox_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"palmail/sandbox"
)

// A tenant that was kept goes on where it was: the same app, secret and
// consent send a mail, what was removed stays removed, and no secret is kept.
func TestState(t *testing.T) {
	f := ready(t, sandbox.Options{Cloud: "gcc-high", Domain: "dept.gov", Organisation: "The Dept"})
	old := f.addSecret(tenantNow(sandbox.Options{}).AddDate(0, 1, 0))
	f.must(f.tenant.RemoveSecret(f.app.ClientID, old.ID))
	f.tenant.SetMailbox("records@dept.gov", sandbox.Mailbox{Blocked: true})
	f.tenant.SetRules(sandbox.Rules{SecretMaxDays: 181})
	f.must(f.tenant.AllowByExchange(f.app.ClientID, "records@dept.gov"))
	kept, err := f.tenant.State()
	f.must(err)
	if bytes.Contains(kept, []byte(f.secret.Value)) {
		t.Error("the state holds a secret")
	}
	again, err := sandbox.Restore(sandbox.Options{}, kept)
	f.must(err)
	twice, err := again.State()
	f.must(err)
	if !bytes.Equal(kept, twice) {
		t.Errorf("kept again it is different:\n%s\n%s", kept, twice)
	}
	if again.Cloud() != "gcc-high" || again.Domain() != "dept.gov" || again.Rules().SecretMaxDays != 181 {
		t.Errorf("%s %s %+v", again.Cloud(), again.Domain(), again.Rules())
	}
	f.tenant, f.http = again, &http.Client{Transport: again.Transport()}
	f.moveTo("gcc-high")
	if r := f.send("noreply@dept.gov", f.token(), strings.ReplaceAll(letter, "agency.gov",
		"dept.gov")); r.status != 202 {
		t.Errorf("%d %s", r.status, r.body)
	}
	f.secret = old
	if e := f.ask(again.ID(), f.form()).refusal(t); e.Codes[0] != 7000215 {
		t.Errorf("a removed secret: %v", e.Codes)
	}
	for _, bad := range []string{
		"", "{}", "[]", `{"version":1}`, strings.Replace(string(kept), again.ID(), "x", 1),
		strings.Replace(string(kept), f.app.ClientID, "x", 1),
	} {
		if _, err := sandbox.Restore(sandbox.Options{}, []byte(bad)); err == nil {
			t.Errorf("taken: %.80s", bad)
		}
	}
}
