package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// exchangePlan is the service plan EXCHANGE_S_ENTERPRISE
// (entra-docs licensing-service-plan-reference.md).
const exchangePlan = "efb87545-963c-4e0d-99df-69c6916d9eb0"

// userKind has those properties of microsoft.graph.user that are practised; it
// shows what Graph shows when nothing is selected.
var userKind = kind{
	set: "users", of: "user",
	props: strings.Fields(`
id deletedDateTime accountEnabled assignedLicenses assignedPlans businessPhones city companyName
country createdDateTime creationType department displayName employeeId externalUserState givenName
jobTitle mail mailNickname mobilePhone officeLocation onPremisesSyncEnabled otherMails
passwordPolicies postalCode preferredLanguage provisionedPlans proxyAddresses showInAddressList
state streetAddress surname usageLocation userPrincipalName userType`),
	shown: strings.Fields(`
businessPhones displayName givenName jobTitle mail mobilePhone officeLocation preferredLanguage
surname userPrincipalName id`),
}

var organizationKind = kind{set: "organization", of: "organization",
	props: strings.Fields(`
id deletedDateTime assignedPlans businessPhones city country countryLetterCode createdDateTime
defaultUsageLocation displayName marketingNotificationEmails mobileDeviceManagementAuthority
onPremisesLastSyncDateTime onPremisesSyncEnabled partnerTenantType postalCode preferredLanguage
privacyProfile provisionedPlans securityComplianceNotificationMails
securityComplianceNotificationPhones state street technicalNotificationMails tenantType
verifiedDomains`)}

var roleKind = kind{
	set: "directoryObjects", of: "directoryObject", props: []string{
		"id", "deletedDateTime", "description", "displayName", "roleTemplateId",
	},
}

const tenantCreated = "2019-03-14T15:09:26Z"

// organization shows the caller's own tenant. Without a permission that says
// more, most of it is null (graph-docs organization-list.md).
func (t *Tenant) organization(c *call, b caller) (answer, *graphError) {
	if c.method != http.MethodGet {
		return answer{}, wrongMethod()
	}
	o, refusal := options(c.url.Query(), true)
	if refusal != nil {
		return answer{}, refusal
	}
	if !b.hasAny(toReadTenant) {
		return answer{}, denied()
	}
	id, name, domain, first := t.id, t.org, t.domain, t.firstDomain()
	if b.Tid != t.id {
		id, name, domain = t.neighbour.id, t.neighbour.org, t.neighbour.domain
		label, _, _ := strings.Cut(domain, ".")
		first = label + "." + t.home().initial
	}
	return t.many(c, organizationKind, []entity{{
		"id": id, "deletedDateTime": nil, "displayName": name, "createdDateTime": tenantCreated, "tenantType": "AAD",
		"assignedPlans":  []any{},
		"businessPhones": []any{}, "city": nil, "country": nil, "countryLetterCode": "US", "defaultUsageLocation": nil,
		"marketingNotificationEmails":     []any{},
		"mobileDeviceManagementAuthority": "unknown", "onPremisesLastSyncDateTime": nil, "onPremisesSyncEnabled": nil,
		"partnerTenantType": nil,
		"postalCode":        nil, "preferredLanguage": "en", "privacyProfile": nil, "provisionedPlans": []any{},
		"securityComplianceNotificationMails":  []any{},
		"securityComplianceNotificationPhones": []any{}, "state": nil, "street": nil,
		"technicalNotificationMails": []any{},
		"verifiedDomains": []entity{
			{
				"capabilities": "Email, OfficeCommunicationsOnline", "isDefault": false, "isInitial": true,
				"name": first, "type": "Managed",
			},
			{
				"capabilities": "Email, OfficeCommunicationsOnline", "isDefault": true, "isInitial": false,
				"name": domain, "type": "Managed",
			},
		},
	}}, o), nil
}

// user answers for one account and the roles it has. An account is found by
// its user principal name or object ID; aliases and groups are none.
func (t *Tenant) user(c *call, b caller, name string, rest []string) (answer, *graphError) {
	for len(rest) > 0 && rest[len(rest)-1] == "" {
		rest = rest[:len(rest)-1]
	}
	myself := b.account != nil && (name == b.account.id || strings.EqualFold(name, b.account.Username))
	may := b.hasAny(toReadUsers) || myself && b.hasAny(toReadMyself)
	what := strings.Join(rest, "/")
	roles := slices.Contains([]string{
		"memberOf", "transitiveMemberOf", "memberOf/microsoft.graph.directoryRole",
		"transitiveMemberOf/microsoft.graph.directoryRole",
	}, what)
	if what == "sendMail" {
		return answer{}, deny(http.StatusForbidden, "ErrorAccessDenied",
			"Access is denied. Check credentials and try again.")
	}
	if what != "" && !roles {
		return answer{}, denied()
	}
	if c.method != http.MethodGet {
		return answer{}, wrongMethod()
	}
	o, refusal := options(c.url.Query(), roles)
	switch {
	case refusal != nil:
		return answer{}, refusal
	case !may:
		return answer{}, denied()
	}
	who, m := t.account(name), t.mailboxNamed(name)
	if who != nil && who.tenant != b.Tid {
		who = nil
	}
	if m == nil && who != nil && !who.Elsewhere {
		m = t.mailboxNamed(who.id)
	}
	if who == nil && m == nil {
		return answer{}, notFound(name)
	}
	if !roles {
		return t.one(c, http.StatusOK, userKind, t.userEntity(who, m), o), nil
	}
	var all []entity
	if who != nil {
		for _, r := range who.Roles {
			all = append(all, entity{
				"@odata.type": "#microsoft.graph.directoryRole", "id": t.derived("role", r), "deletedDateTime": nil,
				"description": "Practice description of " + r + ".", "displayName": r,
				"roleTemplateId": roleTemplates[r],
			})
		}
	}
	return t.many(c, roleKind, all, o), nil
}

// userEntity is an account with its mailbox; one of the two can be missing.
func (t *Tenant) userEntity(who *account, m *mailbox) entity {
	x := entity{
		"deletedDateTime": nil, "accountEnabled": true, "assignedLicenses": []any{}, "assignedPlans": []any{},
		"businessPhones":  []any{},
		"createdDateTime": tenantCreated, "mail": nil, "onPremisesSyncEnabled": nil, "otherMails": []any{},
		"provisionedPlans": []any{},
		"proxyAddresses":   []string{}, "userType": "Member", "usageLocation": "US",
	}
	address := ""
	if m != nil {
		address = m.address
		x["id"] = m.id
	}
	local, _, _ := strings.Cut(address, "@")
	x["displayName"], x["mailNickname"], x["userPrincipalName"] = local, local, address
	if who != nil {
		x["id"], x["displayName"], x["userPrincipalName"] = who.id, who.Name, who.Username
		given, surname, _ := strings.Cut(who.Name, " ")
		x["givenName"], x["surname"] = given, surname
		x["mailNickname"], _, _ = strings.Cut(who.Username, "@")
	}
	if m == nil {
		return x
	}
	x["accountEnabled"] = !m.Disabled && !m.Shared
	if m.OnPremises {
		x["onPremisesSyncEnabled"] = true
	}
	if m.Licensed || m.Shared || m.OnPremises {
		x["mail"] = address
		proxies := []string{"SMTP:" + address}
		for _, a := range m.aliases {
			proxies = append(proxies, "smtp:"+a)
		}
		x["proxyAddresses"] = proxies
	}
	if m.Licensed {
		x["assignedPlans"] = []entity{
			{
				"assignedDateTime": tenantCreated, "capabilityStatus": "Enabled", "service": "exchange",
				"servicePlanId": exchangePlan,
			},
		}
	}
	if m.Guest {
		x["userType"] = "Guest"
	}
	return x
}

// policyID is the tenant's app management policy in refusals.
func (t *Tenant) policyID() string { return t.derived("policy") }

// appPolicy shows what the tenant forbids about secrets.
func (t *Tenant) appPolicy(c *call, b caller) (answer, *graphError) {
	if c.method != http.MethodGet {
		return answer{}, wrongMethod()
	}
	o, refusal := options(c.url.Query(), false)
	if refusal != nil {
		return answer{}, refusal
	}
	if !b.hasAny(toReadPolicy) || b.account != nil && len(b.account.Roles) == 0 {
		return answer{}, denied()
	}
	restrictions := []entity{}
	if t.rules.SecretsForbidden {
		restrictions = append(restrictions, entity{
			"restrictionType": "passwordAddition", "maxLifetime": nil, "state": "enabled",
			"restrictForAppsCreatedAfterDateTime": "2019-10-19T10:37:00Z",
		})
	}
	if days := t.rules.SecretMaxDays; days > 0 {
		restrictions = append(restrictions, entity{
			"restrictionType": "passwordLifetime", "maxLifetime": fmt.Sprintf("P%dD", days), "state": "enabled",
			"restrictForAppsCreatedAfterDateTime": "2019-10-19T10:37:00Z",
		})
	}
	k := kind{set: "policies/defaultAppManagementPolicy", of: "tenantAppManagementPolicy",
		props: []string{
			"id", "deletedDateTime", "displayName", "description", "isEnabled", "applicationRestrictions",
			"servicePrincipalRestrictions",
		}}
	return t.one(c, http.StatusOK, k, entity{
		"id": "00000000-0000-0000-0000-000000000000", "displayName": "Default app management tenant policy",
		"description": "Default tenant policy that enforces app management restrictions on " +
			"applications and service principals. To apply policy to targeted resources, create a new policy under " +
			"appManagementPolicies collection.",
		"isEnabled":                    len(restrictions) > 0,
		"applicationRestrictions":      entity{"passwordCredentials": restrictions, "keyCredentials": []any{}},
		"servicePrincipalRestrictions": entity{"passwordCredentials": []any{}, "keyCredentials": []any{}},
	}, o), nil
}
