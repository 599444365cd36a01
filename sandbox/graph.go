package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// graphJSON is Graph's content type, parameters and all.
const graphJSON = "application/json; odata.metadata=minimal; odata.streaming=true; IEEE754Compatible=false; " +
	"charset=utf-8"

// graphError is a refusal of Graph, in its own codes and texts.
type graphError struct {
	status  int
	code    string
	message string
	details []detail
}

// detail is one entry of an error's details.
type detail struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Target  string `json:"target,omitempty"`
}

// withDetail adds a detail with the error's own text.
func (e *graphError) withDetail(code, target string) *graphError {
	e.details = append(e.details, detail{code, e.message, target})
	return e
}

// failed is a failure with that status, for no reason of the request's.
func failed(status int, path string) *graphError {
	switch {
	case status == http.StatusTooManyRequests && strings.HasSuffix(path, "/sendMail"):
		return deny(status, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.")
	case status == http.StatusTooManyRequests:
		return deny(status, "TooManyRequests", "Too many requests. Please wait briefly and retry.")
	case status == http.StatusServiceUnavailable:
		return deny(status, "ServiceUnavailable",
			"The service is temporarily unavailable. Please retry the request after some time.")
	case status == http.StatusUnauthorized:
		return deny(status, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
	case status == http.StatusForbidden:
		return denied()
	case status == http.StatusNotFound:
		return deny(status, "Request_ResourceNotFound",
			"Resource does not exist or one of its queried reference-property objects are not present.")
	case status == http.StatusConflict:
		return concurrent()
	case status < http.StatusInternalServerError:
		return deny(status, "BadRequest", "The request could not be processed.")
	}
	return deny(status, "InternalServerError", "An internal server error occurred. The operation failed.")
}

func denied() *graphError {
	return deny(http.StatusForbidden, "Authorization_RequestDenied",
		"Insufficient privileges to complete the operation.")
}

func concurrent() *graphError {
	return deny(http.StatusConflict, "Directory_ConcurrencyViolation",
		"Error due to concurrent requests being made to the tenant. Please wait briefly and retry.")
}

func deny(status int, code, format string, args ...any) *graphError {
	if len(args) > 0 {
		format = fmt.Sprintf(format, args...)
	}
	return &graphError{status: status, code: code, message: format}
}

// graph answers for the Graph host.
func (t *Tenant) graph(c *call, d disturbance) answer {
	var a answer
	if d.status == 0 || d.done {
		a = t.graphRoute(c)
	}
	if d.status != 0 {
		a = t.graphRefusal(c, failed(d.status, c.url.Path))
	}
	if d.retryAfter != "" {
		a.set("Retry-After", d.retryAfter)
	}
	a.set("Cache-Control", "private")
	a.set("Strict-Transport-Security", "max-age=31536000")
	a.set("request-id", c.ids.request)
	a.set("client-request-id", c.ids.client)
	a.set("x-ms-ags-diagnostic", `{"ServerInfo":{"DataCenter":"`+c.cloud.centre+
		`","Slice":"E","Ring":"5","ScaleUnit":"003","RoleInstance":"BN3PEPF00001A2B"}}`)
	return a
}

func (t *Tenant) graphRoute(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	bearer, refusal := t.bearer(c)
	if refusal != nil {
		a := t.graphRefusal(c, refusal)
		host := t.home().login
		if c.side == foreign {
			host = c.host
		}
		a.set("WWW-Authenticate",
			fmt.Sprintf(`Bearer realm="", authorization_uri="https://%s/common/oauth2/authorize", client_id="%s"`,
				host, graphAppID))
		return a
	}
	path := c.segments()[1:]
	// the caller's tenant, as Azure AD Graph named it; Microsoft Graph still takes it
	if len(path) > 0 && path[0] == "myorganization" {
		path = path[1:]
	}
	if len(path) == 3 && path[0] == "users" && path[2] == "sendMail" && c.segments()[0] == "v1.0" {
		if c.method != http.MethodPost {
			return t.graphRefusal(c, deny(http.StatusMethodNotAllowed, "Request_BadRequest",
				"Specified HTTP method is not allowed for the request target."))
		}
		if refusal := t.sendMail(c, bearer, path[1]); refusal != nil {
			return t.graphRefusal(c, refusal)
		}
		return newAnswer(http.StatusAccepted)
	}
	return t.directoryAnswer(c, bearer, path)
}

// bearer returns the claims of the call's access token, or why it is no good.
func (t *Tenant) bearer(c *call) (claims, *graphError) {
	invalid := func(text string) (claims, *graphError) {
		return claims{}, deny(http.StatusUnauthorized, "InvalidAuthenticationToken", text)
	}
	scheme, token, _ := strings.Cut(c.header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return invalid("Access token is empty.")
	}
	switch strings.Count(token, ".") {
	case 0:
		return invalid("IDX14100: JWT is not well formed, there are no dots (.).\nThe token needs to be in JWS or " +
			"JWE Compact Serialization Format. (JWS): 'EncodedHeader.EncodedPayload.EncodedSignature'. (JWE): " +
			"'EncodedProtectedHeader.EncodedEncryptedKey.EncodedInitializationVector." +
			"EncodedCiphertext.EncodedAuthenticationTag'.")
	case 2:
	default:
		return invalid("CompactToken parsing failed with error code: 80049217")
	}
	b, genuine := t.read(token)
	if !genuine {
		return invalid("CompactToken parsing failed with error code: 80049217")
	}
	if b.Aud != graphAppID && !strings.EqualFold(strings.TrimPrefix(b.Aud, "https://"), t.ownHost(c)) {
		return invalid("Access token validation failure. Invalid audience.")
	}
	if now := t.now().Unix(); now >= b.Exp {
		return invalid("Lifetime validation failed, the token is expired.")
	}
	return b, nil
}

// ownHost is the host asked for, as an audience names it.
func (t *Tenant) ownHost(c *call) string {
	if c.side == foreign {
		return c.host
	}
	return bareHost(c.host)
}

func (t *Tenant) graphRefusal(c *call, e *graphError) answer {
	type inner struct {
		Date    string `json:"date"`
		Request string `json:"request-id"`
		Client  string `json:"client-request-id"`
	}
	type body struct {
		Code    string   `json:"code"`
		Message string   `json:"message"`
		Details []detail `json:"details,omitempty"`
		Inner   inner    `json:"innerError"`
	}
	return jsonAnswer(e.status, graphJSON, map[string]body{"error": {e.code, e.message, e.details,
		inner{t.now().Format("2006-01-02T15:04:05"), c.ids.request, c.ids.client}}})
}

// object decodes a JSON object whose properties must be among allowed, as
// Graph's reader does it: a property that the type lacks is an error. The type
// is named in the text. OData's own annotations pass.
func object(raw json.RawMessage, of string, allowed ...string) (map[string]json.RawMessage, *graphError) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, deny(http.StatusBadRequest, "RequestBodyRead",
			"An unexpected value was found for a property of type '%s': an object was expected.", of)
	}
	for k := range m {
		if !slices.Contains(allowed, k) && !strings.Contains(k, "@") {
			return nil, deny(http.StatusBadRequest, "RequestBodyRead", "The property '%s' does not exist on type "+
				"'%s'. Make sure to only use property names that are defined by the type.", k, of)
		}
	}
	return m, nil
}
