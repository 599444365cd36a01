package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// signing is what the sign-in endpoints remember.
type signing struct {
	flows    boundedMap[*flow]
	codes    boundedMap[*authCode]
	devices  boundedMap[*device]  // by device code
	typed    boundedMap[*device]  // by the code that is typed
	sessions boundedMap[*session] // by refresh token
	consents map[string][]string
}

// session is somebody signed in to an app.
type session struct {
	client       *client
	account      *account
	scopeRequest scopeRequest
	scopes       []string
	nonce        string
	mfa          bool
	at           time.Time
}

// purpose is what a person is signing in for.
type purpose int

const (
	forCode    purpose = iota // the authorization code flow
	forDevice                 // a device that shows a code
	forConsent                // an administrator's consent to an app's permissions
)

// stage is the page that the person is at.
type stage int

const (
	picking stage = iota
	confirming
	consenting
	needsApproval // needs somebody else's approval
)

// flow is one sign-in in the browser.
type flow struct {
	purpose  purpose
	stage    stage
	id       string
	action   string // where its forms go
	d        tenantKind
	opened   time.Time
	s        session
	lacking  []string
	redirect string
	mode     string // response_mode
	state    string
	hint     string

	challenge, method string  // PKCE
	device            *device // forDevice
	app               *app    // forConsent
	v2                bool    // forConsent
	asked             []Permission
}

// pageLife is how long a sign-in page can stay open.
const pageLife = 30 * time.Minute

// startFlow opens a flow and shows its first page. t.mu is held.
func (t *Tenant) startFlow(c *call, f *flow) answer {
	f.id, f.opened = t.guid(), t.now()
	t.signing.flows.put(f.id, f)
	return t.pickPage(c, f, "")
}

// flowOf finds the flow that a form belongs to. t.mu is held.
func (t *Tenant) flowOf(c *call, form url.Values) *flow {
	f, ok := t.signing.flows.get(form.Get("flow"))
	if !ok || !t.genuine(c, form) || t.now().Sub(f.opened) > pageLife {
		return nil
	}
	return f
}

// continueFlow takes a form of a flow and returns the next page. t.mu is held.
func (t *Tenant) continueFlow(c *call, form url.Values) answer {
	f := t.flowOf(c, form)
	if f == nil {
		return t.stalePage(c)
	}
	action := form.Get("action")
	switch {
	case action == "cancel":
		return t.cancel(c, f)
	case f.stage == picking && action == "signin":
		return t.pick(c, f, form.Get("account"))
	case f.stage == confirming && action == "approve":
		f.s.mfa = true
		return t.signedIn(c, f)
	case f.stage == consenting && action == "accept":
		return t.accepted(c, f)
	}
	return t.stalePage(c)
}

// offered are the accounts that the first page lists.
func (t *Tenant) offered(f *flow) []*account {
	return slices.DeleteFunc(slices.Clone(t.accounts), func(a *account) bool {
		return f.d == homeTenant && a.tenant != t.id
	})
}

func (t *Tenant) pick(c *call, f *flow, name string) answer {
	i := slices.IndexFunc(t.offered(f), func(a *account) bool { return strings.EqualFold(a.Username, name) })
	if i < 0 {
		return t.pickPage(c, f, "Choose an account.")
	}
	who := t.offered(f)[i]
	if f.d == neighbourTenant && who.tenant == t.id {
		return t.pickPage(c, f, t.pageText(c, refuse(http.StatusBadRequest, "invalid_request", 50020,
			"User account '%s' from identity provider 'https://%s/%s/' does not exist in tenant '%s' and cannot "+
				"access the application '%s'(%s) in that tenant. The account needs to be added as an external user "+
				"in the tenant first. Sign out and sign in again with a different Azure Active Directory user account.",
			who.Username, t.home().sts, t.id, t.neighbour.org, f.s.client.id, f.s.client.name)))
	}
	if m := t.mailboxes[who.Username]; m != nil && !who.Elsewhere && m.Disabled {
		return t.pickPage(c, f, t.pageText(c, refuse(http.StatusBadRequest, "invalid_request", 50057,
			"The user account is disabled.")))
	}
	f.s.account = who
	if refusal := t.wrongCloud(c, t.id); refusal != nil {
		return t.fail(c, f, refusal)
	}
	if t.rules.MFARequired {
		f.stage = confirming
		return t.confirmPage(c, f)
	}
	return t.signedIn(c, f)
}

// signedIn continues once the account is known: to consent, if that is needed.
func (t *Tenant) signedIn(c *call, f *flow) answer {
	if f.purpose == forConsent {
		return t.askConsent(c, f)
	}
	scopes, lacking, refusal := t.grantedScopes(f.s.client, f.s.account, f.s.scopeRequest)
	if refusal != nil {
		return t.fail(c, f, refusal)
	}
	f.s.scopes, f.lacking = scopes, lacking
	switch {
	case len(lacking) == 0:
		return t.finish(c, f)
	case t.canConsent(f.s.account, lacking):
		f.stage = consenting
		return t.consentPage(c, f, lacking, "Delegated permissions of Microsoft Graph. "+f.s.client.name+
			" could use them as you, while you are signed in.")
	}
	f.stage = needsApproval
	return t.needsApprovalPage(c, f)
}

func (t *Tenant) accepted(c *call, f *flow) answer {
	if f.purpose == forConsent {
		return t.grantAsked(c, f)
	}
	t.consent(f.s.client, f.s.account, f.lacking)
	return t.finish(c, f)
}

// finish gives the app what it waits for.
func (t *Tenant) finish(c *call, f *flow) answer {
	t.signing.flows.drop(f.id)
	f.s.at = t.now()
	t.logUserSignIn(c, &f.s)
	if f.purpose == forDevice {
		return t.finishDevice(c, f)
	}
	var blocked *loginError
	if code := t.rules.BrowserForbidden; code != 0 {
		blocked = t.blocked(code, &f.s)
		if t.rules.BrowserStops {
			return t.blockedPage(c, f, blocked)
		}
	}
	code := "1." + t.opaque(60)
	t.signing.codes.put(code, &authCode{
		session: f.s, redirect: f.redirect, challenge: f.challenge, method: f.method, blocked: blocked,
	})
	return t.sendBack(c, f, url.Values{"code": {code}, "session_state": {t.guid()}})
}

// cancel ends a flow because the person said no.
func (t *Tenant) cancel(c *call, f *flow) answer {
	t.signing.flows.drop(f.id)
	if f.purpose == forConsent {
		return t.consentDeclined(c, f)
	}
	if f.purpose == forDevice {
		f.device.declined = true
		return t.show(c, http.StatusOK, page{
			Title: "You have not signed in", Text: []string{
				"The app on your device is told. You may close this window.",
			},
		}, "", "")
	}
	values := url.Values{"error": {"access_denied"}, "error_description": {"the user canceled the authentication"}}
	switch f.stage {
	case consenting:
		values.Set("error_description",
			t.pageText(c, refuse(0, "", 65004, "User declined to consent to access the app.")))
	case needsApproval:
		values.Set("error_description", t.pageText(c, t.approvalNeeded(f)))
	default:
		values.Set("error_subcode", "cancel")
	}
	return t.sendBack(c, f, values)
}

// fail ends a flow with a refusal that the app hears of.
func (t *Tenant) fail(c *call, f *flow, e *loginError) answer {
	t.signing.flows.drop(f.id)
	switch f.purpose {
	case forDevice:
		f.device.blocked = e
		return t.troublePage(c, e)
	case forConsent:
		return t.troublePage(c, e)
	}
	return t.sendBack(c, f, url.Values{"error": {e.kind}, "error_description": {t.pageText(c, e)}})
}

// sendBack leads the browser back to the app, in the way the app asked for.
func (t *Tenant) sendBack(c *call, f *flow, values url.Values) answer {
	if f.state != "" {
		values.Set("state", f.state)
	}
	if f.mode == "form_post" {
		p := page{Title: "Working", Text: []string{
			"Press Continue to go back to " + f.s.client.name + ".",
		}, Form: &form{
			Action: f.redirect, Buttons: []button{{Label: "Continue"}}, Sends: true,
		}}
		for _, k := range []string{"code", "state", "session_state", "error", "error_description", "error_subcode"} {
			if values.Has(k) {
				p.Form.Hidden = append(p.Form.Hidden, field{k, values.Get(k)})
			}
		}
		return t.show(c, http.StatusOK, p, "", f.redirect)
	}
	mark := "?"
	if f.mode == "fragment" {
		mark = "#"
	} else if strings.Contains(f.redirect, "?") {
		mark = "&"
	}
	a := newAnswer(http.StatusFound)
	a.set("Location", f.redirect+mark+values.Encode())
	return a
}

// blocked is a refusal by a policy, after the right password. t.mu is held.
func (t *Tenant) blocked(code int, s *session) *loginError {
	texts := map[int]string{
		50199: "For security reasons, user confirmation is required for this request. Please repeat the request " +
			"allowing user interaction.",
		53003: "Access has been blocked by Conditional Access policies. The access policy does not allow token " +
			"issuance.",
		530003: "Your device is required to be managed to access this resource.",
		530033: "Your device is required to be managed to access this resource.",
		530035: "Access has been blocked by security defaults.",
	}
	text := texts[code]
	switch {
	case code == 50105:
		text = "Your administrator has configured the application " + s.client.name + " ('" + s.client.id +
			"') to block users unless they are specifically granted ('assigned') access to the application."
	case text == "":
		text = "Access has been blocked by a policy of the organization."
	}
	kind, sub := "invalid_grant", "message_only"
	if code == 50199 {
		kind, sub = "interaction_required", ""
	}
	e := refuse(http.StatusBadRequest, kind, code, "%s", text)
	e.sub = sub
	return e
}

func (t *Tenant) approvalNeeded(f *flow) *loginError {
	return refuse(http.StatusBadRequest, "access_denied", 90094,
		"An administrator of %s has set a policy that prevents you from granting %s the permissions it is "+
			"requesting. Contact an administrator of %s who can grant permissions to this application on your behalf.",
		t.org, f.s.client.name, t.org)
}
