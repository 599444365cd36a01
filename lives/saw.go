package lives

import (
	"strings"
	"time"

	"palmail/steps"
	"palmail/steps/progress"
	"palmail/store"
)

// handsOver says whether a notice has values for PAL's form.
func handsOver(n steps.Notice) bool {
	return n.Name == "pal" || n.Name == "rotate-pal" || n.Name == "rotate-back"
}

// savePAL puts what a notice shows into PAL's form.
func (h *person) savePAL(n steps.Notice) {
	x := h.l.pal
	for _, v := range n.Values {
		switch {
		case !v.Secret.IsZero():
			x.secret = v.Secret.Reveal()
		case v.Label == "OAuth Client ID":
			x.client = v.Text
		case v.Label == "Tenant ID":
			x.tenant = v.Text
		case v.Label == "Email Address":
			x.mailbox = v.Text
		}
	}
	if n.Name == "pal" && x.secret != "" && len(n.Values) > 1 && n.Values[len(n.Values)-1].Secret.IsZero() {
		h.l.violate(NeverLies, "the hand-off shows no secret")
	}
	h.l.pal = x
	h.l.say("%s: PAL has the secret %.3s…", h.p.name, x.secret)
}

// judgeNotice judges what a notice claims.
func (h *person) judgeNotice(n steps.Notice) {
	if n.Name == "rotate-undone" && !h.l.isExcused("rows") {
		if x, ok := h.l.record(); ok && x.Mode == store.ModeSignIn && !x.Pending.Value.IsZero() &&
			h.l.valueAlive(x.Pending.Value.Reveal()) {
			h.l.violate(NeverLies, "it says that the new secret is given up, and the record still has it")
		}
	}
}

// noteLeaked takes note that the administrator has decided to delete the secret
// that begins like this, which PAL may use.
func (h *person) noteLeaked(hint string) {
	for _, v := range h.l.known().values {
		if id := h.l.ledger.keyOf(v); id != "" && strings.HasPrefix(v, hint) {
			h.l.ledger.pick(id)
		}
	}
}

// withoutRecord says whether palmail has told this person that it goes on with
// something that the keyring did not take.
func (h *person) withoutRecord() bool {
	return h.seen.count("old-stays") > 0 || h.seen.count("not-kept") > 0 || h.seen.count("rotate-not-kept") > 0
}

// judgeHome judges what the home screen's checks say in calm weather.
func (h *person) judgeHome(c steps.Choice, o steps.Outlook) {
	if !h.calm || c.Name != "home" || h.p.hasLeft() {
		return
	}
	x, ok := h.l.record()
	if !ok || h.p.inMemory {
		return
	}
	works := h.l.cannotSend(pal{
		client: x.ClientID, tenant: x.TenantID, mailbox: x.Mailbox, secret: x.Secret.Value.Reveal(),
	})
	if progress.Next(&x) != progress.Finished || h.withoutRecord() {
		return // an unfinished setup claims nothing, and what is not kept is not in the record
	}
	if works != "" && o.Finding == nil && h.l.settledFor(10*time.Minute) {
		h.l.violate(NeverLies, "the home screen finds nothing wrong, and %s", works)
	}
	licensed := x.Mailbox == "noreply@"+h.l.tenant.Domain() // see calmDown
	if works == "" && licensed && o.Finding != nil && h.l.settledFor(3*time.Hour) && x.Limit.Stage == "" && !x.LimitedByExchange {
		h.l.violate(NeverLies, "the home screen says %q (%s), and everything works", o.Finding.Title, o.Finding.Cause)
	}
}
