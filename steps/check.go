package steps

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"palmail/diagnose"
	"palmail/m365"
	"palmail/steps/progress"
	"palmail/store"
)

// CheckReport is what `palmail check --json` prints.
type CheckReport struct {
	OK     bool        `json:"ok"`
	Checks []CheckItem `json:"checks"`
}

// CheckItem is one proof. A skipped one could not be asked, because something
// it needs is missing or another proof failed.
type CheckItem struct {
	// network, tenant, app, secret, permission, mailbox, and limit once that was proved
	Name    string            `json:"name"`
	OK      bool              `json:"ok"`
	Skipped bool              `json:"skipped"`
	Detail  string            `json:"detail"`
	Finding *diagnose.Finding `json:"finding"`
}

// clockTolerance is how far a clock can be off before palmail mentions it.
const clockTolerance = 5 * time.Minute

// checking is one run of Check.
type checking struct {
	*session
	network, tenant, app, secret, permission, mailbox, limit CheckItem
	// observe is called with each finished check, from any goroutine; may be nil.
	observe func(CheckItem)
}

func (c *checking) tell(items ...*CheckItem) {
	for _, i := range items {
		if c.observe != nil {
			c.observe(*i)
		}
	}
}

// Check makes every proof that can be made of x without sending anything.
// Independent checks run concurrently.
func Check(ctx context.Context, x *store.Setup, o m365.Options, now time.Time) CheckReport {
	return checkEach(ctx, x, o, now, nil)
}

// checkEach is Check, and calls observe with each finished check.
func checkEach(ctx context.Context, x *store.Setup, o m365.Options, now time.Time, seen func(CheckItem)) CheckReport {
	c := &checking{session: &session{Env: Env{M365: o, Now: func() time.Time { return now }}, setup: *x}, observe: seen}
	for _, i := range []struct {
		item *CheckItem
		name string
	}{
		{&c.network, "network"}, {&c.tenant, "tenant"}, {&c.app, "app"}, {&c.secret, "secret"},
		{&c.permission, "permission"}, {&c.mailbox, "mailbox"}, {&c.limit, "limit"},
	} {
		*i.item = CheckItem{Name: i.name, Skipped: true, Detail: "not asked"}
	}
	if c.cloud().Login == "" {
		c.network.Detail = "the cloud is not known; --cloud names it"
	} else {
		var all sync.WaitGroup
		all.Go(func() { c.checkNetwork(ctx); c.tell(&c.network) })
		all.Go(func() { c.checkTenant(ctx); c.tell(&c.tenant) })
		all.Go(func() { c.checkApp(ctx); c.tell(&c.app, &c.secret, &c.permission, &c.mailbox, &c.limit) })
		all.Wait()
	}
	r := CheckReport{OK: true, Checks: []CheckItem{c.network, c.tenant, c.app, c.secret, c.permission, c.mailbox}}
	if x.Limit.Stage == store.LimitProved {
		r.Checks = append(r.Checks, c.limit)
	}
	for i := range r.Checks {
		r.OK = r.OK && r.Checks[i].OK
		if f := r.Checks[i].Finding; f != nil {
			Orderly(f)
		}
	}
	return r
}

// Expired says whether Microsoft refused the secret because it has expired.
func (r CheckReport) Expired() bool {
	for _, c := range r.Checks {
		if c.Finding != nil && c.Finding.Cause == diagnose.CauseSecretExpired {
			return true
		}
	}
	return false
}

// NoChecks is the report of a check that could not begin: all are skipped.
func NoChecks() CheckReport {
	r := CheckReport{}
	for _, name := range []string{"network", "tenant", "app", "secret", "permission", "mailbox"} {
		r.Checks = append(r.Checks, CheckItem{Name: name, Skipped: true, Detail: "not asked"})
	}
	return r
}

// Orderly makes empty lists of f print as [] in JSON.
func Orderly(f *diagnose.Finding) {
	if f.Remedy == nil {
		f.Remedy = []string{}
	}
	if f.Codes == nil {
		f.Codes = []string{}
	}
}

func (i *CheckItem) pass(format string, a ...any) {
	i.OK, i.Skipped, i.Detail = true, false, fmt.Sprintf(format, a...)
}

func (i *CheckItem) fail(f diagnose.Finding) {
	i.OK, i.Skipped, i.Detail, i.Finding = false, false, f.Title, &f
}

func (c *checking) checkNetwork(ctx context.Context) {
	r := c.client().Network(ctx)
	if err := r.Err(); err != nil {
		c.network.fail(c.explain(err, time.Time{}))
		return
	}
	var parts []string
	var skew time.Duration
	for _, h := range r.Hosts {
		part := h.Host
		if h.Route != "" {
			part += " " + h.Route
		}
		parts = append(parts, fmt.Sprintf("%s (%d ms)", part, h.Took.Milliseconds()))
		if h.HasClock {
			skew = h.ClockSkew
		}
	}
	c.network.pass("reached %s", strings.Join(parts, ", "))
	if skew.Abs() > clockTolerance {
		way := "behind"
		if skew < 0 {
			way = "ahead"
		}
		c.network.Detail += fmt.Sprintf("; this computer's clock is %s %s", skew.Abs().Round(time.Minute), way)
		c.network.Finding = &diagnose.Finding{
			Cause: diagnose.CauseCertificateExpired,
			Title: "This computer's clock is wrong by " + skew.Abs().Round(time.Minute).String(),
			Explanation: "Microsoft was reached all the same, but certificates are judged by this clock, and times " +
				"in logs and reports are off.",
			Remedy: []string{"Set the clock, or switch on its synchronisation."}, Who: "Whoever manages this computer",
		}
	}
}

func (c *checking) checkTenant(ctx context.Context) {
	if c.setup.TenantID == "" {
		c.tenant.Detail = "no tenant ID is known"
		return
	}
	only := c.cloud()
	t, err := m365.Discover(ctx, c.setup.TenantID, &only, c.M365)
	switch {
	case err != nil:
		c.tenant.fail(c.explain(err, time.Time{}))
	case t.Cloud.Name != only.Name:
		c.tenant.fail(diagnose.Finding{
			Cause: diagnose.CauseWrongCloud, Title: "The tenant is in " + t.Cloud.Label + ", not in " + only.Label,
			Explanation: "Each cloud has its own addresses; a token of one is worth nothing in another.",
			Remedy: []string{
				"Start palmail, choose Change an answer, and pick " + t.Cloud.Label + ".",
			}, Who: "You",
		})
	default:
		c.tenant.pass("%s in %s", t.ID, only.Label)
	}
}

// checkApp proves the app and what hangs on it. With a secret, the real
// sign-in proves both and leaves no failed sign-in in the log.
func (c *checking) checkApp(ctx context.Context) {
	x := &c.setup
	if x.TenantID == "" || x.ClientID == "" {
		c.app.Detail = "no client ID or tenant ID is known"
		return
	}
	if x.Secret.Value.IsZero() {
		c.secret.Detail = "no secret is known"
		if err := c.client().ProveApp(ctx, x.TenantID, x.ClientID); err != nil {
			c.app.fail(c.explain(err, time.Time{}))
			return
		}
		c.app.pass("client ID %s", x.ClientID)
		return
	}
	t, err := c.appToken(ctx, x.Secret.Value)
	if err != nil {
		f := c.explain(err, time.Time{})
		switch f.Cause {
		case diagnose.CauseSecretWrong, diagnose.CauseSecretExpired, diagnose.CauseSecretMissing:
			c.app.pass("client ID %s", x.ClientID)
			c.secret.fail(f)
		default:
			c.app.fail(f)
		}
		return
	}
	c.app.pass("client ID %s", x.ClientID)
	c.secret.pass("works, %s", progress.Lasts(x.Secret, c.Now()))
	c.tell(&c.app, &c.secret)
	c.checkMailbox(ctx, t)
}

// answered says whether Microsoft's own answer is behind an error.
func (c *checking) answered(err error) bool { return !offline(c.explain(err, time.Time{})) }

// unanswered explains that one question got no answer, right after others had one.
func (c *checking) unanswered(err error) diagnose.Finding {
	f := c.explain(err, time.Time{})
	f.Explanation = f.Title + ". The other checks were answered a moment before, so the network works."
	f.Title = "The check of the mailbox got no answer"
	f.Remedy = append([]string{"Run the check again."}, f.Remedy...)
	f.Retry = true
	return f
}

// notAllowed explains a token without the role that does not let the app send.
// Nobody can tell from outside whether the consent is missing or the mailbox is
// outside a scope of RBAC for Applications, which a consent would end.
func (c *checking) notAllowed(err error) diagnose.Finding {
	f := c.explain(errNoRole, time.Time{})
	x := &c.setup
	if x.Mailbox == "" || !isRefusal(err) {
		return f
	}
	f.Explanation = "The token has no Mail.Send, and Exchange Online does not let the app send as " + x.Mailbox +
		". Either admin consent is missing, or the app is limited to other mailboxes by RBAC for Applications."
	f.Remedy = append([]string{
		"Find out which: in Exchange Online PowerShell, run: Test-ServicePrincipalAuthorization -Identity " +
			x.ClientID + " -Resource " + x.Mailbox,
		"If it lists a role, the app is limited: add the mailbox to its scope, or use a mailbox of that scope. " +
			"Grant no consent, because that would end the limit.",
		"If it lists nothing, continue with the next steps.",
	}, f.Remedy...)
	return f
}

// checkMailbox asks with a mail that has no recipient. A token without the
// role that can send is one limited by Exchange.
func (c *checking) checkMailbox(ctx context.Context, t m365.Token) {
	var err error
	if t.HasMailSend() { // known without asking further
		c.permission.pass("Mail.Send")
		c.tell(&c.permission)
	}
	if c.setup.Mailbox == "" {
		c.mailbox.Detail = "no mailbox is known"
	} else if err = c.client().ProbeSend(ctx, t, c.setup.Mailbox); err == nil {
		c.mailbox.pass("%s may be sent from", c.setup.Mailbox)
	}
	switch {
	case err != nil && !c.answered(err):
		if !t.HasMailSend() {
			c.permission.Detail = "not known: no role in the token, and Exchange did not answer"
		}
		c.mailbox.fail(c.unanswered(err))
	case t.HasMailSend():
		c.permission.pass("Mail.Send")
		if extra := extraRoles(t.Roles); len(extra) > 0 {
			c.permission.Detail += "; also " + strings.Join(extra, ", ") + ", which PAL does not need"
		}
		if err != nil {
			c.mailbox.fail(c.explain(err, time.Time{}))
		}
	case c.mailbox.OK:
		c.permission.pass("granted by Exchange (RBAC for Applications), not by a role in the token")
	case c.setup.LimitedByExchange && err != nil:
		c.permission.Detail = "granted by Exchange (RBAC for Applications), if at all: no role in the token"
		c.mailbox.fail(c.limitFinding(limitProbe{own: err}, c.Now().Sub(c.setup.Limit.At)))
	default:
		c.permission.fail(c.notAllowed(err))
		if f := c.explain(err, time.Time{}); err != nil && f.Cause != diagnose.CauseMailSendNotGranted {
			c.mailbox.fail(f)
		}
	}
	c.tell(&c.permission, &c.mailbox)
	c.checkLimit(ctx, t, err)
}
