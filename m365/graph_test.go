package m365

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/diagnose"
	"palmail/sandbox/contracttest"
)

var until = time.Date(2027, 5, 22, 12, 30, 15, 999, time.FixedZone("x", 3600))

// The whole setup, from nothing to granted and back, against the contract.
func TestDirectoryFromNothingAndBack(t *testing.T) {
	o := &fakeDirectory{}
	a, recorder := o.recordedAdmin(t)
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	org, err := a.Organization(ctx)
	must(err)
	if org.ID != testTenant || org.DisplayName != "Agency" ||
		!slices.Equal(org.Domains, []string{"agency.gov", "agency.onmicrosoft.com"}) {
		t.Errorf("%+v", org)
	}
	apps, err := a.AppsNamed(ctx, "PAL's email & more")
	must(err)
	wanted := "/v1.0/applications?$filter=displayName%20eq%20%27PAL%27%27s%20email%20%26%20more%27&$select=" +
		strings.ReplaceAll(appFields, ",", "%2C")
	if len(apps) != 0 || o.requests[1].URL != wanted {
		t.Errorf("%v asked with %s", apps, o.requests[1].URL)
	}
	if _, err = a.AppByClientID(ctx, testApp); !IsNotFound(err) || !NotReplicated(err) ||
		failureOf(t, err).Stage != diagnose.StageRegister {
		t.Error(err)
	}
	if policy, err := a.SecretPolicy(ctx); err != nil || policy.Known {
		t.Errorf("%+v, %v", policy, err)
	}
	graph, err := a.GraphServicePrincipal(ctx)
	must(err)
	app, err := a.CreateApp(ctx, NewApp{Name: "PAL email", RedirectURI: palURI})
	must(err)
	if app.ObjectID != someApp || app.ClientID != testApp || app.Audience != "AzureADMyOrg" ||
		!app.HasRedirectURI(palURI) || !app.AsksMailSend() || app.Created.IsZero() || app.PublicClient {
		t.Errorf("%+v", app)
	}
	if _, err = a.ServicePrincipal(ctx, app.ClientID); !IsNotFound(err) ||
		failureOf(t, err).Stage != diagnose.StageServicePrincipal {
		t.Error(err)
	}
	sp, err := a.CreateServicePrincipal(ctx, app.ClientID)
	must(err)
	info, value, err := a.AddSecret(ctx, app.ObjectID, "PAL mail 2026-11", until)
	must(err)
	if value.Reveal() != testSecret || info.KeyID != someKey || info.Hint != "abc" ||
		info.Description != "PAL mail 2026-11" || !info.End.Equal(until.Truncate(time.Second)) || info.Start.IsZero() {
		t.Errorf("%+v", info)
	}
	grant, err := a.GrantMailSend(ctx, sp.ID, graph.ID, graph.MailSendRole)
	must(err)
	grants, err := a.Grants(ctx, sp.ID)
	must(err)
	if len(grants) != 1 || grants[0] != grant || grant.RoleID != MailSendRoleID || grant.ResourceID != graphSP ||
		grant.ResourceName != "Microsoft Graph" || grant.PrincipalID != someSP {
		t.Errorf("%+v, %+v", grants, grant)
	}
	if box, err := a.Mailbox(ctx, testMailbox); err != nil || !box.Exists || !box.Known || box.Enabled ||
		box.Licensed || box.Kind != MailboxShared || box.PrimarySMTP != testMailbox {
		t.Errorf("%+v, %v", box, err)
	}
	if box, err := a.Mailbox(ctx, "alias@agency.gov"); err != nil || box.Exists || box.Kind != MailboxUnknown {
		t.Errorf("%+v, %v", box, err)
	}
	must(a.RevokeGrant(ctx, sp.ID, grant.ID))
	must(a.RemoveSecret(ctx, app.ObjectID, info.KeyID))
	must(a.DeleteApp(ctx, app.ObjectID))
	want := []string{
		`POST /v1.0/applications {"displayName":"PAL email","signInAudience":"AzureADMyOrg","web":{"redirectUris":["` +
			palURI + `"]},"requiredResourceAccess":[{"resourceAppId":"` + GraphAppID + `","resourceAccess":[{"id":"` +
			MailSendRoleID + `","type":"Role"}]}]}`,
		`POST /v1.0/servicePrincipals {"appId":"` + testApp + `"}`,
		`POST /v1.0/applications/` + someApp +
			`/addPassword {"passwordCredential":{"displayName":"PAL mail 2026-11",` +
			`"endDateTime":"2027-05-22T11:30:15Z"}}`,
		`POST /v1.0/servicePrincipals/` + graphSP + `/appRoleAssignedTo {"principalId":"` + someSP +
			`","resourceId":"` + graphSP + `","appRoleId":"` + MailSendRoleID + `"}`,
		`DELETE /v1.0/servicePrincipals/` + someSP + `/appRoleAssignments/` + grantOne + ` `,
		`POST /v1.0/applications/` + someApp + `/removePassword {"keyId":"` + someKey + `"}`,
		`DELETE /v1.0/applications/` + someApp + ` `,
	}
	if !slices.Equal(o.writes(), want) {
		t.Errorf("sent:\n%s\nwant:\n%s", strings.Join(o.writes(), "\n"), strings.Join(want, "\n"))
	}
	for _, c := range o.requests {
		if !IsGUID(c.Header.Get("client-request-id")) ||
			!strings.HasPrefix(c.Header.Get("Authorization"), "Bearer eyJ") || c.Header.Get("User-Agent") != "palmail" {
			t.Errorf("%s %s with %v", c.Method, c.URL, c.Header)
		}
	}
	contracttest.Check(t, recorder)
}

func TestChangesKeepWhatIsThere(t *testing.T) {
	o := &fakeDirectory{app: anApp()}
	o.app["requiredResourceAccess"] = []any{
		object{"resourceAppId": ExchangeAppID, "resourceAccess": []any{object{"id": testUser, "type": "Role"}}},
		object{"resourceAppId": GraphAppID, "resourceAccess": []any{object{"id": MailSendScopeID, "type": "Scope"}}},
	}
	a, recorder := o.recordedAdmin(t)
	app, err := a.AppByClientID(t.Context(), testApp)
	if err != nil || app.AsksMailSend() || app.HasRedirectURI("https://other.example/x") || len(app.Secrets) != 1 ||
		app.Secrets[0].Hint != "abc" {
		t.Fatalf("%+v, %v", app, err)
	}
	// Another administrator adds an address between the read and the change, and
	// an outdated server lacks one that was seen before.
	app.RedirectURIs = append(app.RedirectURIs, "https://seen.example/x")
	o.app["web"] = object{"redirectUris": []any{palURI, "https://added.example/Y"}}
	for range 2 { // the second time there is nothing to do
		if err := a.AddRedirectURI(t.Context(), app, "https://new.example/z"); err != nil {
			t.Fatal(err)
		}
		if err := a.AddMailSend(t.Context(), app); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		`PATCH /v1.0/applications/` + someApp + ` {"web":{"redirectUris":["` + palURI +
			`","https://added.example/Y","https://seen.example/x","https://new.example/z"]}}`,
		`PATCH /v1.0/applications/` + someApp + ` {"requiredResourceAccess":[{"resourceAppId":"` + ExchangeAppID +
			`","resourceAccess":[{"id":"` + testUser + `","type":"Role"}]},` +
			`{"resourceAppId":"` + GraphAppID + `","resourceAccess":[{"id":"` + MailSendScopeID +
			`","type":"Scope"},{"id":"` + MailSendRoleID + `","type":"Role"}]}]}`,
	}
	if !slices.Equal(o.writes(), want) {
		t.Errorf("sent:\n%s\nwant:\n%s", strings.Join(o.writes(), "\n"), strings.Join(want, "\n"))
	}
	contracttest.Check(t, recorder)
}

func TestPagesAreFollowedOnGraphOnly(t *testing.T) {
	next := ""
	o := &fakeDirectory{app: anApp()}
	o.intercept = func(w http.ResponseWriter, r *http.Request, _ string) bool {
		if r.URL.Query().Has("$skiptoken") {
			return false
		}
		answerJSON(w, 200, object{"value": []any{anApp(), anApp()}, "@odata.nextLink": next})
		return true
	}
	a := o.admin(t)
	next = "https://graph.microsoft.com/v1.0/applications?$filter=x&$skiptoken=a%2Bb"
	if apps, err := a.AppsNamed(t.Context(), "PAL email"); err != nil || len(apps) != 3 ||
		o.requests[1].URL != "/v1.0/applications?$filter=x&$skiptoken=a%2Bb" {
		t.Errorf("%d apps, %v: %v", len(apps), err, o.requests)
	}
	for _, next = range []string{
		"https://evil.example/v1.0/applications?$skiptoken=x",
		"http://graph.microsoft.com/v1.0/applications?$skiptoken=x",
		"https://graph.microsoft.com.evil.example/v1.0/x", "https://x@graph.microsoft.com/v1.0/applications",
		"https://graph.microsoft.com/beta/x", "/v1.0/x", "://",
	} {
		before := len(o.requests)
		_, err := a.AppsNamed(t.Context(), "PAL email")
		if failureOf(t, err); len(o.requests) != before+1 {
			t.Errorf("%s was followed: %v", next, err)
		}
	}
	next = "https://graph.microsoft.com/v1.0/applications" // and so on for ever
	before := len(o.requests)
	if _, err := a.AppsNamed(t.Context(), "PAL email"); err == nil || !strings.Contains(err.Error(), "pages") ||
		len(o.requests)-before != maxPages {
		t.Errorf("%d pages: %v", len(o.requests)-before, err)
	}
}

func TestGraphWithoutMailSend(t *testing.T) {
	for name, role := range map[string]object{
		"another ID": {
			"id": testUser, "value": "Mail.Send", "allowedMemberTypes": []any{"Application"}, "isEnabled": true,
		},
		"delegated": {
			"id": MailSendRoleID, "value": "Mail.Send", "allowedMemberTypes": []any{"User"}, "isEnabled": true,
		},
		"disabled": {
			"id": MailSendRoleID, "value": "Mail.Send", "allowedMemberTypes": []any{"Application"}, "isEnabled": false,
		},
		"another": {
			"id": MailSendRoleID, "value": "Mail.Read", "allowedMemberTypes": []any{"Application"}, "isEnabled": true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := &fakeDirectory{intercept: func(w http.ResponseWriter, _ *http.Request, _ string) bool {
				answerJSON(w, 200, object{"id": graphSP, "appId": GraphAppID, "appRoles": []any{role}})
				return true
			}}
			sp, err := o.admin(t).GraphServicePrincipal(t.Context())
			if f := failureOf(t, err); sp.ID != "" || f.Stage != diagnose.StageGrant ||
				!strings.Contains(err.Error(), "Mail.Send") {
				t.Errorf("%+v, %v", sp, err)
			}
		})
	}
}

// creates are the four calls that create something.
var creates = map[string]func(*testing.T, *Admin) error{
	"app": func(t *testing.T, a *Admin) error {
		_, err := a.CreateApp(t.Context(), NewApp{Name: "PAL email", RedirectURI: palURI})
		return err
	},
	"service principal": func(t *testing.T, a *Admin) error {
		_, err := a.CreateServicePrincipal(t.Context(), testApp)
		return err
	},
	"secret": func(t *testing.T, a *Admin) error {
		_, v, err := a.AddSecret(t.Context(), someApp, "PAL mail", until)
		if err != nil && !v.IsZero() {
			t.Error("a value beside an error")
		}
		return err
	},
	"grant": func(t *testing.T, a *Admin) error {
		_, err := a.GrantMailSend(t.Context(), someSP, graphSP, MailSendRoleID)
		return err
	},
}

// Which answers to a create leave the outcome unknown; tries is the number of attempts.
func TestCreatesAreNeverRepeatedInDoubt(t *testing.T) {
	text := func(status int, kind, body string, header ...string) func() (*http.Response, error) {
		return func() (*http.Response, error) {
			h := http.Header{"Content-Type": {kind}}
			for i := 0; i+1 < len(header); i += 2 {
				h.Set(header[i], header[i+1])
			}
			return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
		}
	}
	graph := func(status int, code string, header ...string) func() (*http.Response, error) {
		return text(status, "application/json", `{"error":{"code":"`+code+`","message":"x"}}`, header...)
	}
	for name, x := range map[string]struct {
		answer  func() (*http.Response, error)
		tries   int
		unclear bool
	}{
		"broken connection": {func() (*http.Response, error) { return nil, io.ErrUnexpectedEOF }, 1, true},
		"500":               {graph(500, "InternalServerError"), 1, true},
		"502 page":          {text(502, "text/html", "<html>Bad gateway</html>"), 1, true},
		"503":               {graph(503, "ServiceUnavailable"), 1, true},
		"504":               {graph(504, "GatewayTimeout"), 1, true},
		"cut answer":        {text(201, "application/json", `{"id":"x","appId":"`), 1, true},
		"half an answer": {func() (*http.Response, error) {
			r, _ := text(201, "application/json", "")()
			r.Body = io.NopCloser(failingReader{})
			return r, nil
		}, 1, true},
		"empty answer":         {text(201, "application/json", ""), 1, true},
		"answer without an ID": {text(201, "application/json", "{}"), 1, true},
		"a page for an answer": {text(200, "text/html", "<html>Guest network</html>"), 1, true},
		"503 with Retry-After": {graph(503, "ServiceUnavailable", "Retry-After", "1"), 4, true},
		"429":                  {graph(429, "TooManyRequests", "Retry-After", "1"), 4, false},
		"400":                  {graph(400, "Request_BadRequest"), 1, false},
		"403":                  {graph(403, "Authorization_RequestDenied"), 1, false},
		"409":                  {graph(409, "Directory_ConcurrencyViolation"), 1, false},
		"no way there": {
			func() (*http.Response, error) { return nil, &net.OpError{Op: "dial", Err: errors.New("x")} }, 1, false,
		},
	} {
		for what, create := range creates {
			t.Run(name+"/"+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					tries := 0
					a := adminOf(commercialClient(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
						tries++
						resp, err := x.answer()
						if resp != nil {
							resp.Request = r
						}
						return resp, err
					})))
					err := create(t, a)
					f := failureOf(t, err)
					if tries != x.tries || Unclear(err) != x.unclear || !IsGUID(f.CorrelationID) ||
						f.Host != "graph.microsoft.com" {
						t.Errorf("%d tries, unclear %v: %+v", tries, Unclear(err), f)
					}
				})
			})
		}
	}
}

func TestCallsThatLackAnIDAreNotMade(t *testing.T) {
	o := &fakeDirectory{}
	a := o.admin(t)
	ctx := t.Context()
	for name, err := range map[string]error{
		"DeleteApp":              a.DeleteApp(ctx, ""),
		"DeleteServicePrincipal": a.DeleteServicePrincipal(ctx, ""),
		"RemoveSecret":           a.RemoveSecret(ctx, someApp, ""),
		"RevokeGrant":            a.RevokeGrant(ctx, "", grantOne),
		"AddMailSend":            a.AddMailSend(ctx, App{}),
		"AddRedirectURI":         a.AddRedirectURI(ctx, App{ObjectID: someApp}, ""),
		"GrantMailSend":          func() error { _, err := a.GrantMailSend(ctx, someSP, graphSP, ""); return err }(),
		"Grants":                 func() error { _, err := a.Grants(ctx, ""); return err }(),
		"Mailbox":                func() error { _, err := a.Mailbox(ctx, ""); return err }(),
		"AppByClientID":          func() error { _, err := a.AppByClientID(ctx, "x') or (1 eq 1"); return err }(),
		"ServicePrincipal":       func() error { _, err := a.ServicePrincipal(ctx, ""); return err }(),
		"CreateServicePrincipal": func() error { _, err := a.CreateServicePrincipal(ctx, ""); return err }(),
		"AddSecret": func() error {
			_, _, err := a.AddSecret(ctx, someApp, "x", time.Time{})
			return err
		}(),
	} {
		if err == nil || Unclear(err) || failureOf(t, err).Err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(o.requests) != 0 {
		t.Errorf("asked %v", o.requests)
	}
}

// No answer makes an error contain the token or the secret's value.
func TestDirectoryErrorsHoldNoSecret(t *testing.T) {
	for name, body := range map[string]string{
		"cut":  `{"keyId":"` + someKey + `","secretText":"` + testSecret[:30],
		"else": `{"secretText":"` + testSecret + `"}`,
		"page": `<html>` + testSecret + `</html>`,
	} {
		t.Run(name, func(t *testing.T) {
			o := &fakeDirectory{intercept: func(w http.ResponseWriter, r *http.Request, _ string) bool {
				w.Header().Set("Content-Type", map[bool]string{
					true: "text/html", false: "application/json",
				}[name == "page"])
				_, _ = io.WriteString(w, body+r.Header.Get("Authorization"))
				return true
			}}
			_, _, err := o.admin(t).AddSecret(t.Context(), someApp, "x", until)
			f := failureOf(t, err)
			assertNoSecret(t, fmt.Sprintf("%v %+v %#v %s", err, f, *f, f.Body))
			if !Unclear(err) {
				t.Error("a secret was made and its value lost: that is unclear")
			}
		})
	}
}
