package sandbox

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// signInEvent is one line of the sign-in log.
type signInEvent struct {
	id, correlation string
	at              time.Time
	kind            string // servicePrincipal or interactiveUser, of signInEventTypes
	app, appID      string
	principalID     string   // the enterprise application's object ID
	keyID           string   // of the secret, "" for a value that no secret has
	account         *account // nil for an app on its own
	resource        string   // the API's name
	code            int      // AADSTS number, 0 for success
	reason          string
}

// keptSignIns bounds the sign-in log.
const keptSignIns = 1000

// logSignIn notes that an app has asked for a token on its own. t.mu is held.
func (t *Tenant) logSignIn(c *call, a *app, api, keyID string, refusal *loginError) {
	e := signInEvent{
		kind: "servicePrincipal", app: a.name, appID: a.clientID, principalID: a.spID, keyID: keyID, resource: api,
	}
	if refusal != nil {
		e.code, e.reason = refusal.code, refusal.text
	}
	t.addSignIn(c, e)
}

// logUserSignIn notes that somebody has signed in. t.mu is held.
func (t *Tenant) logUserSignIn(c *call, s *session) {
	t.addSignIn(c, signInEvent{
		kind: "interactiveUser", app: s.client.name, appID: s.client.id, account: s.account, resource: MicrosoftGraph,
	})
}

func (t *Tenant) addSignIn(c *call, e signInEvent) {
	e.id, e.correlation, e.at = c.ids.request, c.ids.client, t.now()
	t.signInLog = append(t.signInLog, e)
	if over := len(t.signInLog) - keptSignIns; over > 0 {
		t.signInLog = slices.Delete(t.signInLog, 0, over)
	}
}

// logReaders are the roles that let a person read the sign-in logs
// (https://learn.microsoft.com/graph/api/signin-list).
var logReaders = []string{
	GlobalAdministrator, GlobalReader, ReportsReader, SecurityAdministrator, SecurityOperator, SecurityReader,
}

// signIns answers for /auditLogs/signIns. Version 1.0 lists people only, and
// without the properties of apps; the beta lists apps to those who ask for the
// event type servicePrincipal, and names the secret in
// servicePrincipalCredentialKeyId (https://learn.microsoft.com/graph/api/resources/signin).
// The refusals are the three that its readers meet: no permission in the token,
// no role that can read logs, no licence.
func (t *Tenant) signIns(c *call, b caller, more string) (answer, *graphError) {
	switch {
	case c.method != http.MethodGet || more != "":
		return answer{}, wrongMethod()
	case !b.hasAny(toReadLogs):
		return answer{}, deny(http.StatusForbidden, "Authentication_MSGraphPermissionMissing",
			"The principal does not have required Microsoft Graph permission(s): AuditLog.Read.All to call this API. "+
				"For more information about Microsoft Graph permissions, please visit "+
				"https://learn.microsoft.com/graph/permissions-overview.")
	case b.account != nil && !b.account.has(logReaders...):
		return answer{}, deny(http.StatusForbidden, "Authentication_RequestFromUnsupportedUserRole",
			"User is not in the allowed roles")
	case t.rules.NoPremiumLicence:
		return answer{}, deny(http.StatusForbidden, "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
			"Neither tenant is B2C or tenant doesn't have premium license")
	}
	beta := c.segments()[0] == "beta"
	o, refusal := signInOptions(c.url.Query(), beta)
	if refusal != nil {
		return answer{}, refusal
	}
	list := []entity{}
	for _, e := range slices.Backward(t.signInLog) {
		if len(list) < o.top && o.matches(e) && t.now().Sub(e.at) >= t.weather.SignInLogDelay {
			list = append(list, t.signInEntity(e, beta))
		}
	}
	return jsonAnswer(http.StatusOK, graphJSON, entity{
		"@odata.context": "https://" + t.ownHost(c) + "/" + c.segments()[0] + "/$metadata#auditLogs/signIns",
		"value":          list,
	}), nil
}

// signInQuery is what a request for sign-ins asks for.
type signInQuery struct {
	top               int
	kind, appID       string
	principalID, id   string
	not               bool // any kind but that one
	since, until      time.Time
	sinceSet, tillSet bool
}

var (
	eventTypeClause = regexp.MustCompile(`^signInEventTypes/any\((\w+):\s*(\w+) (eq|ne) '(\w+)'\)$`)
	textClause      = regexp.MustCompile(`^(appId|servicePrincipalId|id) eq '([^']*)'$`)
	timeClause      = regexp.MustCompile(`^createdDateTime (ge|le) (\S+)$`)
)

// signInOptions reads the query options. Without an event type Graph shows
// interactive sign-ins only.
func signInOptions(q url.Values, beta bool) (signInQuery, *graphError) {
	o := signInQuery{top: 1000, kind: "interactiveUser"}
	invalid := deny(http.StatusBadRequest, "BadRequest", "Invalid filter clause")
	for name, values := range q {
		switch name {
		case "$top":
			n, err := strconv.Atoi(values[0])
			if err != nil || n < 1 || n > 1000 {
				return o, badRequest("Invalid page size specified: '%s'. Must be between 1 and 1000 inclusive.",
					values[0])
			}
			o.top = n
		case "$filter":
			for _, clause := range strings.Split(values[0], " and ") {
				if !o.read(strings.TrimSpace(strings.Trim(clause, "() ")), strings.TrimSpace(clause), beta) {
					return o, invalid
				}
			}
		case "$orderby":
			if values[0] != "createdDateTime desc" {
				return o, invalid
			}
		default:
			return o, badRequest("The query option '%s' is not supported here.", name)
		}
	}
	return o, nil
}

// read takes one clause of the filter, bare and as it was written.
func (o *signInQuery) read(bare, clause string, beta bool) bool {
	whole := strings.TrimPrefix(clause, "(")
	if strings.HasPrefix(clause, "(") {
		whole = strings.TrimSuffix(whole, ")")
	}
	if m := eventTypeClause.FindStringSubmatch(whole); m != nil {
		o.not, o.kind = m[3] == "ne", m[4]
		return beta && m[1] == m[2]
	}
	if m := textClause.FindStringSubmatch(bare); m != nil {
		*map[string]*string{"appId": &o.appID, "servicePrincipalId": &o.principalID, "id": &o.id}[m[1]] = m[2]
		return m[1] != "servicePrincipalId" || beta
	}
	m := timeClause.FindStringSubmatch(bare)
	if m == nil {
		return false
	}
	at, err := time.Parse(time.RFC3339, m[2])
	if m[1] == "ge" {
		o.since, o.sinceSet = at, true
	} else {
		o.until, o.tillSet = at, true
	}
	return err == nil
}

func (o signInQuery) matches(e signInEvent) bool {
	like := func(want, got string) bool { return want == "" || strings.EqualFold(want, got) }
	return (e.kind == o.kind) != o.not && like(o.appID, e.appID) && like(o.principalID, e.principalID) &&
		like(o.id, e.id) &&
		(!o.sinceSet || !e.at.Before(o.since)) && (!o.tillSet || !e.at.After(o.until))
}

func (t *Tenant) signInEntity(e signInEvent, beta bool) entity {
	var reason any
	if e.reason != "" {
		reason = e.reason
	}
	x := entity{
		"id": e.id, "createdDateTime": e.at.Format(time.RFC3339), "appDisplayName": e.app, "appId": e.appID,
		"ipAddress":     "192.0.2.17",
		"clientAppUsed": "", "correlationId": e.correlation, "conditionalAccessStatus": "notApplied",
		"isInteractive": e.account != nil,
		"riskDetail":    "none", "riskLevelAggregated": "none", "riskLevelDuringSignIn": "none", "riskState": "none",
		"riskEventTypes_v2": []string{}, "resourceDisplayName": e.resource, "resourceId": apiID(e.resource),
		"status":       entity{"errorCode": e.code, "failureReason": reason, "additionalDetails": nil},
		"deviceDetail": entity{"deviceId": "", "displayName": "", "operatingSystem": "", "browser": ""},
		"location":     entity{"city": "", "state": "", "countryOrRegion": "US", "geoCoordinates": entity{}},
		"userId":       "", "userDisplayName": "", "userPrincipalName": "", "appliedConditionalAccessPolicies": []any{},
	}
	if e.account != nil {
		x["userId"], x["userDisplayName"], x["userPrincipalName"] = e.account.id, e.account.Name, e.account.Username
	}
	if beta {
		credential := "none"
		if e.account == nil {
			credential = "clientSecret"
		}
		x["signInEventTypes"] = []string{e.kind}
		x["servicePrincipalId"], x["servicePrincipalName"] = e.principalID, e.app
		x["servicePrincipalCredentialKeyId"], x["servicePrincipalCredentialThumbprint"] = e.keyID, ""
		x["clientCredentialType"] = credential
		if e.account != nil {
			x["servicePrincipalId"], x["servicePrincipalName"] = "", nil
		}
	}
	return x
}
