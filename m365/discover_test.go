package m365

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"palmail/diagnose"
)

// loginHosts answers discovery requests by host and records them.
type loginHosts struct {
	asked []string
	hosts map[string]http.HandlerFunc // nil: connection refused
}

func (l *loginHosts) RoundTrip(r *http.Request) (*http.Response, error) {
	l.asked = append(l.asked, r.URL.Host)
	h := l.hosts[r.URL.Host]
	if h == nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	return inMemory(h)(r)
}

func unknownTenant(w http.ResponseWriter, _ *http.Request) {
	signInError(w, 400, "invalid_tenant", 90002, "Tenant 'agency.gov' not found.")
}

func tenantDocument(fields map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		doc := map[string]any{
			"issuer":         "https://" + r.Host + "/" + strings.ToUpper(testTenant) + "/v2.0",
			"token_endpoint": "https://" + r.Host + "/" + testTenant + "/oauth2/v2.0/token",
		}
		for k, v := range fields {
			doc[k] = v
		}
		answerJSON(w, 200, doc)
	}
}

const (
	hostCom = "login.microsoftonline.com"
	hostUS  = "login.microsoftonline.us"
	hostCN  = "login.partner.microsoftonline.cn"
)

func TestDiscoverNamesTheCloud(t *testing.T) {
	for name, x := range map[string]struct {
		fields map[string]any
		want   string
	}{
		"commercial": {
			map[string]any{"tenant_region_scope": "NA", "tenant_region_sub_scope": nil,
				"cloud_instance_name": "microsoftonline.com", "msgraph_host": "graph.microsoft.com"}, Commercial,
		},
		"world wide": {
			map[string]any{"tenant_region_scope": "WW", "cloud_instance_name": "microsoftonline.com"}, Commercial,
		},
		"gcc": {
			map[string]any{"tenant_region_scope": "NA", "tenant_region_sub_scope": "GCC",
				"cloud_instance_name": "microsoftonline.com"}, GCC,
		},
		"gcc high": {
			map[string]any{"tenant_region_scope": "USGov", "tenant_region_sub_scope": "DODCON",
				"cloud_instance_name": "microsoftonline.us", "msgraph_host": "graph.microsoft.com"}, GCCHigh,
		},
		"dod": {
			map[string]any{"tenant_region_scope": "USGov", "tenant_region_sub_scope": "DOD",
				"cloud_instance_name": "microsoftonline.us", "msgraph_host": "graph.microsoft.us"}, DoD,
		},
		"gov without sub": {map[string]any{"tenant_region_scope": "USGov"}, GCCHigh},
		"dod by graph": {
			map[string]any{"tenant_region_scope": "USGov", "msgraph_host": "dod-graph.microsoft.us"}, DoD,
		},
		"china": {
			map[string]any{"tenant_region_scope": "AS", "cloud_instance_name": "partner.microsoftonline.cn",
				"msgraph_host": "microsoftgraph.chinacloudapi.cn"}, China,
		},
		"nothing but a ghost": {map[string]any{}, Commercial},
	} {
		t.Run(name, func(t *testing.T) {
			l := &loginHosts{hosts: map[string]http.HandlerFunc{hostCom: tenantDocument(x.fields)}}
			got, err := Discover(t.Context(), " Agency.gov ", nil, Options{Transport: l})
			if err != nil || got.ID != testTenant || got.Cloud.Name != x.want || len(l.asked) != 1 {
				t.Errorf("%+v, %v, asked %v", got, err, l.asked)
			}
		})
	}
}

func TestDiscoverAsksOn(t *testing.T) {
	gov := tenantDocument(map[string]any{"tenant_region_scope": "USGov", "tenant_region_sub_scope": "DODCON"})
	china := tenantDocument(map[string]any{"cloud_instance_name": "partner.microsoftonline.cn"})
	filter := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(403)
		_, _ = w.Write([]byte("<html>blocked by policy</html>"))
	}
	malformed := func(w http.ResponseWriter, _ *http.Request) {
		signInError(w, 400, "invalid_request", 900023, "neither a valid DNS name, nor a valid external domain.")
	}
	for name, x := range map[string]struct {
		domain string
		hosts  map[string]http.HandlerFunc
		asked  string
		cloud  string // "" for a failure
		code   string
		host   string
	}{
		"unknown at the first": {
			"agency.gov", map[string]http.HandlerFunc{hostCom: unknownTenant, hostUS: gov}, hostCom + " " + hostUS,
			GCCHigh, "", "",
		},
		"first is refused": {
			"agency.gov", map[string]http.HandlerFunc{hostUS: gov}, hostCom + " " + hostUS, GCCHigh, "", "",
		},
		"first is filtered": {
			"agency.gov", map[string]http.HandlerFunc{hostCom: filter, hostUS: gov}, hostCom + " " + hostUS, GCCHigh,
			"", "",
		},
		"unknown at both": {
			"agency.gov", map[string]http.HandlerFunc{hostCom: unknownTenant, hostUS: unknownTenant}, hostCom + " " +
				hostUS, "", "90002", hostCom,
		},
		"unknown in an enclave": {
			"agency.gov", map[string]http.HandlerFunc{hostUS: unknownTenant}, hostCom + " " + hostUS, "", "90002",
			hostUS,
		},
		"unknown, and gov is refused": {
			"agency.gov", map[string]http.HandlerFunc{hostCom: unknownTenant}, hostCom + " " + hostUS, "", "90002",
			hostCom,
		},
		"nobody is reached": {"agency.gov", nil, hostCom + " " + hostUS, "", "", hostCom},
		"malformed": {
			"agency.gov", map[string]http.HandlerFunc{hostCom: malformed, hostUS: gov}, hostCom, "", "900023", hostCom,
		},
		"china": {
			"agency.cn", map[string]http.HandlerFunc{hostCom: unknownTenant, hostUS: gov, hostCN: china}, hostCom +
				" " + hostCN, China, "", "",
		},
		"not in china": {
			"cn.agency.gov", map[string]http.HandlerFunc{hostCom: unknownTenant, hostUS: unknownTenant, hostCN: china},
			hostCom + " " + hostUS, "", "90002", hostCom,
		},
		"by tenant ID": {testTenant, map[string]http.HandlerFunc{hostCom: gov}, hostCom, GCCHigh, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := &loginHosts{hosts: x.hosts}
			got, err := Discover(t.Context(), x.domain, nil, Options{Transport: l})
			if asked := strings.Join(l.asked, " "); asked != x.asked {
				t.Errorf("asked %q, want %q", asked, x.asked)
			}
			if x.cloud != "" {
				if err != nil || got.Cloud.Name != x.cloud || got.ID != testTenant {
					t.Errorf("%+v, %v", got, err)
				}
				return
			}
			f := failureOf(t, err)
			if f.Host != x.host || f.Stage != diagnose.StageNetwork || x.code != "" && !signInCodes(f.Body)[x.code] {
				t.Errorf("failure %+v", f)
			}
			if x.code == "" && !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("%v does not say that the connection was refused", err)
			}
		})
	}
}

func TestDiscoverOnlyThere(t *testing.T) {
	gov, _ := CloudNamed(GCCHigh)
	l := &loginHosts{
		hosts: map[string]http.HandlerFunc{
			hostUS: tenantDocument(map[string]any{"tenant_region_scope": "USGov", "tenant_region_sub_scope": "DOD"}),
		},
	}
	got, err := Discover(t.Context(), "agency.mil", &gov, Options{Transport: l})
	if err != nil || got.Cloud.Name != DoD || len(l.asked) != 1 {
		t.Errorf("the document's cloud is not named: %+v, %v, asked %v", got, err, l.asked)
	}
	l = &loginHosts{hosts: map[string]http.HandlerFunc{hostUS: unknownTenant}}
	if _, err := Discover(t.Context(), "agency.com", &gov, Options{Transport: l}); err == nil || len(l.asked) != 1 {
		t.Errorf("%v, asked %v", err, l.asked)
	}
	lab, _ := CustomCloud("lab", "https://login.example", "https://graph.example", "https://portal.example")
	l = &loginHosts{
		hosts: map[string]http.HandlerFunc{
			"login.example": tenantDocument(map[string]any{"tenant_region_sub_scope": "DOD"}),
		},
	}
	if got, err := Discover(t.Context(), "agency.test", &lab, Options{Transport: l}); err != nil || got.Cloud != lab {
		t.Errorf("a custom cloud is not itself: %+v, %v", got, err)
	}
}

func TestDiscoverRefusesWhatIsNoDomain(t *testing.T) {
	l := &loginHosts{}
	for _, in := range []string{"", " ", ".", "..", "a/b", "a@b.c", "a b", "a?b", "a#b", "%2e%2e"} {
		_, err := Discover(t.Context(), in, nil, Options{Transport: l})
		failureOf(t, err)
	}
	if len(l.asked) != 0 {
		t.Errorf("asked %v", l.asked)
	}
}

func TestDiscoverUnreadable(t *testing.T) {
	for name, x := range map[string]struct {
		kind, body string
		err        string // "": the answer speaks for itself
	}{
		"a page":   {"text/html", "<html><title>Sign in to the guest network</title></html>", ""},
		"cut JSON": {"application/json", `{"issuer":"https://login`, "cannot be read"},
		"a placeholder": {
			"application/json", `{"issuer":"https://login.microsoftonline.com/{tenantid}/v2.0"}`, "no tenant ID",
		},
		"something else": {"application/json", `{"hello":"world"}`, "no tenant ID"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud, _ := CloudNamed(Commercial)
				_, err := Discover(t.Context(), "agency.gov", &cloud,
					Options{Transport: inMemory(func(w http.ResponseWriter, _ *http.Request) {
						w.Header().Set("Content-Type", x.kind)
						_, _ = w.Write([]byte(x.body))
					})})
				f := failureOf(t, err)
				if f.Status != 200 || f.ContentType != x.kind || f.Body != x.body {
					t.Errorf("failure %+v", f)
				}
				if x.err == "" && f.Err != nil ||
					x.err != "" && (f.Err == nil || !strings.Contains(f.Err.Error(), x.err)) {
					t.Errorf("the error below is %v", f.Err)
				}
			})
		})
	}
}

func TestDiscoverCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		asked := 0
		_, err := Discover(ctx, "agency.gov", nil,
			Options{Transport: roundTripFunc(func(r *http.Request) (*http.Response, error) {
				asked++
				cancel()
				<-r.Context().Done()
				return nil, r.Context().Err()
			})})
		if !errors.Is(err, context.Canceled) || asked != 1 {
			t.Errorf("%v after %d requests", err, asked)
		}
		failureOf(t, err)
	})
}
