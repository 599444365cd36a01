package m365_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"palmail/m365"
	"palmail/sandbox"
	"palmail/sandbox/contracttest"
)

const practicePAL = "https://pal.agency.gov/foia/connectors/SMTP.aspx"

// practiceTenant is a tenant to practise in, and our client of it.
func practiceTenant(t *testing.T) (*sandbox.Tenant, *m365.Client, *contracttest.Recorder, m365.SignInOptions) {
	t.Helper()
	tenant := sandbox.New(sandbox.Options{Domain: "agency.gov"})
	recorder := &contracttest.Recorder{Next: tenant.Transport()}
	cloud, _ := m365.CloudNamed(m365.Commercial)
	return tenant, m365.New(cloud, m365.Options{Transport: recorder}), recorder,
		m365.SignInOptions{TenantID: tenant.ID()}
}

// visitPages is the browser of the person with the username.
func visitPages(t *testing.T, tenant *sandbox.Tenant, username string) func(context.Context, string) error {
	return func(ctx context.Context, address string) error {
		_, err := tenant.Visit(ctx, address, "", username)
		if err != nil {
			t.Errorf("at the pages: %v", err)
		}
		return nil
	}
}

// A whole setup up to a mail, signed in through the practice tenant's pages.
func TestSetupInThePracticeTenant(t *testing.T) {
	tenant, c, recorder, o := practiceTenant(t)
	ctx := t.Context()
	a, err := c.SignInBrowser(ctx, o, visitPages(t, tenant, "admin@agency.gov"))
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Account(); got.Username != "admin@agency.gov" || got.TenantID != tenant.ID() ||
		!slices.Contains(got.Scopes, "Application.ReadWrite.All") {
		t.Errorf("%+v", got)
	}
	if known, may := a.MayConsent(); !known || !may {
		t.Error("the Global Administrator may not consent")
	}
	org, err := a.Organization(ctx)
	if err != nil || org.ID != tenant.ID() || !slices.Contains(org.Domains, "agency.gov") {
		t.Errorf("%+v, %v", org, err)
	}
	if box, err := a.Mailbox(ctx, "noreply@agency.gov"); err != nil || !box.Exists || !box.Licensed ||
		box.Kind != m365.MailboxUser {
		t.Errorf("%+v, %v", box, err)
	}
	if apps, err := a.AppsNamed(ctx, "PAL email"); err != nil || len(apps) != 0 {
		t.Errorf("%v, %v", apps, err)
	}
	graph, err := a.GraphServicePrincipal(ctx)
	if err != nil || graph.MailSendRole != m365.MailSendRoleID {
		t.Fatal(graph, err)
	}
	app, err := a.CreateApp(ctx, m365.NewApp{Name: "PAL email", RedirectURI: practicePAL})
	if err != nil {
		t.Fatal(err)
	}
	sp, err := a.CreateServicePrincipal(ctx, app.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.CreateServicePrincipal(ctx, app.ClientID); !m365.AlreadyExists(err) || m365.IsConflict(err) {
		t.Errorf("a second service principal: %v", err)
	}
	info, value, err := a.AddSecret(ctx, app.ObjectID, "PAL mail", time.Now().Add(170*24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	grant, err := a.GrantMailSend(ctx, sp.ID, graph.ID, graph.MailSendRole)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.GrantMailSend(ctx, sp.ID, graph.ID, graph.MailSendRole); !m365.AlreadyExists(err) {
		t.Errorf("a second grant: %v", err)
	}
	token, err := c.AppToken(ctx, tenant.ID(), app.ClientID, value)
	if err != nil || !token.HasMailSend() {
		t.Fatal(token, err)
	}
	if _, err := c.SendMail(ctx, token, "noreply@agency.gov", m365.Mail{
		To: "admin@agency.gov", Subject: "x", Text: "x",
	}); err != nil {
		t.Error(err)
	}
	if err := a.AddRedirectURI(ctx, app, practicePAL+"2"); err != nil {
		t.Error(err)
	}
	found, err := a.AppByClientID(ctx, app.ClientID)
	if err != nil || !slices.Equal(found.RedirectURIs, []string{practicePAL, practicePAL + "2"}) ||
		!found.AsksMailSend() ||
		len(found.Secrets) != 1 || found.Secrets[0].KeyID != info.KeyID || found.Secrets[0].Hint != value.Hint() {
		t.Errorf("%+v, %v", found, err)
	}
	if grants, err := a.Grants(ctx, sp.ID); err != nil || len(grants) != 1 || grants[0].ID != grant.ID {
		t.Errorf("%+v, %v", grants, err)
	}
	for name, err := range map[string]error{
		"revoking":  a.RevokeGrant(ctx, sp.ID, grant.ID),
		"the value": a.RemoveSecret(ctx, app.ObjectID, info.KeyID),
		"deleting":  a.DeleteApp(ctx, app.ObjectID),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := a.AppByClientID(ctx, app.ClientID); !m365.IsNotFound(err) {
		t.Error(err)
	}
	var made []string
	for _, w := range tenant.Writes() {
		made = append(made, strings.Join(strings.Fields(w)[:2], " "))
	}
	if want := []string{
		"create application", "create servicePrincipal", "add secret", "update application",
	}; !slices.Equal(slices.DeleteFunc(made, func(w string) bool {
		return !slices.Contains(want, w)
	}), want) {
		t.Errorf("%q", tenant.Writes())
	}
	contracttest.Check(t, recorder)
}

func TestDeviceCodeInThePracticeTenant(t *testing.T) {
	tenant, c, _, o := practiceTenant(t)
	a, err := c.SignInDeviceCode(t.Context(), o, func(code m365.DeviceCode) {
		if _, err := tenant.Visit(t.Context(), code.URL, code.Code, "apps@agency.gov"); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if known, may := a.MayConsent(); !known || may {
		t.Error("a Cloud Application Administrator may consent to Mail.Send")
	}
	if known, may := a.MayRegister(); !known || !may {
		t.Error("a Cloud Application Administrator may not register")
	}
}

// The tenant's refusals are told apart: of the way to sign in, of the account, of
// the secret.
func TestRefusalsOfThePracticeTenant(t *testing.T) {
	tenant, c, _, o := practiceTenant(t)
	ctx := t.Context()
	tenant.SetRules(sandbox.Rules{DeviceCodeForbidden: 530035, BrowserForbidden: 53003})
	_, err := c.SignInDeviceCode(ctx, o, func(code m365.DeviceCode) {
		_, _ = tenant.Visit(ctx, code.URL, code.Code, "admin@agency.gov")
	})
	if reason, next := m365.SignInRefused(err); !next || !strings.Contains(reason, "530035") {
		t.Errorf("%q: %v", reason, err)
	}
	_, err = c.SignInBrowser(ctx, o, visitPages(t, tenant, "admin@agency.gov"))
	if reason, next := m365.SignInRefused(err); !next || !strings.Contains(reason, "53003") {
		t.Errorf("%q: %v", reason, err)
	}

	tenant.SetRules(sandbox.Rules{SecretMaxDays: 181})
	a, err := c.SignInBrowser(ctx, o, visitPages(t, tenant, "apps@agency.gov"))
	if err != nil {
		t.Fatal(err)
	}
	app, err := a.CreateApp(ctx, m365.NewApp{Name: "PAL email"})
	if err != nil {
		t.Fatal(err)
	}
	sp, err := a.CreateServicePrincipal(ctx, app.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	day := 24 * time.Hour
	if _, _, err := a.AddSecret(ctx, app.ObjectID, "x", time.Now().Add(365*day)); !m365.SecretLifetimeRefused(err) ||
		m365.IsDenied(err) || m365.SecretsForbidden(err) {
		t.Error(err)
	}
	if _, _, err := a.AddSecret(ctx, app.ObjectID, "x", time.Now().Add(180*day)); err != nil {
		t.Error(err)
	}
	tenant.SetRules(sandbox.Rules{SecretsForbidden: true})
	if _, _, err := a.AddSecret(ctx, app.ObjectID, "x", time.Now().Add(180*day)); !m365.SecretsForbidden(err) ||
		m365.SecretLifetimeRefused(err) {
		t.Error(err)
	}
	if policy, err := a.SecretPolicy(ctx); err != nil || policy.Known {
		t.Errorf("%+v, %v", policy, err)
	}
	graph, err := a.GraphServicePrincipal(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.GrantMailSend(ctx, sp.ID, graph.ID, graph.MailSendRole); !m365.IsDenied(err) ||
		m365.NotReplicated(err) {
		t.Errorf("consent by somebody who may not: %v", err)
	}
	user, err := c.SignInBrowser(ctx, o, visitPages(t, tenant, "user@agency.gov"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := user.CreateApp(ctx, m365.NewApp{Name: "PAL email"}); !m365.IsDenied(err) || m365.Unclear(err) {
		t.Errorf("registered by somebody who may not: %v", err)
	}
	if err := a.DeleteServicePrincipal(ctx, sp.ID); err != nil {
		t.Error(err)
	}
}

// A lost answer to a create leaves exactly one object and an unknown outcome.
func TestLostAnswersInThePracticeTenant(t *testing.T) {
	tenant, c, _, o := practiceTenant(t)
	ctx := t.Context()
	a, err := c.SignInBrowser(ctx, o, visitPages(t, tenant, "admin@agency.gov"))
	if err != nil {
		t.Fatal(err)
	}
	losing := func(part string) {
		tenant.LoseCall(func(method, path string, _ int) bool {
			return method == "POST" && strings.Contains(path, part)
		})
	}
	losing("/applications")
	if _, err := a.CreateApp(ctx, m365.NewApp{Name: "PAL email"}); !m365.Unclear(err) {
		t.Error(err)
	}
	apps, err := a.AppsNamed(ctx, "PAL email")
	if err != nil || len(apps) != 1 {
		t.Fatal(apps, err)
	}
	if _, _, err := a.AddSecret(ctx, apps[0].ObjectID, "x", time.Now().Add(time.Hour)); !m365.Unclear(err) {
		t.Error(err)
	}
	if app, err := a.AppByClientID(ctx, apps[0].ClientID); err != nil || len(app.Secrets) != 1 ||
		app.Secrets[0].Description != "x" {
		t.Errorf("%+v, %v", app, err)
	}
	losing("/servicePrincipals")
	if _, err := a.CreateServicePrincipal(ctx, apps[0].ClientID); !m365.Unclear(err) {
		t.Error(err)
	}
	sp, err := a.ServicePrincipal(ctx, apps[0].ClientID)
	if err != nil {
		t.Fatal(err)
	}
	graph, err := a.GraphServicePrincipal(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.GrantMailSend(ctx, sp.ID, graph.ID, graph.MailSendRole); !m365.Unclear(err) {
		t.Error(err)
	}
	if grants, err := a.Grants(ctx, sp.ID); err != nil || len(grants) != 1 {
		t.Errorf("%+v, %v", grants, err)
	}
	if w := tenant.Writes(); len(w) != 4 {
		t.Errorf("%q", w)
	}
}
