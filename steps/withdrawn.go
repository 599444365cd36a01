package steps

import (
	"context"
	"time"

	"palmail/store"
)

// A page's check saves the answers while the page is still open, so that closing
// the window loses nothing. If the admin then removes or changes an answer and goes
// back or leaves, what was saved is taken out of the record again: nobody wants it.

// saveWithdrawal saves the record, also when the program is leaving.
func (s *session) saveWithdrawal(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	s.trySave(ctx)
}

// withdrawSecret forgets the new secret if a, the answers of a page that was left,
// no longer holds it. One that has worked is forgotten only if its field was emptied.
func (s *session) withdrawSecret(ctx context.Context, a Answers, worked bool) {
	filled, shown := a.Secrets["secret"]
	held := s.setup.Pending.Value
	if !shown || held.IsZero() || filled.Equal(held) || worked && !filled.IsZero() {
		return
	}
	s.setup.Pending = store.Secret{}
	s.saveWithdrawal(ctx)
}

// withdrawApp puts the app of the record before a page was opened back if a, the
// answers of that page when it was left, no longer holds the one that was saved since.
func (s *session) withdrawApp(ctx context.Context, a Answers, before store.Setup) {
	filled, shown := a.Text["client-id"]
	if !shown || s.setup.ClientID == "" || tidyGUID(filled) == s.setup.ClientID {
		return
	}
	changed := before.ClientID != s.setup.ClientID || before.TenantID != s.setup.TenantID
	if !changed && !before.AppProved.IsZero() {
		return // it was verified before; leaving the page changes nothing
	}
	before.Revision = s.setup.Revision
	s.setup = before
	if before.AppProved.IsZero() {
		s.setup.ClientID = ""
	}
	s.saveWithdrawal(ctx)
}
