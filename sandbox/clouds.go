package sandbox

import "strings"

// cloud is one of Microsoft's clouds as the wire shows it.
type cloud struct {
	name     string
	login    string   // the host that answers for it
	graph    string   // its Graph host
	region   string   // tenant_region_scope of a tenant there
	subScope string   // tenant_region_sub_scope, "" when the field is left out
	instance string   // cloud_instance_name
	msgraph  string   // msgraph_host as the discovery document gives it
	oldGraph string   // cloud_graph_host_name
	rbac     string   // rbac_url
	initial  string   // what a tenant's first domain ends on
	sts      string   // issuer host of version 1.0 tokens
	centre   string   // DataCenter of x-ms-ags-diagnostic
	aliases  []string // further login hosts
}

// clouds are those that a practice tenant can live in. Hosts: graph-docs
// concepts/deployments.md and entra-docs authentication-national-cloud.md.
// Region fields: comments in CISA ScubaGear. That a Government tenant's
// document names graph.microsoft.com is taken from the metadata that
// @azure/msal-common ships for login.microsoftonline.us: the field is no sign
// of the cloud.
var clouds = []cloud{
	{
		name: "commercial", login: "login.microsoftonline.com", graph: "graph.microsoft.com",
		region: "NA", instance: "microsoftonline.com", msgraph: "graph.microsoft.com", oldGraph: "graph.windows.net",
		rbac:    "https://pas.windows.net",
		initial: "onmicrosoft.com", sts: "sts.windows.net", centre: "East US",
		aliases: []string{"login.windows.net", "login.microsoft.com", "sts.windows.net"},
	},
	{
		name: "gcc", login: "login.microsoftonline.com", graph: "graph.microsoft.com",
		region: "NA", subScope: "GCC", instance: "microsoftonline.com", msgraph: "graph.microsoft.com",
		oldGraph: "graph.windows.net", rbac: "https://pas.windows.net",
		initial: "onmicrosoft.com", sts: "sts.windows.net", centre: "East US",
		aliases: []string{"login.windows.net", "login.microsoft.com", "sts.windows.net"},
	},
	{
		name: "gcc-high", login: "login.microsoftonline.us", graph: "graph.microsoft.us",
		region: "USGov", subScope: "DODCON", instance: "microsoftonline.us", msgraph: "graph.microsoft.com",
		oldGraph: "graph.windows.net", rbac: "https://pasff.usgovcloudapi.net",
		initial: "onmicrosoft.us", sts: "sts.windows.net", centre: "USGov Virginia",
		aliases: []string{"login.usgovcloudapi.net"},
	},
	{
		name: "dod", login: "login.microsoftonline.us", graph: "dod-graph.microsoft.us",
		region: "USGov", subScope: "DOD", instance: "microsoftonline.us", msgraph: "graph.microsoft.com",
		oldGraph: "graph.windows.net", rbac: "https://pasff.usgovcloudapi.net",
		initial: "onmicrosoft.us", sts: "sts.windows.net", centre: "USDoD East",
		aliases: []string{"login.usgovcloudapi.net"},
	},
	{
		name: "china", login: "login.partner.microsoftonline.cn", graph: "microsoftgraph.chinacloudapi.cn",
		region: "AS", instance: "partner.microsoftonline.cn", msgraph: "microsoftgraph.chinacloudapi.cn",
		oldGraph: "graph.chinacloudapi.cn", rbac: "https://pas.chinacloudapi.cn",
		initial: "partner.onmschina.cn", sts: "sts.chinacloudapi.cn", centre: "China East 2",
		aliases: []string{"login.chinacloudapi.cn"},
	},
}

func cloudNamed(name string) cloud {
	for _, c := range clouds {
		if c.name == strings.ToLower(name) {
			return c
		}
	}
	return clouds[0]
}

// side says what a host is.
type side int

const (
	foreign side = iota // no host of a known Microsoft cloud
	loginSide
	graphSide
)

func bareHost(host string) string {
	host = strings.ToLower(host)
	if h, _, ok := strings.Cut(host, ":"); ok {
		return h
	}
	return host
}

// hostSide returns what host is, and a cloud it belongs to; where clouds share
// a host the first is returned.
func hostSide(host string) (side, cloud) {
	host = bareHost(host)
	if isShortHost(host) {
		return loginSide, clouds[0]
	}
	for _, c := range clouds {
		if host == c.graph {
			return graphSide, c
		}
		if host == c.login {
			return loginSide, c
		}
		for _, a := range c.aliases {
			if host == a {
				return loginSide, c
			}
		}
	}
	return foreign, cloud{}
}
