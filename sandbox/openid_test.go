package sandbox_test

import (
	"strings"
	"testing"

	"palmail/sandbox"
)

func TestDiscoveryPerCloud(t *testing.T) {
	for _, tc := range []struct{ cloud, home, region, sub, instance string }{
		{"commercial", "login.microsoftonline.com", "NA", "", "microsoftonline.com"},
		{"gcc", "login.microsoftonline.com", "NA", "GCC", "microsoftonline.com"},
		{"gcc-high", "login.microsoftonline.us", "USGov", "DODCON", "microsoftonline.us"},
		{"dod", "login.microsoftonline.us", "USGov", "DOD", "microsoftonline.us"},
		{"china", "login.partner.microsoftonline.cn", "AS", "", "partner.microsoftonline.cn"},
	} {
		t.Run(tc.cloud, func(t *testing.T) {
			f := open(t, sandbox.Options{Cloud: tc.cloud})
			// The commercial host answers for every cloud, and says the same as the cloud's own.
			for _, host := range []string{tc.home, "login.microsoftonline.com"} {
				r := f.do("GET", "https://"+host+"/AGENCY.gov/v2.0/.well-known/openid-configuration", "", "", nil)
				doc := r.object(t)
				want := "https://" + tc.home + "/" + f.tenant.ID()
				if r.status != 200 || doc["issuer"] != want+"/v2.0" ||
					doc["token_endpoint"] != want+"/oauth2/v2.0/token" ||
					doc["authorization_endpoint"] != want+"/oauth2/v2.0/authorize" {
					t.Errorf("%s: %d %s", host, r.status, r.body)
				}
				sub, has := doc["tenant_region_sub_scope"]
				if doc["tenant_region_scope"] != tc.region || has != (tc.sub != "") || has && sub != tc.sub ||
					doc["cloud_instance_name"] != tc.instance {
					t.Errorf("%s: region %v %v, instance %v", host, doc["tenant_region_scope"], sub,
						doc["cloud_instance_name"])
				}
			}
		})
	}
}

func TestDiscoveryHasTheRecordedFields(t *testing.T) {
	f := open(t, sandbox.Options{})
	doc := f.do("GET", f.login+"/"+f.tenant.ID()+"/v2.0/.well-known/openid-configuration", "", "", nil).object(t)
	for _, k := range strings.Fields(`
token_endpoint token_endpoint_auth_methods_supported jwks_uri response_modes_supported
subject_types_supported id_token_signing_alg_values_supported response_types_supported
scopes_supported issuer request_uri_parameter_supported userinfo_endpoint authorization_endpoint
device_authorization_endpoint http_logout_supported frontchannel_logout_supported
end_session_endpoint claims_supported kerberos_endpoint tenant_region_scope cloud_instance_name
cloud_graph_host_name msgraph_host rbac_url`) {
		if _, ok := doc[k]; !ok {
			t.Errorf("%s is missing", k)
		}
		delete(doc, k)
	}
	if len(doc) > 0 {
		t.Errorf("fields the service does not give: %v", doc)
	}
}

func TestDiscoveryOfSharedEndpoints(t *testing.T) {
	f := open(t, sandbox.Options{})
	for _, name := range []string{"common", "organizations"} {
		doc := f.do("GET", f.login+"/"+name+"/v2.0/.well-known/openid-configuration", "", "", nil).object(t)
		scope, has := doc["tenant_region_scope"]
		if doc["issuer"] != f.login+"/{tenantid}/v2.0" || !has || scope != nil {
			t.Errorf("%s: issuer %v, region %v", name, doc["issuer"], scope)
		}
	}
}

func TestDiscoveryRefusals(t *testing.T) {
	for _, tc := range []struct {
		cloud, host, name, kind string
		code                    int
	}{
		{"commercial", "login.microsoftonline.com", "agnecy.gov", "invalid_tenant", 90002},
		{"commercial", "login.microsoftonline.com", "00000000-1111-2222-3333-444444444444", "invalid_tenant", 90002},
		{"commercial", "login.microsoftonline.com", "agency", "invalid_request", 900023},
		{"commercial", "login.microsoftonline.com", "%7Btenant%7D", "invalid_request", 900023},
		{"commercial", "login.microsoftonline.us", "agency.gov", "invalid_tenant", 90002},
		{"gcc-high", "login.partner.microsoftonline.cn", "agency.gov", "invalid_tenant", 90002},
	} {
		f := open(t, sandbox.Options{Cloud: tc.cloud})
		r := f.do("GET", "https://"+tc.host+"/"+tc.name+"/v2.0/.well-known/openid-configuration", "", "", nil)
		e := r.refusal(t)
		if r.status != 400 || e.Error != tc.kind || e.Codes[0] != tc.code || e.TraceID == "" || e.URI == "" ||
			e.Correlation != "0f3cb1d2-7a51-4c2b-9d1e-6a2b8c4d5e6f" || !strings.Contains(e.Description, e.TraceID) {
			t.Errorf("%s at %s: %d %s", tc.name, tc.host, r.status, r.body)
		}
	}
}

func TestInstanceDiscovery(t *testing.T) {
	f := open(t, sandbox.Options{})
	r := f.do("GET", f.login+"/common/discovery/instance?api-version=1.1&authorization_endpoint=x", "", "", nil)
	if r.status != 200 || r.text(t, "api-version") != "1.1" ||
		!strings.Contains(r.text(t, "tenant_discovery_endpoint"), f.tenant.ID()) {
		t.Errorf("%d %s", r.status, r.body)
	}
}

func TestAdminConsentPage(t *testing.T) {
	f := open(t, sandbox.Options{})
	for query, want := range map[string]string{
		"client_id=" + f.app.ClientID: "PAL mail",
		"client_id=" + f.app.ClientID + "&redirect_uri=https://elsewhere.example/": "AADSTS50011",
		"client_id=" + f.app.ObjectID: "AADSTS700016",
		"":                            "AADSTS900144",
	} {
		r := f.do("GET", f.login+"/organizations/v2.0/adminconsent?"+query, "", "", nil)
		if !strings.Contains(string(r.body), want) || !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
			t.Errorf("%q: %d %s", query, r.status, r.body)
		}
	}
	if a, _ := f.tenant.AppWithID(f.app.ClientID); a.Permissions[0].Granted {
		t.Error("looking at the page granted something")
	}
}
