package sandbox

import (
	"net/http"
	"strings"
)

// pickPage is where a person picks an account. t.mu is held, as for all of these.
func (t *Tenant) pickPage(c *call, f *flow, wrong string) answer {
	p := page{
		Title: "Sign in to " + t.org, Wrong: wrong,
		Text: []string{"to continue to " + f.s.client.name + "."},
		Form: &form{
			Action: f.action, Buttons: []button{
				{Name: "signin", Label: "Sign in"}, {Name: "cancel", Label: "Cancel", Skips: true},
			},
		},
	}
	switch f.purpose {
	case forDevice:
		p.Text = append(p.Text, "A device or a program asked for this with the code "+f.device.typed+
			". Go on only if you started it yourself.")
	case forConsent:
		p.Text = []string{"to see what " + f.app.name + " asks for."}
	}
	if f.d == neighbourTenant {
		p.Title = "Sign in to " + t.neighbour.org
	}
	status := http.StatusOK
	if wrong != "" {
		status = http.StatusBadRequest
	}
	for i, a := range t.offered(f) {
		roles := strings.Join(a.Roles, ", ")
		if roles == "" {
			roles = "no role"
		}
		chosen := strings.EqualFold(a.Username, f.hint) || f.hint == "" && i == 0
		p.Form.Accounts = append(p.Form.Accounts, choice{
			Name: a.Name, Username: a.Username, Roles: roles, Chosen: chosen,
		})
	}
	return t.show(c, status, p, f.id, f.redirect)
}

// confirmPage asks for the second factor.
func (t *Tenant) confirmPage(c *call, f *flow) answer {
	return t.show(c, http.StatusOK, page{
		Title: "Approve the sign-in request",
		Text:  []string{f.s.account.Username, "A real tenant would now ask a phone or a key. Here a button does."},
		Form: &form{
			Action: f.action, Buttons: []button{{Name: "approve", Label: "Approve"}, {Name: "cancel", Label: "Cancel"}},
		},
	}, f.id, f.redirect)
}

// consentPage lists what an app asks for.
func (t *Tenant) consentPage(c *call, f *flow, list []string, text string) answer {
	who := "for yourself"
	if f.purpose == forConsent || f.s.account.administers() || f.s.account.has(PrivilegedRoleAdministrator) {
		who = "for everybody in " + t.org
	}
	name := f.s.client.name
	return t.show(c, http.StatusOK, page{
		Title: "Permissions requested",
		Text: []string{
			name + " asks for the following. " + text, "Accept grants it " + who + ". You are signed in as " +
				f.s.account.Username + ".",
		},
		List: list,
		Form: &form{
			Action: f.action, Buttons: []button{{Name: "accept", Label: "Accept"}, {Name: "cancel", Label: "Cancel"}},
		},
	}, f.id, f.redirect)
}

// needsApprovalPage says that somebody else must approve.
func (t *Tenant) needsApprovalPage(c *call, f *flow) answer {
	return t.show(c, http.StatusOK, page{
		Title: "Need admin approval", Wrong: t.pageText(c, t.approvalNeeded(f)),
		Text: []string{f.s.client.name + " needs permissions that only an administrator can grant."},
		Form: &form{
			Action: f.action, Buttons: []button{
				{Name: "cancel", Label: "Return to the application without granting consent"},
			},
		},
	}, f.id, f.redirect)
}

// blockedPage ends a sign-in that a policy forbids.
func (t *Tenant) blockedPage(c *call, f *flow, e *loginError) answer {
	return t.show(c, http.StatusOK, page{
		Title: "You don’t have access to this", Wrong: t.pageText(c, e),
		Text: []string{
			"Your sign-in was successful but does not meet the criteria to access this resource.", "App name: " +
				f.s.client.name, "App ID: " + f.s.client.id,
		},
	}, "", "")
}
