package steps

import (
	"testing"
	"testing/synctest"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/sandbox"
	"palmail/secret"
)

// A token is used again only for the same secret, soon, with its role, and
// where Exchange does not limit the app.
func TestTokenReuse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{Seed: 33})
		end, err := w.run(signer(t, w, "admin@agency.gov"))
		if err != nil {
			t.Fatal(err)
		}
		value := end.Setup.Secret.Value
		for name, tc := range map[string]struct {
			change func(s *session)
			asked  secret.Value
			want   bool
		}{
			"at once":         {func(*session) {}, value, true},
			"another secret":  {func(*session) {}, secret.New("another"), false},
			"much later":      {func(*session) { time.Sleep(tokenReuse + time.Second) }, value, false},
			"another app":     {func(s *session) { s.setup.ClientID = "x" }, value, false},
			"another tenant":  {func(s *session) { s.setup.TenantID = "x" }, value, false},
			"limited":         {func(s *session) { s.setup.LimitedByExchange = true }, value, false},
			"after a refusal": {func(s *session) { s.dropToken() }, value, false},
			"clock set back": {func(s *session) {
				s.Now = func() time.Time { return time.Now().Add(-time.Hour) }
			}, value, false},
		} {
			s := newSession(Env{M365: m365Options(w), Now: time.Now})
			s.setup = end.Setup
			if _, err := s.newToken(t.Context(), value); err != nil {
				t.Fatal(err)
			}
			tc.change(s)
			if _, ok := s.keptToken(tc.asked); ok != tc.want {
				t.Errorf("%s: used again %v, want %v", name, ok, tc.want)
			}
		}
		if err := w.tenant.RevokeConsent(end.Setup.ClientID); err != nil {
			t.Fatal(err)
		}
		s := newSession(Env{M365: m365.Options{Transport: w.tenant.Transport(), Now: time.Now}, Now: time.Now})
		s.setup = end.Setup
		time.Sleep(time.Hour) // the consent is gone everywhere
		if _, err := s.newToken(t.Context(), value); err != nil {
			t.Fatal(err)
		}
		if _, ok := s.keptToken(value); ok {
			t.Error("a token without the role is used again")
		}
	})
}

// Access denied to a mail that was sent with Mail.Send in the token is about the
// mailbox, and without it about the consent.
func TestDeniedWithTheRoleIsNotAboutConsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, sandbox.Options{})
		end, err := w.run(newScript(t))
		if err != nil {
			t.Fatal(err)
		}
		s := &session{Env: Env{M365: m365Options(w), Now: time.Now}, setup: end.Setup}
		denied := &diagnose.Failure{Stage: diagnose.StageSend, Status: 403,
			Body: `{"error":{"code":"ErrorAccessDenied","message":"Access is denied. Check credentials and try again."}}`}
		if f := s.explain(denied, time.Time{}); f.Cause != diagnose.CauseMailSendNotGranted {
			t.Errorf("before a token: %s", f.Cause)
		}
		if _, err := s.appToken(t.Context(), end.Setup.Secret.Value); err != nil {
			t.Fatal(err)
		}
		if f := s.explain(denied, time.Time{}); f.Cause != diagnose.CauseMailboxOutOfScope {
			t.Errorf("with the role: %s", f.Cause)
		}
		if _, err := s.appToken(t.Context(), secret.New("wrong")); err == nil {
			t.Fatal("a wrong secret works")
		}
		if f := s.explain(denied, time.Time{}); f.Cause != diagnose.CauseMailSendNotGranted {
			t.Errorf("after a refusal: %s", f.Cause)
		}
	})
}
