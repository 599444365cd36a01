// Package m365 is the wire: clouds, discovery of the tenant, tokens, Graph calls, retries.
//
// It reports what was answered and does not interpret it: every failure that it
// returns is or wraps a *diagnose.Failure, which package diagnose interprets.
package m365

import "net/url"

// Cloud is one of Microsoft's clouds, or one that a cloud file describes.
// Its addresses are https, without a trailing slash; Graph is without /v1.0.
type Cloud struct {
	Name  string // stable name, e.g. "gcc-high", or the cloud file's name
	Label string // as shown, e.g. "GCC High", or "custom cloud lab (login.example)"

	Login  string // where tokens are issued
	Graph  string // base of Graph calls and of the scope
	Portal string // the Azure portal
	Entra  string // the Entra admin center; empty for a cloud file, where Portal serves

	ExchangeEnvironment string // Connect-ExchangeOnline -ExchangeEnvironmentName; empty when not known
	Custom              bool   // from a cloud file
}

// The names of the clouds that are known without a cloud file.
const (
	Commercial = "commercial"
	GCC        = "gcc"
	GCCHigh    = "gcc-high"
	DoD        = "dod"
	China      = "china"
)

// Clouds returns the clouds known without a cloud file. Login, Graph and
// portal addresses are those of
// https://learn.microsoft.com/graph/deployments and
// https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud;
// the Exchange environments those of Connect-ExchangeOnline. GCC lives on the
// commercial hosts, and GCC High and DoD share one login host.
func Clouds() []Cloud {
	return []Cloud{
		{
			Name: Commercial, Label: "Commercial",
			Login: "https://login.microsoftonline.com", Graph: "https://graph.microsoft.com",
			Portal: "https://portal.azure.com", Entra: "https://entra.microsoft.com",
			ExchangeEnvironment: "O365Default",
		},
		{
			Name: GCC, Label: "GCC",
			Login: "https://login.microsoftonline.com", Graph: "https://graph.microsoft.com",
			Portal: "https://portal.azure.com", Entra: "https://entra.microsoft.com",
			ExchangeEnvironment: "O365Default",
		},
		{
			Name: GCCHigh, Label: "GCC High",
			Login: "https://login.microsoftonline.us", Graph: "https://graph.microsoft.us",
			Portal: "https://portal.azure.us", Entra: "https://entra.microsoft.us",
			ExchangeEnvironment: "O365USGovGCCHigh",
		},
		{
			Name: DoD, Label: "DoD",
			Login: "https://login.microsoftonline.us", Graph: "https://dod-graph.microsoft.us",
			Portal: "https://portal.azure.us", Entra: "https://entra.microsoft.us",
			ExchangeEnvironment: "O365USGovDoD",
		},
		{
			Name: China, Label: "China (21Vianet)",
			Login: "https://login.partner.microsoftonline.cn", Graph: "https://microsoftgraph.chinacloudapi.cn",
			Portal: "https://portal.azure.cn", Entra: "https://entra.microsoftonline.cn",
			ExchangeEnvironment: "O365China",
		},
	}
}

// CloudNamed returns the known cloud of that name.
func CloudNamed(name string) (Cloud, bool) {
	for _, c := range Clouds() {
		if c.Name == name {
			return c, true
		}
	}
	return Cloud{}, false
}

// Scope is the scope of token requests. It contains the cloud's own Graph host,
// because Graph refuses a token for another cloud's Graph
// (https://learn.microsoft.com/graph/deployments).
func (c Cloud) Scope() string { return c.Graph + "/.default" }

// LoginHost is the host, with a port if there is one, that gets the secret.
func (c Cloud) LoginHost() string { return hostOf(c.Login) }

// isLoginHost says whether a secret can be sent to host: the cloud's own login
// host or, for the known clouds, any login host of Microsoft's, because the
// OpenID configuration of a Government tenant can name the Government's.
func (c Cloud) isLoginHost(host string) bool {
	if hostOf(c.Login) == host {
		return true
	}
	if c.Custom {
		return false
	}
	for _, known := range Clouds() {
		if hostOf(known.Login) == host {
			return true
		}
	}
	return false
}

// hostOf returns the host and port of an address, or "".
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
