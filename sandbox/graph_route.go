package sandbox

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// known are the first segments of the directory's paths.
var known = []string{
	"applications", "auditLogs", "servicePrincipals", "organization", "users", "oauth2PermissionGrants", "policies",
	"groups", "directory", "directoryRoles", "domains",
}

// directoryAnswer answers for the directory. t.mu is held.
func (t *Tenant) directoryAnswer(c *call, claims claims, path []string) answer {
	b := t.caller(claims)
	for len(path) < 3 {
		path = append(path, "")
	}
	set, key, _ := strings.Cut(path[0], "(")
	if set == "me" {
		if b.account == nil {
			return t.graphRefusal(c, deny(http.StatusBadRequest, "BadRequest",
				"/me request is only valid with delegated authentication flow."))
		}
		set, path = "users", append([]string{"users", b.account.id}, path[1:]...)
	}
	if !slices.Contains(known, set) || len(path) > 5 {
		return t.graphRefusal(c, deny(http.StatusNotFound, "ResourceNotFound", "Resource could not be discovered."))
	}
	var a answer
	var refusal *graphError
	switch {
	case claims.Tid != t.id && set != "organization" && (set != "users" || path[1] != b.account.id):
		refusal = denied() // nothing of the neighbour's is practised
	case set == "applications" && key != "":
		a, refusal = t.application(c, b, key, path[1:])
	case set == "applications" && path[1] != "":
		a, refusal = t.application(c, b, path[1], path[2:])
	case set == "applications":
		a, refusal = t.applications(c, b)
	case set == "servicePrincipals" && key != "":
		a, refusal = t.principal(c, b, key, path[1:])
	case set == "servicePrincipals" && path[1] != "":
		a, refusal = t.principal(c, b, path[1], path[2:])
	case set == "servicePrincipals":
		a, refusal = t.principals(c, b)
	case set == "users" && path[1] != "":
		a, refusal = t.user(c, b, path[1], path[2:])
	case set == "organization" && path[1] == "":
		a, refusal = t.organization(c, b)
	case set == "policies" && path[1] == "defaultAppManagementPolicy" && path[2] == "":
		a, refusal = t.appPolicy(c, b)
	case set == "auditLogs" && path[1] == "signIns":
		a, refusal = t.signIns(c, b, path[2])
	case set == "directory" && path[1] == "deletedItems":
		a, refusal = t.deletedItems(c, b, path[2:])
	case set == "oauth2PermissionGrants" && path[1] == "":
		a, refusal = t.delegatedGrants(c, b)
	default:
		refusal = denied() // no token here holds what the others need
	}
	if refusal != nil {
		return t.graphRefusal(c, refusal)
	}
	return a
}

var alternateForm = regexp.MustCompile(`^(\w+)='((?:[^']|'')*)'\)$`)

// alternateKey reads what stands after the parenthesis of an address such as
// applications(appId='…').
func alternateKey(key string) (property, value string, ok bool) {
	m := alternateForm.FindStringSubmatch(key)
	if m == nil {
		return "", "", false
	}
	return m[1], strings.ReplaceAll(m[2], "''", "'"), true
}

func wrongMethod() *graphError {
	return deny(http.StatusMethodNotAllowed, "Request_BadRequest",
		"Specified HTTP method is not allowed for the request target.")
}

// noContent is an answer without a body.
func noContent() answer { return newAnswer(http.StatusNoContent) }
