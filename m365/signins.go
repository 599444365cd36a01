package m365

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"palmail/diagnose"
)

// SecretUse is a successful sign-in of an app with a secret.
type SecretUse struct {
	KeyID string
	At    time.Time
}

// SecretUses are sign-ins of an app with its secrets. The log shows a sign-in
// some minutes after it.
type SecretUses struct {
	All   []SecretUse // the newest first
	Since time.Time   // from when on the log was read
}

// SignInLogDays is how long sign-ins are kept with a Microsoft Entra ID P1 or P2 licence
// (https://learn.microsoft.com/entra/identity/monitoring-health/reference-reports-data-retention).
const SignInLogDays = 30

const (
	signInsTimeout = 20 * time.Second
	signInsPerPage = "100"
	signInPages    = 5
)

const scopeAuditLog = "AuditLog.Read.All"

// CanAskSignIns says whether the token has the permission to read the sign-in
// logs. The account needs a role that can read them too, such as Reports Reader, and
// the tenant a P1 licence: SecretUses fails without them.
func (a *Admin) CanAskSignIns() bool {
	return slices.ContainsFunc(a.account.Scopes, func(s string) bool { return strings.EqualFold(s, scopeAuditLog) })
}

// wireSignIn is a part of the JSON of a sign-in
// (https://learn.microsoft.com/graph/api/resources/signin?view=graph-rest-beta).
type wireSignIn struct {
	Created time.Time `json:"createdDateTime"`
	KeyID   string    `json:"servicePrincipalCredentialKeyId"`
	Status  struct {
		Code int `json:"errorCode"`
	} `json:"status"`
}

// SecretUses reads from the sign-in log when the app signed in with which secret,
// not before since. Only the beta of Graph lists the sign-ins of apps
// (https://learn.microsoft.com/graph/api/signin-list?view=graph-rest-beta), which can
// change or be missing in a cloud, so an error is no reason to stop. It reads at
// most 500 sign-ins, the newest first, and returns after 20 seconds at most.
func (a *Admin) SecretUses(ctx context.Context, clientID string, since time.Time) (SecretUses, error) {
	ctx, cancel := context.WithTimeout(ctx, signInsTimeout)
	defer cancel()
	if !IsGUID(clientID) {
		return SecretUses{}, a.localFailure(ctx, diagnose.StageSecret, errNoClientID)
	}
	uses := SecretUses{Since: since.UTC().Truncate(time.Second)}
	q := request{
		stage: diagnose.StageSecret, method: http.MethodGet, path: "/auditLogs/signIns", beta: true,
		query: queryOptions("$filter", "(signInEventTypes/any(t: t eq 'servicePrincipal')) and appId eq '"+clientID+
			"' and createdDateTime ge "+uses.Since.Format(time.RFC3339),
			"$orderby", "createdDateTime desc", "$top", signInsPerPage),
	}
	read := uses.Since
	for range signInPages {
		var page struct {
			Value []wireSignIn `json:"value"`
			Next  string       `json:"@odata.nextLink"`
		}
		if err := a.call(ctx, q, &page); err != nil {
			return SecretUses{}, err
		}
		oldest := uses.Since
		for _, one := range page.Value {
			oldest = one.Created.UTC()
			id := strings.ToLower(cleanName(one.KeyID))
			if id != "" && one.Status.Code == 0 {
				uses.All = append(uses.All, SecretUse{id, oldest})
			}
		}
		if page.Next == "" {
			return uses, nil
		}
		path, query, err := a.nextOf("/beta", page.Next)
		if err != nil {
			return SecretUses{}, a.localFailure(ctx, q.stage, err)
		}
		q.path, q.query = path, query
		read = oldest
	}
	uses.Since = read // older pages were not read
	return uses, nil
}
