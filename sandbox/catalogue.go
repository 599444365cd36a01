package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// api is one of the APIs whose permissions the tenant knows.
type api struct {
	name, appID string
}

var apis = []api{{MicrosoftGraph, graphAppID}, {ExchangeOnline, exchangeAppID}}

func apiWithID(appID string) string {
	for _, a := range apis {
		if a.appID == strings.ToLower(appID) {
			return a.name
		}
	}
	return ""
}

func apiID(name string) string {
	for _, a := range apis {
		if a.name == name {
			return a.appID
		}
	}
	return name // an unknown API is named by its ID
}

// known permissions with their IDs, by API and kind; those that people mistake
// for Mail.Send are among them. IDs of Microsoft Graph: permissions-descriptions.json
// of microsoft-graph-devx-content, and public app manifests for the mail
// permissions. An empty ID stands for one that no public source gives, which is
// made up from the name.
var permissionIDs = map[string]map[string]map[string]string{
	MicrosoftGraph: {
		Application: {
			"Mail.Send":                              "b633e1c5-b582-4048-a93e-9f11b44c7e96",
			"Mail.Read":                              "810c84a8-4a9e-49e6-bf7d-12d183f40d01",
			"Mail.ReadBasic.All":                     "693c5e45-0940-467d-9b8a-1022fb9d42ef",
			"Mail.ReadWrite":                         "e2a3a72e-5f79-4c64-b1b1-878b674786c9",
			"User.Read.All":                          "df021288-bdef-4463-88db-98f22de89214",
			"Directory.Read.All":                     "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
			"Application.Read.All":                   "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
			"Application.ReadWrite.All":              "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
			"Application.ReadWrite.OwnedBy":          "18a4783c-866b-4cc7-a460-3d5e5662c884",
			"AppRoleAssignment.ReadWrite.All":        "06b708a9-e830-4db3-a914-8e69da51d44f",
			"DelegatedPermissionGrant.ReadWrite.All": "8e8e4742-1d95-4f68-9d56-6ee75648c72a",
			"Organization.Read.All":                  "498476ce-e0fe-48b0-b801-37ba7e2685c6",
			"Policy.Read.All":                        "246dd0d5-5bd0-4def-940b-0421030a5b68",
			"RoleManagement.Read.Directory":          "483bed4a-2ad3-4361-a73b-c83ccdbdc53c",
			"AuditLog.Read.All":                      "b0afded3-3588-46d8-8b3d-9842eff778da",
		},
		Delegated: {
			"Mail.Send":                              "e383f46e-2787-4529-855e-0e479a3ffac0",
			"Mail.Send.Shared":                       "a367ab51-6b49-43bf-a716-a1fb06d2a174",
			"Mail.Read":                              "570282fd-fa5c-430d-a7fd-fc8dc98a9dca",
			"Mail.ReadWrite":                         "024d486e-b451-40bb-833d-3e66d98c5c73",
			"SMTP.Send":                              "258f6531-6087-4cc4-bb90-092c5fb3ed3f",
			"User.Read":                              "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
			"User.ReadBasic.All":                     "b340eb25-3456-403f-be2f-af7a0d370277",
			"User.Read.All":                          "a154be20-db9c-4678-8ab7-66f6cc099a59",
			"Directory.Read.All":                     "06da0dbc-49e2-44d2-8312-53f166ab848a",
			"Directory.AccessAsUser.All":             "0e263e50-5827-48a4-b97c-d940288653c7",
			"Application.Read.All":                   "c79f8feb-a9db-4090-85f9-90d820caa0eb",
			"Application.ReadWrite.All":              "bdfbf15f-ee85-4955-8675-146e8e5296b5",
			"AppRoleAssignment.ReadWrite.All":        "84bccea3-f856-4a8a-967b-dbe0a3d53a64",
			"DelegatedPermissionGrant.ReadWrite.All": "41ce6ca6-6826-4807-84f1-1c82854f7ee5",
			"Organization.Read.All":                  "4908d5b9-3fb2-4b1e-9336-1888b7937185",
			"Policy.Read.All":                        "572fea84-0151-49b2-9301-11cb16974376",
			"RoleManagement.Read.Directory":          "741c54c3-0c1e-44a1-818b-3f97ab4e8c83",
			"AuditLog.Read.All":                      "e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20",
			"openid":                                 "37f7f235-527c-4136-accd-4a02d197296e",
			"profile":                                "14dad69e-099b-42c9-810b-d002981feec1",
			"email":                                  "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0",
			"offline_access":                         "7427e0e9-2fba-42fe-b0c0-848c9e6a8182",
		},
	},
	ExchangeOnline: {
		Application: {
			"Mail.Send": "b633e1c5-b582-4048-a93e-9f11b44c7e96", "Mail.Read": "810c84a8-4a9e-49e6-bf7d-12d183f40d01",
			"Mail.ReadWrite":       "e2a3a72e-5f79-4c64-b1b1-878b674786c9",
			"Exchange.ManageAsApp": "dc50a0fb-09a3-484d-be87-e023b12c6440",
			"full_access_as_app":   "dc890d15-9560-4a4c-9b7f-a736ec74ec40", "SMTP.SendAsApp": "",
		},
		Delegated: {"Mail.Send": "", "Mail.Read": "", "Mail.ReadWrite": "", "EWS.AccessAsUser.All": ""},
	},
}

// userConsentable are the delegated permissions of Graph that any user can
// consent to (the "admin consent: no" rows of Microsoft's data).
var userConsentable = []string{
	"Mail.Send", "Mail.Send.Shared", "Mail.Read", "Mail.ReadWrite", "SMTP.Send", "User.Read", "User.ReadBasic.All",
	"openid", "profile", "email", "offline_access",
}

// permissionID returns the ID of a permission, "" if there is none of that name.
func permissionID(api, kind, name string) string {
	id, has := permissionIDs[api][kind][name]
	switch {
	case has && id != "":
		return id
	case has:
		b := sha256.Sum256([]byte(api + "|" + kind + "|" + name))
		b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
		return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
	case isGUID(name):
		return name // an unknown one is named by its ID
	}
	return ""
}

// permissionWithID returns the permission of that ID; one that the tenant does
// not know goes by its ID.
func permissionWithID(appID, kind, id string) Permission {
	p := Permission{API: apiWithID(appID), Kind: kind, Name: strings.ToLower(id)}
	if p.API == "" {
		p.API = strings.ToLower(appID)
	}
	for name := range permissionIDs[p.API][kind] {
		if permissionID(p.API, kind, name) == strings.ToLower(id) {
			p.Name = name
		}
	}
	return p
}

// permissionNames lists an API's permissions of a kind in order.
func permissionNames(api, kind string) []string {
	var out []string
	for name := range permissionIDs[api][kind] {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// principalOf is the object ID of an API's service principal here: it differs
// from tenant to tenant.
func (t *Tenant) principalOf(api string) string { return t.derived("principal", api) }

// assignmentID makes the ID of a new app role assignment, in Graph's form: the
// principal's bytes and others. t.mu is held.
func (t *Tenant) assignmentID(a *app, p Permission) string {
	principal, err := hex.DecodeString(strings.ReplaceAll(a.spID, "-", ""))
	if err != nil {
		principal = nil
	}
	rest := sha256.Sum256([]byte(fmt.Sprint(t.id, a.clientID, p, len(a.grants), t.now().UnixNano())))
	return base64.RawURLEncoding.EncodeToString(append(principal, rest[:16]...))
}
