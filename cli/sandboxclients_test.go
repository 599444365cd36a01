package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"
	"golang.org/x/net/html"

	"palmail/ptytest"
)

// azureCLI is the client ID of Azure CLI, which every tenant knows.
const azureCLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

// Do implements policy.Transporter: what azidentity asks goes to the sandbox
// only, so that a look-up of the authority anywhere else fails the test.
func (s *serving) Do(r *http.Request) (*http.Response, error) {
	if "https://"+r.URL.Host != s.base {
		return nil, fmt.Errorf("asked %s, which is not the practice tenant", r.URL.Host)
	}
	return s.http.Do(r)
}

func (s *serving) azureOptions() azcore.ClientOptions {
	return azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: s.base},
		Transport: s, Retry: policy.RetryOptions{MaxRetries: -1},
	}
}

// graph calls Graph with a token.
func (s *serving) graph(token, method, path, body string, want int) map[string]any {
	s.t.Helper()
	r, err := http.NewRequest(method, s.base+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := s.http.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != want {
		s.t.Fatalf("%s %s: %d %v\n%s", method, path, resp.StatusCode, err, data)
	}
	got := map[string]any{}
	if len(data) > 0 {
		if err := json.Unmarshal(data, &got); err != nil {
			s.t.Fatal(err)
		}
	}
	return got
}

// registers makes an app and a secret for it over Graph, as somebody, and sees both in the portal.
func (s *serving) registers(token, name string) {
	s.t.Helper()
	app := s.graph(token, "POST", "/v1.0/applications", `{"displayName":"`+name+`","signInAudience":"AzureADMyOrg"}`,
		http.StatusCreated)
	secret := s.graph(token, "POST", "/v1.0/applications/"+app["id"].(string)+
		"/addPassword", `{"passwordCredential":{"displayName":"By `+name+`"}}`, http.StatusOK)
	if text, _ := secret["secretText"].(string); len(text) != 40 {
		s.t.Errorf("the secret is %v", secret)
	}
	if page := s.open("/portal/app/" + app["appId"].(string) + "/secrets"); !strings.Contains(page, name+
		" | Certificates & secrets") || !strings.Contains(page, "By "+name) {
		s.t.Errorf("the portal does not show the app and its secret:\n%s", page)
	}
}

// form is the only form of a page of HTML.
type form struct {
	action string
	fields url.Values
	code   bool // it asks for a device's code
}

func formOf(page string) (form, error) {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return form{}, err
	}
	f := form{fields: url.Values{}}
	for n := range root.Descendants() {
		a := map[string]string{}
		for _, x := range n.Attr {
			a[x.Key] = x.Val
		}
		switch {
		case n.Data == "form":
			f.action = a["action"]
		case n.Data == "input" && a["type"] == "hidden":
			f.fields.Set(a["name"], a["value"])
		case n.Data == "input" && a["name"] == "user_code":
			f.code = true
		case n.Data == "input" && a["name"] == "account":
			f.fields.Set("account", "admin@agency.gov")
		case n.Data == "button" && f.fields.Get("action") == "" && a["name"] == "action":
			f.fields.Set("action", a["value"]) // the first one agrees
		}
	}
	return f, nil
}

// signIn does what a person does at the sign-in pages, from address on to the
// page without a form, or to the program that waits on this computer.
func (s *serving) signIn(ctx context.Context, address, code string) error {
	r, err := http.NewRequestWithContext(ctx, "GET", address, nil)
	for range 8 {
		if err != nil {
			return err
		}
		resp, err := s.http.Do(r)
		if err != nil {
			return err
		}
		page, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return err
		}
		f, err := formOf(string(page))
		if err != nil || f.action == "" {
			return err
		}
		if f.code {
			f.fields.Set("user_code", code)
		}
		to, err := resp.Request.URL.Parse(f.action)
		if err != nil {
			return err
		}
		if r, err = http.NewRequestWithContext(ctx, "POST", to.String(),
			strings.NewReader(f.fields.Encode())); err == nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Origin", s.base)
		}
	}
	return fmt.Errorf("the sign-in pages do not end")
}

const fromElsewhere = `{"message":{"subject":"By azidentity","body":{"contentType":"Text","content":"Hello"},` +
	`"toRecipients":[{"emailAddress":{"address":"admin@agency.gov"}}]}}`

// Azure's own library for Go gets a token with the portal's secret and sends a
// mail with it; signed in with a device code it registers an app.
func TestAzidentityAgainstSandbox(t *testing.T) {
	t.Parallel()
	s := serveSandbox(t, "--listen", "127.0.0.1:0")
	ctx, cancel := context.WithTimeout(t.Context(), ptytest.Limit)
	defer cancel()
	clientID, tenantID, value := s.setUp()
	scope := policy.TokenRequestOptions{Scopes: []string{s.base + "/.default"}}
	app, err := azidentity.NewClientSecretCredential(tenantID, clientID, value,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: s.azureOptions(), DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	token, err := app.GetToken(ctx, scope)
	if err != nil {
		t.Fatal(err)
	}
	s.graph(token.Token, "POST", "/v1.0/users/noreply@agency.gov/sendMail", fromElsewhere, http.StatusAccepted)
	if !strings.Contains(s.open("/portal/mail"), "By azidentity") {
		t.Error("the mail is not on the portal's page")
	}
	wrong, err := azidentity.NewClientSecretCredential(tenantID, clientID, value[:28],
		&azidentity.ClientSecretCredentialOptions{ClientOptions: s.azureOptions(), DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wrong.GetToken(ctx, scope); err == nil || !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Errorf("a secret cut short: %v", err)
	}

	person, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: s.azureOptions(), DisableInstanceDiscovery: true, ClientID: azureCLI, TenantID: tenantID,
		UserPrompt: func(ctx context.Context, m azidentity.DeviceCodeMessage) error {
			return s.signIn(ctx, m.VerificationURL, m.UserCode)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if token, err = person.GetToken(ctx, scope); err != nil {
		t.Fatal(err)
	}
	s.registers(token.Token, "azidentity")
	s.end()
}

// MSAL for Go signs a person in, in the browser and with a device code, and what it gets registers apps.
func TestMSALAgainstSandbox(t *testing.T) {
	t.Parallel()
	s := serveSandbox(t, "--listen", "127.0.0.1:0")
	ctx, cancel := context.WithTimeout(t.Context(), ptytest.Limit)
	defer cancel()
	scopes := []string{s.base + "/.default"}
	client, err := public.New(azureCLI, public.WithAuthority(s.base+"/organizations"),
		public.WithHTTPClient(&http.Client{Transport: roundTrip(s.Do)}), public.WithInstanceDiscovery(false))
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.AcquireTokenInteractive(ctx, scopes, public.WithOpenURL(func(address string) error {
		return s.signIn(ctx, address, "")
	}))
	if err != nil {
		t.Fatal(err)
	}
	if got.Account.PreferredUsername != "admin@agency.gov" {
		t.Errorf("signed in as %+v", got.Account)
	}
	s.registers(got.AccessToken, "MSAL in the browser")
	code, err := client.AcquireTokenByDeviceCode(ctx, scopes)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.signIn(ctx, code.Result.VerificationURL, code.Result.UserCode); err != nil {
		t.Fatal(err)
	}
	if got, err = code.AuthenticationResult(ctx); err != nil {
		t.Fatal(err)
	}
	s.registers(got.AccessToken, "MSAL with a code")
	s.end()
}

// roundTrip is an http.RoundTripper.
type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
