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
	// GraphHost is msgraph_host of the tenant's OpenID configuration.
	Region, SubRegion, GraphHost string
}

// openIDConfiguration holds the fields of a tenant's OpenID configuration that
// are used here (https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc).
// Microsoft does not document the last four.
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

// Discover finds the tenant of a domain or of a tenant ID. It is not a method
// of Client, because it finds out which cloud the tenant is in.
//
// If only is nil, it asks the commercial login host first, which answers for
// Government tenants too: the answer, not the host, names the cloud. If that
// host does not know the tenant or cannot be reached (as from an enclave), it
// asks the US Government's host. For a domain that ends in .cn it asks China's
// host instead; no other domain is sent there.
//
// If only is set, it asks that cloud's login host and no other. The Tenant's
// Cloud is still the one that the answer names, so that the caller can notice a
// wrong choice. A custom cloud is always returned as it is.
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
		// In an enclave only its own cloud can be reached, so that cloud's answer counts.
		return Tenant{}, fmt.Errorf("%w (%s could not be asked: %w)", f2, f.Host, f)
	}
	return Tenant{}, f
}

// tokenServiceAnswered says whether the answer came from the token service
// itself: there was one, and no proxy or portal gave it.
func tokenServiceAnswered(f *diagnose.Failure) bool {
	var e struct {
		Error string `json:"error"`
	}
	return json.Unmarshal([]byte(f.Body), &e) == nil && e.Error != ""
}

// mayBeInAnotherCloud says whether it is worth asking another cloud's host: this
// one does not know the tenant (AADSTS90002) or could not be reached.
func mayBeInAnotherCloud(f *diagnose.Failure) bool {
	return !tokenServiceAnswered(f) || signInCodes(f.Body)["90002"]
}

// tenantAt asks one cloud's login host about a domain.
func (w *wire) tenantAt(ctx context.Context, domain string, c Cloud) (Tenant, *diagnose.Failure) {
	a, err := w.get(ctx, c.Login+"/"+url.PathEscape(domain)+metadataPath, retryIdempotent)
	if err != nil || a.status != http.StatusOK {
		return Tenant{}, w.failure(ctx, diagnose.StageNetwork, a, err)
	}
	var m openIDConfiguration
	if err := json.Unmarshal(a.body, &m); err != nil {
		err = parseFailure(a, "the tenant's OpenID configuration cannot be read", err)
		return Tenant{}, w.failure(ctx, diagnose.StageNetwork, a, err)
	}
	id, ok := m.tenantID()
	if !ok {
		err := errors.New("the tenant's OpenID configuration names no tenant ID")
		return Tenant{}, w.failure(ctx, diagnose.StageNetwork, a, err)
	}
	t := Tenant{
		ID: id, Cloud: m.cloud(c), Region: clip(ctx, m.Region), SubRegion: clip(ctx, m.SubRegion),
		GraphHost: clip(ctx, m.GraphHost),
	}
	w.shared.metadata.put(t.Cloud.Login+"/"+t.ID, a)
	return t, nil
}

// parseFailure returns the error for an answer in the wrong format, or nil for
// an HTML page, which shows that something else answered.
func parseFailure(a answer, what string, err error) error {
	if isHTML(a) {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// tenantID returns the first part of the issuer's path.
func (m openIDConfiguration) tenantID() (string, bool) {
	u, err := url.Parse(m.Issuer)
	if err != nil {
		return "", false
	}
	part, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return strings.ToLower(part), IsGUID(part)
}

// cloud returns the cloud that the configuration names: USGov with DODCON is GCC
// High and with DOD is DoD, a sub-scope GCC is GCC. Microsoft does not document
// the values; CISA's ScubaGear and others use these. The other fields serve if
// the scopes are missing.
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

// get reads a JSON document.
func (w *wire) get(ctx context.Context, address string, p retryPolicy) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, fmt.Errorf("making the request: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	return w.roundTrip(ctx, req, p)
}
