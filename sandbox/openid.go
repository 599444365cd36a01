package sandbox

import (
	"net/http"
	"strings"
)

// openID is the discovery document. Asked of the commercial host about a
// tenant of another cloud, it is that cloud's document: the host that answers
// says nothing about where the tenant lives, the region fields do.
func (t *Tenant) openID(c *call, name string) answer {
	if c.method != http.MethodGet && c.method != http.MethodHead {
		return loginNotFound()
	}
	d, refusal := t.tenantOf(c, name)
	if refusal != nil {
		return t.loginRefusal(c, refusal)
	}
	of, tenant, issuer := t.home(), t.id, t.id
	switch d {
	case neighbourTenant:
		tenant, issuer = t.neighbour.id, t.neighbour.id
	case sharedEndpoint:
		of, tenant, issuer = c.cloud, strings.ToLower(name), "{tenantid}"
	}
	host, msgraph, instance := of.login, of.msgraph, of.instance
	if c.side == foreign {
		host, msgraph, instance = c.host, c.host, bareHost(c.host)
	}
	base := "https://" + host + "/" + tenant
	doc := map[string]any{
		"token_endpoint": base + "/oauth2/v2.0/token",
		"token_endpoint_auth_methods_supported": []string{
			"client_secret_post", "private_key_jwt", "client_secret_basic",
		},
		"jwks_uri":                              base + "/discovery/v2.0/keys",
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"response_types_supported":              []string{"code", "id_token", "code id_token", "id_token token"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"issuer":                                "https://" + host + "/" + issuer + "/v2.0",
		"request_uri_parameter_supported":       false,
		"userinfo_endpoint":                     "https://" + msgraph + "/oidc/userinfo",
		"authorization_endpoint":                base + "/oauth2/v2.0/authorize",
		"device_authorization_endpoint":         base + "/oauth2/v2.0/devicecode",
		"http_logout_supported":                 true,
		"frontchannel_logout_supported":         true,
		"end_session_endpoint":                  base + "/oauth2/v2.0/logout",
		"claims_supported": []string{"sub", "iss", "cloud_instance_name", "cloud_instance_host_name",
			"cloud_graph_host_name", "msgraph_host",
			"aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver", "at_hash",
			"c_hash", "email"},
		"kerberos_endpoint":     base + "/kerberos",
		"tenant_region_scope":   nil,
		"cloud_instance_name":   instance,
		"cloud_graph_host_name": of.oldGraph,
		"msgraph_host":          msgraph,
		"rbac_url":              of.rbac,
	}
	if d != sharedEndpoint {
		doc["tenant_region_scope"] = of.region
		if of.subScope != "" {
			doc["tenant_region_sub_scope"] = of.subScope
		}
	}
	a := jsonAnswer(http.StatusOK, loginJSON, doc)
	a.set("Access-Control-Allow-Origin", "*")
	return a
}

// instanceDiscovery tells which hosts are one and the same authority. A host
// of its own is none of Microsoft's, and the service would not know it.
func (t *Tenant) instanceDiscovery(c *call) answer {
	type network struct {
		Preferred string   `json:"preferred_network"`
		Cache     string   `json:"preferred_cache"`
		Aliases   []string `json:"aliases"`
	}
	return jsonAnswer(http.StatusOK, loginJSON, struct {
		Endpoint string    `json:"tenant_discovery_endpoint"`
		Version  string    `json:"api-version"`
		Metadata []network `json:"metadata"`
	}{
		"https://" + t.loginHost(c) + "/" + t.id + "/v2.0/.well-known/openid-configuration", "1.1",
		[]network{
			{
				"login.microsoftonline.com", "login.windows.net",
				[]string{"login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"},
			},
			{
				"login.partner.microsoftonline.cn", "login.partner.microsoftonline.cn",
				[]string{"login.partner.microsoftonline.cn", "login.chinacloudapi.cn"},
			},
			{
				"login.microsoftonline.us", "login.microsoftonline.us",
				[]string{"login.microsoftonline.us", "login.usgovcloudapi.net"},
			},
		},
	})
}
