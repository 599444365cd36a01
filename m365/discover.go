package m365

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"palmail/diagnose"
)

// Tenant is what is known about a tenant without signing in.
type Tenant struct {
	ID    string // Directory (tenant) ID, lower case
	Cloud Cloud  // the cloud that the tenant lives in
	// Region and SubRegion are tenant_region_scope and tenant_region_sub_scope,
	// GraphHost is msgraph_host, as the tenant's document has them.
	Region, SubRegion, GraphHost string
}

// openIDConfiguration is what is read of a tenant's OpenID configuration
// (https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc).
// The last four fields are Microsoft's own, and described nowhere.
type openIDConfiguration struct {
	Issuer                string `json:"issuer"`
	TokenEndpoint         string `json:"token_endpoint"`
	AuthorizationEndpoint string `json:"authorization_endpoint"`
	Region                string `json:"tenant_region_scope"`
	SubRegion             string `json:"tenant_region_sub_scope"`
	GraphHost             string `json:"msgraph_host"`
	Instance              string `json:"cloud_instance_name"`
}

const metadataPath = "/v2.0/.well-known/openid-configuration"

// Discover finds the tenant of a domain, which may also be a tenant ID. It is
// a function of the package and not of a Client, because the cloud is what is
// looked for.
//
// With only nil the commercial host is asked first: it answers for Government
// tenants too, so what names the cloud is the answer and not who gave it. If
// it does not know the tenant or cannot be reached (as from an enclave), the
// US Government's host is asked. China's is asked instead, and only, for a
// domain that ends in .cn: nobody else's domain is sent there unasked.
//
// With only set, that cloud's login host is asked and no other. The Tenant's
// Cloud is still the one that the document names, so that the caller can see a
// wrong one. A custom cloud is always itself.
//
// Errors are or wrap a *diagnose.Failure of the stage network.
func Discover(ctx context.Context, domain string, only *Cloud, o Options) (Tenant, error) {
	w := newWire(o)
	domain = strings.ToLower(strings.TrimSpace(domain))
	if domain == "" || strings.Trim(domain, ".") == "" || strings.ContainsAny(domain, "/\\@ ?#%") {
		err := fmt.Errorf("%q is neither a domain nor a tenant ID", domain)
		return Tenant{}, w.failure(ctx, diagnose.StageNetwork, answer{}, err)
	}
	if only != nil {
		t, f := w.tenantAt(ctx, domain, *only)
		if f != nil {
			return Tenant{}, f
		}
		return t, nil
	}
	commercial, _ := CloudNamed(Commercial)
	t, f := w.tenantAt(ctx, domain, commercial)
	if f == nil {
		return t, nil
	}
	if ctx.Err() != nil || !mayBeInAnotherCloud(f) {
		return Tenant{}, f
	}
	other := GCCHigh
	if strings.HasSuffix(domain, ".cn") {
		other = China
	}
	second, _ := CloudNamed(other)
	t, f2 := w.tenantAt(ctx, domain, second)
	switch {
	case f2 == nil:
		return t, nil
	case !tokenServiceAnswered(f) && tokenServiceAnswered(f2):
		// An enclave that reaches its own cloud only: what that says counts.
		return Tenant{}, fmt.Errorf("%w (%s could not be asked: %w)", f2, f.Host, f)
	}
	return Tenant{}, f
}

// tokenServiceAnswered says whether the token service itself answered, and not nobody or
// something in between.
func tokenServiceAnswered(f *diagnose.Failure) bool {
	var e struct {
		Error string `json:"error"`
	}
	return json.Unmarshal([]byte(f.Body), &e) == nil && e.Error != ""
}

// mayBeInAnotherCloud says whether another cloud's host may know better: the tenant is
// unknown at this one (AADSTS90002), or it could not be reached.
func mayBeInAnotherCloud(f *diagnose.Failure) bool {
	return !tokenServiceAnswered(f) || signInCodes(f.Body)["90002"]
}

// tenantAt asks one cloud's login host.
func (w *wire) tenantAt(ctx context.Context, domain string, c Cloud) (Tenant, *diagnose.Failure) {
	a, err := w.get(ctx, c.Login+"/"+url.PathEscape(domain)+metadataPath, retryIdempotent)
	if err != nil || a.status != http.StatusOK {
		return Tenant{}, w.failure(ctx, diagnose.StageNetwork, a, err)
	}
	var m openIDConfiguration
	if err := json.Unmarshal(a.body, &m); err != nil {
		return Tenant{}, w.failure(ctx, diagnose.StageNetwork, a, parseFailure(a, "the tenant's OpenID configuration cannot be read", err))
	}
	id, ok := m.tenantID()
	if !ok {
		err := errors.New("the tenant's OpenID configuration names no tenant ID")
		return Tenant{}, w.failure(ctx, diagnose.StageNetwork, a, err)
	}
	t := Tenant{ID: id, Cloud: m.cloud(c), Region: clip(ctx, m.Region), SubRegion: clip(ctx, m.SubRegion), GraphHost: clip(ctx, m.GraphHost)}
	w.shared.metadata.put(t.Cloud.Login+"/"+t.ID, a)
	return t, nil
}

// parseFailure is the Go error below an answer of the wrong form; nil for a page,
// which shows by itself that something else answered.
func parseFailure(a answer, what string, err error) error {
	if isHTML(a) {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// tenantID is the first part of the issuer's path.
func (m openIDConfiguration) tenantID() (string, bool) {
	u, err := url.Parse(m.Issuer)
	if err != nil {
		return "", false
	}
	part, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return strings.ToLower(part), IsGUID(part)
}

// cloud reads the cloud off the document that the login host of asked gave:
// USGov with DODCON is GCC High and with DOD is DoD, a sub scope GCC is GCC.
// The values are described nowhere; they are those that CISA's ScubaGear and
// others go by. The other fields serve where the scopes are absent.
func (m openIDConfiguration) cloud(asked Cloud) Cloud {
	if asked.Custom {
		return asked
	}
	name := Commercial
	switch sub := strings.ToUpper(m.SubRegion); {
	case sub == "DODCON":
		name = GCCHigh
	case sub == "DOD":
		name = DoD
	case sub == "GCC":
		name = GCC
	case strings.HasSuffix(m.Instance, ".cn") || strings.HasSuffix(m.GraphHost, ".cn"):
		name = China
	case strings.EqualFold(m.GraphHost, "dod-graph.microsoft.us"):
		name = DoD
	case strings.EqualFold(m.Region, "USGov") || m.Region == "" && strings.HasSuffix(m.Instance, ".us"):
		name = GCCHigh
	}
	c, _ := CloudNamed(name)
	return c
}

// get makes a plain GET for a JSON document.
func (w *wire) get(ctx context.Context, address string, p retryPolicy) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, fmt.Errorf("making the request: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	return w.roundTrip(ctx, req, p)
}
