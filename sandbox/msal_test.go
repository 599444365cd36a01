package sandbox_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"palmail/sandbox"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
)

// TestMSAL holds the tenant against Microsoft's own client library. It has a
// build tag for as long as nothing in the program imports the library, since
// go.sum has no sums for what the library stands on.
func TestMSAL(t *testing.T) {
	f, srv := serve(t, sandbox.Options{})
	gov := ready(t, sandbox.Options{Cloud: "gcc-high"})
	for _, tc := range []struct {
		name, authority, scope string
		office                 *office
		client                 *http.Client
	}{
		{"listener", srv.URL + "/agency.gov", srv.URL + "/.default", f, srv.Client()},
		{
			"in process", "https://login.microsoftonline.com/agency.gov", scope, f, &http.Client{
				Transport: f.tenant.Transport(),
			},
		},
		{
			"in process, GCC High", "https://login.microsoftonline.us/" + gov.tenant.ID(),
			"https://graph.microsoft.us/.default", gov, &http.Client{Transport: gov.tenant.Transport()},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			acquire := func(secret string) (confidential.AuthResult, error) {
				cred, err := confidential.NewCredFromSecret(secret)
				if err != nil {
					t.Fatal(err)
				}
				c, err := confidential.New(tc.authority, tc.office.app.ClientID, cred,
					confidential.WithHTTPClient(tc.client), confidential.WithInstanceDiscovery(false))
				if err != nil {
					t.Fatal(err)
				}
				return c.AcquireTokenByCredential(context.Background(), []string{tc.scope})
			}
			got, err := acquire(tc.office.secret.Value)
			if err != nil {
				t.Fatal(err)
			}
			if c := claimsOf(t, got.AccessToken); c["appid"] != tc.office.app.ClientID || c["roles"] == nil {
				t.Errorf("%v", c)
			}
			if _, err := acquire(tc.office.secret.ID); err == nil || !strings.Contains(err.Error(), "AADSTS7000215") {
				t.Errorf("wrong secret: %v", err)
			}
		})
	}
}
