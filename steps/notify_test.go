package steps

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/sandbox"
	"palmail/secret"
	"palmail/steps/progress"
	"palmail/store"
)

// warned runs Notify as a run of status does.
func warned(t *testing.T, st Store, tenant http.RoundTripper) Warning {
	t.Helper()
	x, err := st.Load(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	return Notify(t.Context(), st, "default", &x, NotifyOptions{
		M365: m365.Options{Transport: tenant}, To: "me@agency.gov", WarnDays: 30, Now: time.Now(),
	})
}

// Run every hour from 40 days before the end to 3 days after it, it warns three
// times: at 30 days, at 7 and at 1.
func TestNotify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, st := sandbox.New(sandbox.Options{}), store.NewMemory()
		x := readySetup(t, tenant)
		x.Secret.Expires = time.Now().AddDate(0, 0, 40)
		if err := st.Save(t.Context(), "default", &x); err != nil {
			t.Fatal(err)
		}
		var at []int
		for range 43 * 24 {
			w := warned(t, st, tenant.Transport())
			if w.Finding != nil {
				t.Fatalf("%s: %+v", w.Detail, w.Finding)
			}
			if w.Sent {
				now, _ := st.Load(t.Context(), "default")
				at = append(at, progress.DaysLeft(now.Secret, time.Now()))
			}
			if w.Detail == "" {
				t.Fatal("it says nothing")
			}
			time.Sleep(time.Hour)
		}
		mails := tenant.Mails()
		if len(at) != 3 || at[0] != 30 || at[1] != 7 || at[2] != 1 || len(mails) != 3 {
			t.Fatalf("warned %v days before, with %d mails", at, len(mails))
		}
		for n, left := range []string{"in 30 days", "in 7 days", "tomorrow"} {
			m := mails[n]
			if m.From != x.Mailbox || m.Subject != "PAL's mail from noreply@agency.gov stops "+left ||
				strings.Contains(m.Text+m.HTML, x.Secret.Value.Reveal()[4:]) {
				t.Errorf("%s: %q from %s", left, m.Subject, m.From)
			}
			for _, part := range []string{
				"stops " + left, "palmail rotate", x.PALURL, x.ClientID,
				x.Secret.Expires.UTC().Format("2 January 2006 at 15:04 UTC"),
			} {
				if !strings.Contains(m.Text, part) {
					t.Errorf("%s: no %q in the text", left, part)
				}
			}
		}
		if w := warned(t, st, tenant.Transport()); w.Sent || !strings.Contains(w.Detail, "expired") {
			t.Errorf("after the end: %+v", w)
		}
	})
}

// A first run late warns once that day; a new secret is warned of anew.
func TestNotifyLateAndRotated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, st := sandbox.New(sandbox.Options{}), store.NewMemory()
		x := readySetup(t, tenant)
		x.Secret.Expires = time.Now().AddDate(0, 0, 5)
		if err := st.Save(t.Context(), "default", &x); err != nil {
			t.Fatal(err)
		}
		if w := warned(t, st, tenant.Transport()); !w.Sent || w.Threshold != 7 {
			t.Errorf("%+v", w)
		}
		if w := warned(t, st, tenant.Transport()); w.Sent || !strings.Contains(w.Detail, "already") {
			t.Errorf("again: %+v", w)
		}
		x, _ = st.Load(t.Context(), "default")
		x.Secret.Expires = time.Now().AddDate(0, 0, 1)
		if err := st.Save(t.Context(), "default", &x); err != nil {
			t.Fatal(err)
		}
		if w := warned(t, st, tenant.Transport()); w.Sent || !strings.Contains(w.Detail, "today") {
			t.Errorf("twice a day: %+v", w)
		}
		x.Secret.Expires = time.Now().AddDate(0, 0, 180)
		if err := st.Save(t.Context(), "default", &x); err != nil {
			t.Fatal(err)
		}
		time.Sleep(150 * 24 * time.Hour)
		if w := warned(t, st, tenant.Transport()); !w.Sent || w.Threshold != 30 {
			t.Errorf("of the new secret: %+v", w)
		}
	})
}

func TestNotifyCannot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, st := sandbox.New(sandbox.Options{}), store.NewMemory()
		x := readySetup(t, tenant)
		right := x.Secret.Value
		x.Secret.Expires = time.Now().AddDate(0, 0, 5)
		x.Secret.Value = secret.New("abc8Q~theValueOfASecretWithFortyLetters12")
		if err := st.Save(t.Context(), "default", &x); err != nil {
			t.Fatal(err)
		}
		w := warned(t, st, tenant.Transport())
		if w.Sent || w.Finding == nil || w.Finding.Cause != diagnose.CauseSecretWrong {
			t.Errorf("with a wrong secret: %+v", w)
		}
		// That was no warning: the next run the same day tries again.
		x, _ = st.Load(t.Context(), "default")
		x.Secret.Value = right
		if err := st.Save(t.Context(), "default", &x); err != nil {
			t.Fatal(err)
		}
		// While another palmail works on the profile nothing is written.
		release, err := st.Claim(t.Context(), "default")
		if err != nil {
			t.Fatal(err)
		}
		if w = warned(t, st, tenant.Transport()); w.Sent || w.Finding != nil ||
			!strings.Contains(w.Detail, "another palmail") {
			t.Errorf("while in use: %+v", w)
		}
		if now, _ := st.Load(t.Context(), "default"); now.Revision != x.Revision {
			t.Error("the record was written while another palmail works on it")
		}
		if err := release(t.Context()); err != nil {
			t.Fatal(err)
		}
		// Without a place to note it nothing is sent.
		bad := &refusing{Memory: st, left: 0}
		if w = warned(t, bad, tenant.Transport()); w.Sent || w.Finding == nil || len(tenant.Mails()) > 0 {
			t.Errorf("with a keyring that refuses: %+v", w)
		}
		// When the second note fails, the first keeps it to one mail a day.
		bad.left = 1
		if w = warned(t, bad, tenant.Transport()); !w.Sent || w.Finding == nil || len(tenant.Mails()) != 1 {
			t.Errorf("with a keyring that refuses then: %+v", w)
		}
		if w = warned(t, st, tenant.Transport()); w.Sent {
			t.Errorf("again the same day: %+v", w)
		}
		time.Sleep(24 * time.Hour)
		if w = warned(t, st, tenant.Transport()); !w.Sent || w.Finding != nil {
			t.Errorf("the next day: %+v", w)
		}
	})
}

// refusing refuses to save, after left times.
type refusing struct {
	*store.Memory
	left int
}

func (r *refusing) Save(ctx context.Context, profile string, x *store.Setup) error {
	if r.left--; r.left < 0 {
		return errors.Join(store.ErrLocked)
	}
	return r.Memory.Save(ctx, profile, x)
}

func TestThreshold(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for _, tc := range []struct{ left, warnDays, want int }{
		{31, 30, 0}, {30, 30, 30}, {8, 30, 30}, {7, 30, 7}, {2, 30, 7}, {1, 30, 1}, {0, 30, 1},
		{61, 60, 0}, {60, 60, 60}, {30, 60, 30}, {14, 10, 0}, {10, 10, 10}, {7, 10, 7}, {3, 0, 0}, {0, 0, 0},
	} {
		if got := threshold(store.Secret{Expires: now.AddDate(0, 0, tc.left)}, now, tc.warnDays); got != tc.want {
			t.Errorf("%d days left, warned from %d: %d, want %d", tc.left, tc.warnDays, got, tc.want)
		}
	}
}

func TestWarningMail(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	x := store.Setup{
		Mailbox: "noreply@agency.gov", AppName: `<b>"PAL" & 100%</b>`, ClientID: "id",
		Secret: store.Secret{Expires: now.AddDate(0, 0, 7)},
	}
	m := warningMail(x, "branch", "me@agency.gov", now)
	for _, part := range []string{
		"&lt;b&gt;&#34;PAL&#34; &amp; 100%&lt;/b&gt;", "stops in 7 days", "palmail rotate --profile branch",
		"not named", "without a description", "30 November 2026 at 10:00 UTC",
	} {
		if !strings.Contains(m.HTML, part) {
			t.Errorf("no %q in %s", part, m.HTML)
		}
	}
	if !strings.Contains(m.Text, x.AppName) || strings.Contains(m.Text+m.HTML, "%!") || strings.Contains(m.HTML, "{{") {
		t.Errorf("%s\n%s", m.Text, m.HTML)
	}
}
