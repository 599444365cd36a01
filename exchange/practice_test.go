package exchange_test

import (
	"testing"

	"palmail/exchange"
	"palmail/sandbox"
)

// What the script makes is what the practice tenant's Exchange takes: the
// names, the role, and the filter, for an address with an apostrophe too.
func TestPracticeTenantTakesIt(t *testing.T) {
	tenant := sandbox.New(sandbox.Options{})
	app := tenant.RegisterApp("PAL mail", sandbox.Web, "")
	tenant.SetMailbox("o'brien@agency.gov", sandbox.Mailbox{Licensed: true})
	l := exchange.Limit{
		ClientID: app.ClientID, ServicePrincipalID: app.ServicePrincipalID, DisplayName: app.Name,
		Mailbox: "o'brien@agency.gov",
	}
	for _, err := range []error{
		l.Check(),
		tenant.NewExchangeServicePrincipal(l.ClientID, l.ServicePrincipalID, l.DisplayName),
		tenant.NewManagementScope(l.Name(), l.Filter()),
		tenant.NewRoleAssignment(l.Name(), l.ServicePrincipalID, l.Name()),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for mailbox, want := range map[string]bool{"o'brien@agency.gov": true, "noreply@agency.gov": false} {
		rows, err := tenant.TestAuthorization(l.ClientID, mailbox)
		if err != nil || len(rows) != 1 || rows[0].Role != exchange.Role || rows[0].InScope != want {
			t.Errorf("%s: %+v, %v", mailbox, rows, err)
		}
	}
}
