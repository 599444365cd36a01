package sandbox

import (
	"fmt"
	"net/http"
	"time"
)

// loginError is a refusal of the sign-in endpoints. Codes and texts:
// entra-docs reference-error-codes.md and reports of people who met them.
type loginError struct {
	status int
	kind   string // OAuth's error
	code   int    // the AADSTS number
	text   string
	sub    string // suberror
}

func refuse(status int, kind string, code int, format string, args ...any) *loginError {
	return &loginError{status: status, kind: kind, code: code, text: fmt.Sprintf(format, args...)}
}

const loginJSON = "application/json; charset=utf-8"

// login answers for the sign-in host.
func (t *Tenant) login(c *call, d disturbance) answer {
	var a answer
	if d.status == 0 || d.done {
		a = t.loginRoute(c)
	}
	switch d.status {
	case 0:
	case http.StatusTooManyRequests:
		a = t.loginRefusal(c, refuse(d.status, "temporarily_unavailable", 90055,
			"The server is currently receiving too many requests. Please try again later."))
	case http.StatusServiceUnavailable:
		a = t.loginRefusal(c, refuse(d.status, "temporarily_unavailable", 90033,
			"A transient error has occurred. Please try again."))
	default:
		a = t.loginRefusal(c, refuse(d.status, "server_error", 50000,
			"There was an error issuing a token or an issue with our sign-in service."))
	}
	if d.retryAfter != "" {
		a.set("Retry-After", d.retryAfter)
	}
	a.set("Cache-Control", "no-store, no-cache")
	a.set("Pragma", "no-cache")
	a.set("Expires", "-1")
	if c.side != foreign { // a host of its own, such as localhost, has other servers as well
		a.set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	a.set("X-Content-Type-Options", "nosniff")
	a.set("x-ms-request-id", c.ids.request)
	a.set("x-ms-ests-server", "2.1.19568.4 - EUS ProdSlices")
	if c.header.Get("client-request-id") != "" {
		a.set("client-request-id", c.ids.client)
	}
	return a
}

func (t *Tenant) loginRoute(c *call) answer {
	path := c.segments()
	if isDevicePage(c) {
		return t.devicePage(c)
	}
	if isShortHost(c.host) {
		return loginNotFound()
	}
	if len(path) == 3 && path[0] == "common" && path[1] == "discovery" && path[2] == "instance" {
		return t.instanceDiscovery(c)
	}
	if len(path) < 2 {
		return loginNotFound()
	}
	tenant, rest := path[0], path[1:]
	is := func(want ...string) bool {
		if len(rest) != len(want) {
			return false
		}
		for i := range want {
			if rest[i] != want[i] {
				return false
			}
		}
		return true
	}
	switch {
	case is("v2.0", ".well-known", "openid-configuration"):
		return t.openID(c, tenant)
	case is("oauth2", "v2.0", "token"):
		return t.token(c, tenant)
	case is("oauth2", "v2.0", "devicecode"):
		return t.startDevice(c, tenant)
	case is("oauth2", "v2.0", "authorize"):
		return t.authorize(c, tenant)
	case is("v2.0", "adminconsent"), is("adminconsent"):
		return t.adminConsent(c, tenant)
	}
	return loginNotFound()
}

func loginNotFound() answer {
	a := newAnswer(http.StatusNotFound)
	a.set("Content-Type", "text/html; charset=utf-8")
	a.body = []byte("<html><head><title>404 - File or directory not found.</title></head><body><h1>404 - File or " +
		"directory not found.</h1></body></html>")
	return a
}

// tenantOf finds the tenant called name, as the host of the call does. The
// commercial host has the tenants of every cloud, the others have their own.
func (t *Tenant) tenantOf(c *call, name string) (tenantKind, *loginError) {
	d := t.find(name)
	switch {
	case d == malformedTenant:
		return d, refuse(http.StatusBadRequest, "invalid_request", 900023,
			"Specified tenant identifier '%s' is neither a valid DNS name, nor a valid external domain.", name)
	case d == unknownTenant, d != sharedEndpoint && c.side != foreign && c.cloud.login != clouds[0].login &&
		c.cloud.login != t.home().login:
		return unknownTenant, refuse(http.StatusBadRequest, "invalid_tenant", 90002,
			"Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the "+
				"correct cloud. Check with your subscription administrator, this may happen if there are no active "+
				"subscriptions for the tenant.", name)
	}
	return d, nil
}

func (t *Tenant) loginRefusal(c *call, e *loginError) answer {
	stamp := t.now().Format("2006-01-02 15:04:05Z")
	return jsonAnswer(e.status, loginJSON, struct {
		Error         string `json:"error"`
		Description   string `json:"error_description"`
		Codes         []int  `json:"error_codes"`
		Timestamp     string `json:"timestamp"`
		TraceID       string `json:"trace_id"`
		CorrelationID string `json:"correlation_id"`
		URI           string `json:"error_uri"`
		Sub           string `json:"suberror,omitempty"`
	}{
		e.kind,
		fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s", e.code, e.text, c.ids.request,
			c.ids.client, stamp),
		[]int{e.code}, stamp, c.ids.request, c.ids.client,
		fmt.Sprintf("https://%s/error?code=%d", t.loginHost(c), e.code), e.sub,
	})
}

// loginHost is the sign-in host that answers to a call name.
func (t *Tenant) loginHost(c *call) string {
	if c.side == foreign {
		return c.host
	}
	return c.cloud.login
}

const tokenLife = 3599 * time.Second

// pageText is a refusal as a page in the browser shows it.
func (t *Tenant) pageText(c *call, e *loginError) string {
	return fmt.Sprintf("AADSTS%d: %s Request Id: %s Correlation Id: %s Timestamp: %s", e.code, e.text, c.ids.request,
		c.ids.client, t.now().Format(time.RFC3339))
}
