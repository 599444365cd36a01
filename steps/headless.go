package steps

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/secret"
	"palmail/steps/progress"
	"palmail/store"
)

// AddressError says that an address given on the command line is none.
type AddressError struct{ Address, Reason string }

// Error names the address and what is wrong with it.
func (e *AddressError) Error() string { return e.Address + ": " + e.Reason }

// OverrideOptions are answers from the command line that replace stored ones.
type OverrideOptions struct {
	M365   m365.Options
	Given  Given
	Cloud  *m365.Cloud  // nil: found from the mailbox's domain
	Secret secret.Value // the zero value: the stored one
}

// Override puts answers from the command line over a stored or empty setup,
// and finds the tenant and cloud from the mailbox's domain where they are not
// known. Its errors wrap a *diagnose.Failure when Microsoft was asked.
func Override(ctx context.Context, x *store.Setup, o OverrideOptions) error {
	s := &session{Env: Env{M365: o.M365, Cloud: o.Cloud, Now: time.Now}, setup: *x}
	if err := s.applyGiven(o.Given); err != nil {
		return err
	}
	if value := o.Secret; !value.IsZero() && !value.Equal(s.setup.Secret.Value) {
		if v := s.secretShape(value.Reveal(), Answers{}); v.State == Wrong || v.State == Unknown {
			return fmt.Errorf("the secret: %s", strings.ReplaceAll(v.Text, "**", ""))
		}
		s.setup.Secret = store.Secret{Value: value, Hint: value.Hint()}
	}
	if s.setup.TenantID == "" || s.setup.Cloud == "" {
		known := cmp.Or(s.setup.TenantID, domainOf(s.setup.Mailbox))
		if known == "" {
			return fmt.Errorf("--tenant-id or --mailbox is needed to find the tenant")
		}
		t, err := m365.Discover(ctx, known, o.Cloud, o.M365)
		if err != nil {
			return fmt.Errorf("finding the tenant: %w", err)
		}
		s.useTenant(t.ID, t.Cloud)
	}
	*x = s.setup
	return nil
}

// shapedID returns an id of an answer that has the shape of one, a GUID, and
// else nothing: a proxy can write anything there, and it is shown and kept.
func shapedID(id string) string {
	if !m365.IsGUID(id) {
		return ""
	}
	return id
}

// Sent is what `palmail send --json` prints on success.
type Sent struct {
	OK            bool   `json:"ok"`
	To            string `json:"to"`
	From          string `json:"from"`
	Reference     string `json:"reference"`
	At            string `json:"at"` // RFC 3339, UTC
	RequestID     string `json:"request_id"`
	CorrelationID string `json:"correlation_id"`
}

// SendTest probes, sends one test mail and notes it in x, without asking
// anybody. On failure it returns the finding with the error.
func SendTest(ctx context.Context, x *store.Setup, to string, o m365.Options,
	now time.Time) (Sent, diagnose.Finding, error) {
	if v := addressShape(to, Answers{}); v.State != Right {
		return Sent{}, diagnose.Finding{}, &AddressError{to, v.Text}
	}
	s := &session{Env: Env{M365: o, Now: func() time.Time { return now }}, setup: *x}
	fail := func(err error) (Sent, diagnose.Finding, error) {
		return Sent{}, s.explain(err, s.setup.PermissionProved), err
	}
	t, err := s.appToken(ctx, x.Secret.Value)
	if err != nil {
		return fail(err)
	}
	if err := s.client().ProbeSend(ctx, t, x.Mailbox); err != nil {
		return fail(err)
	}
	reference := newReference()
	accepted, err := s.client().SendMail(ctx, t, x.Mailbox, testMail(x, to, reference, now))
	if err != nil {
		_, f, err := fail(err)
		if m365.SendUnclear(err) {
			f.Title, f.Retry = "The answer was lost: the mail may have been sent", false
			f.Explanation = "palmail does not repeat this, because the mail could arrive twice. " + f.Explanation
			f.Remedy = append([]string{
				fmt.Sprintf("Look for the reference %s in the inbox of %s before you send again.", reference, to),
			}, f.Remedy...)
		}
		return Sent{}, f, err
	}
	accepted.RequestID, accepted.CorrelationID = shapedID(accepted.RequestID), shapedID(accepted.CorrelationID)
	x.LastTest = store.Test{At: now.UTC(), To: to, Reference: reference, Accepted: true}
	x.Note(store.Event{At: now, What: store.EventTested, RequestID: accepted.RequestID})
	return Sent{OK: true, To: to, From: x.Mailbox, Reference: reference, At: progress.Stamp(now),
		RequestID: accepted.RequestID, CorrelationID: accepted.CorrelationID}, diagnose.Finding{}, nil
}
