package m365

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"palmail/sandbox/contracttest"
)

const (
	graphSP  = "77777777-0000-4000-8000-000000000001"
	someApp  = "77777777-0000-4000-8000-0000000000a1"
	someSP   = "77777777-0000-4000-8000-0000000000b1"
	someKey  = "77777777-0000-4000-8000-0000000000c1"
	grantOne = "hx8TTEfSpEKYtjCJtKbTm3gVPhNx0vdFhm7h4bGvBfY"
	palURI   = "https://pal.agency.gov/foia/connectors/SMTP.aspx"
)

type object = map[string]any

// fakeDirectory is a directory with one app at most, as far as the calls need it.
type fakeDirectory struct {
	mu    sync.Mutex
	app   object // nil: none
	sp    bool
	grant bool
	// intercept can answer instead of the fake directory.
	intercept func(w http.ResponseWriter, r *http.Request, body string) bool
	requests  []recordedRequest
}

func anApp() object {
	return object{
		"id": someApp, "appId": testApp, "displayName": "PAL email", "signInAudience": "AzureADMyOrg",
		"createdDateTime":        "2026-11-01T10:00:00Z",
		"isFallbackPublicClient": nil, "publicClient": object{"redirectUris": []any{}},
		"web": object{"redirectUris": []any{palURI}, "homePageUrl": nil, "logoutUrl": nil},
		"requiredResourceAccess": []any{object{"resourceAppId": GraphAppID, "resourceAccess": []any{
			object{"id": MailSendRoleID, "type": "Role"},
			object{"id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "type": "Scope"},
		}}},
		"passwordCredentials": []any{object{
			"keyId": someKey, "displayName": "PAL mail 2026-05", "hint": "abc", "secretText": nil,
			"customKeyIdentifier": nil,
			"startDateTime":       "2026-05-01T10:00:00Z", "endDateTime": "2027-05-01T10:00:00Z",
		}},
	}
}

func (o *fakeDirectory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.requests = append(o.requests, recordedRequest{r.Method, r.URL.RequestURI(), string(raw), r.Header.Clone()})
	w.Header().Set("request-id", "req-1")
	w.Header().Set("client-request-id", r.Header.Get("client-request-id"))
	if o.intercept != nil && o.intercept(w, r, string(raw)) {
		return
	}
	var body object
	_ = json.Unmarshal(raw, &body)
	path := strings.TrimPrefix(r.URL.Path, "/v1.0")
	switch r.Method + " " + path {
	case "GET /organization":
		answerList(w, "organization", object{"id": testTenant, "displayName": "Agency", "verifiedDomains": []any{
			object{
				"name": "agency.onmicrosoft.com", "isDefault": false, "isInitial": true, "type": "Managed",
				"capabilities": "Email",
			},
			object{
				"name": "agency.gov", "isDefault": true, "isInitial": false, "type": "Managed", "capabilities": "Email",
			},
		}})
	case "GET /applications":
		if o.app == nil {
			answerList(w, "applications")
			return
		}
		answerList(w, "applications", o.app)
	case "GET /applications(appId='" + testApp + "')", "GET /applications/" + someApp:
		o.answerObject(w, o.app, "applications")
	case "POST /applications":
		o.app = anApp()
		for k, v := range body {
			o.app[k] = v
		}
		o.app["@odata.context"] = "https://graph.microsoft.com/v1.0/$metadata#applications/$entity"
		answerJSON(w, 201, o.app)
	case "PATCH /applications/" + someApp:
		for k, v := range body {
			o.app[k] = v
		}
		w.WriteHeader(204)
	case "DELETE /applications/" + someApp:
		o.app = nil
		w.WriteHeader(204)
	case "POST /applications/" + someApp + "/addPassword":
		asked := body["passwordCredential"].(object)
		answerJSON(w, 200, object{
			"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.passwordCredential",
			"keyId":          someKey, "displayName": asked["displayName"], "hint": "abc", "secretText": testSecret,
			"customKeyIdentifier": nil,
			"startDateTime":       "2026-11-23T10:00:00Z", "endDateTime": asked["endDateTime"],
		})
	case "POST /applications/" + someApp + "/removePassword":
		w.WriteHeader(204)
	default:
		o.principals(w, r.Method+" "+path, body)
	}
}

func (o *fakeDirectory) principals(w http.ResponseWriter, call string, body object) {
	granted := object{
		"id": grantOne, "deletedDateTime": nil, "appRoleId": MailSendRoleID, "createdDateTime": "2026-11-23T10:00:00Z",
		"principalDisplayName": "PAL email",
		"principalId":          someSP, "principalType": "ServicePrincipal", "resourceDisplayName": "Microsoft Graph",
		"resourceId": graphSP,
	}
	principal := object{"id": someSP, "appId": testApp, "displayName": "PAL email", "accountEnabled": true}
	switch call {
	case "GET /servicePrincipals(appId='" + testApp + "')":
		if !o.sp {
			principal = nil
		}
		o.answerObject(w, principal, "servicePrincipals")
	case "GET /servicePrincipals(appId='" + GraphAppID + "')":
		role := func(id, value, member string) object {
			return object{
				"id": id, "value": value, "allowedMemberTypes": []any{member}, "isEnabled": true, "displayName": value,
				"description": value, "origin": "Application",
			}
		}
		o.answerObject(w, object{"id": graphSP, "appId": GraphAppID, "displayName": "Microsoft Graph",
			"accountEnabled": true, "appRoles": []any{
				role("810c84a8-4a9e-49e6-bf7d-12d183f40d01", "Mail.Read", "Application"),
				role(testApp, "Mail.Send", "User"), role(MailSendRoleID, "Mail.Send", "Application"),
			}}, "servicePrincipals")
	case "POST /servicePrincipals":
		o.sp = true
		principal["@odata.context"] = "https://graph.microsoft.com/v1.0/$metadata#servicePrincipals/$entity"
		answerJSON(w, 201, principal)
	case "GET /servicePrincipals/" + someSP + "/appRoleAssignments":
		if !o.grant {
			answerList(w, "appRoleAssignments")
			return
		}
		answerList(w, "appRoleAssignments", granted)
	case "POST /servicePrincipals/" + graphSP + "/appRoleAssignedTo":
		o.grant = true
		granted["principalId"], granted["appRoleId"] = body["principalId"], body["appRoleId"]
		granted["@odata.context"] = "https://graph.microsoft.com/v1.0/$metadata#appRoleAssignments/$entity"
		answerJSON(w, 201, granted)
	case "DELETE /servicePrincipals/" + someSP + "/appRoleAssignments/" + grantOne:
		o.grant = false
		w.WriteHeader(204)
	case "DELETE /servicePrincipals/" + someSP:
		o.sp = false
		w.WriteHeader(204)
	case "GET /policies/defaultAppManagementPolicy":
		graphError(w, 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
	case "GET /users/" + testMailbox:
		o.answerObject(w, object{
			"id": testUser, "displayName": "No Reply", "userPrincipalName": testMailbox, "mail": testMailbox,
			"userType": "Member", "accountEnabled": false,
			"assignedPlans": []any{}, "proxyAddresses": []any{"smtp:alias@agency.gov", "SMTP:" + testMailbox},
		}, "users")
	default:
		o.answerObject(w, nil, "")
	}
}

func (o *fakeDirectory) answerObject(w http.ResponseWriter, v object, set string) {
	if v == nil {
		graphError(w, 404, "Request_ResourceNotFound",
			"Resource does not exist or one of its queried reference-property objects are not present.")
		return
	}
	out := object{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#" + set + "/$entity"}
	for k, one := range v {
		out[k] = one
	}
	answerJSON(w, 200, out)
}

func answerList(w http.ResponseWriter, set string, v ...object) {
	all := []object{}
	answerJSON(w, 200, object{
		"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#" + set, "value": append(all, v...),
	})
}

// admin is an Admin in front of the fake directory.
func (o *fakeDirectory) admin(t testing.TB) *Admin {
	t.Helper()
	return adminOf(commercialClient(t, inMemory(o.ServeHTTP)))
}

// writes returns the calls that changed something, in order.
func (o *fakeDirectory) writes() (list []string) {
	for _, c := range o.requests {
		if c.Method != http.MethodGet {
			list = append(list, fmt.Sprintf("%s %s %s", c.Method, c.URL, c.Body))
		}
	}
	return list
}

// recordedAdmin is an Admin whose calls are recorded for the contract check.
func (o *fakeDirectory) recordedAdmin(t testing.TB) (*Admin, *contracttest.Recorder) {
	t.Helper()
	r := &contracttest.Recorder{Next: inMemory(o.ServeHTTP)}
	return adminOf(commercialClient(t, r)), r
}
