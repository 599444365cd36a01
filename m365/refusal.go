package m365

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"palmail/diagnose"
)

// What a refusal by the directory means for whoever made the call. The codes
// and texts are those of https://learn.microsoft.com/graph/errors,
// https://learn.microsoft.com/graph/resolve-auth-errors, and of what the
// Terraform provider azuread and the Azure CLI wait out. A page that something
// in between answered with is none of them.

// refusal is what Graph said.
type refusal struct {
	status int
	code   string // lower case
	text   string // code, message and details in lower case
}

func (r refusal) says(parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(r.text, strings.ToLower(p)) {
			return true
		}
	}
	return false
}

func refusalIn(err error) (refusal, bool) {
	var f *diagnose.Failure
	if !errors.As(err, &f) || f.Status < 400 || f.Err != nil {
		return refusal{}, false
	}
	var e struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Details []struct {
				Code    string `json:"code"`
				Message string `json:"message"`
			} `json:"details"`
			Inner struct {
				Code string `json:"code"`
			} `json:"innerError"`
		} `json:"error"`
	}
	if json.Unmarshal([]byte(f.Body), &e) != nil || e.Error.Code == "" {
		return refusal{}, false
	}
	words := []string{e.Error.Code, e.Error.Message, e.Error.Inner.Code}
	for _, d := range e.Error.Details {
		words = append(words, d.Code, d.Message)
	}
	return refusal{f.Status, strings.ToLower(e.Error.Code), strings.ToLower(strings.Join(words, "\n"))}, true
}

// IsNotFound says whether the directory answered that there is no such object.
// Right after it was made that can be a server that has not heard of it yet.
func IsNotFound(err error) bool {
	r, ok := refusalIn(err)
	return ok && (r.status == http.StatusNotFound && strings.Contains(r.code, "notfound") ||
		r.status == http.StatusBadRequest && r.says("no credentials found to be removed", "no password credential found"))
}

// AlreadyExists says whether what was to be made is there already, which is
// success for whoever wanted it there.
func AlreadyExists(err error) bool {
	r, ok := refusalIn(err)
	return ok && (r.status == http.StatusBadRequest || r.status == http.StatusConflict) &&
		r.says("already exists", "is already in use", "request_multipleobjectswithsamekeyvalue")
}

// IsConflict says whether two changes met, so that the same call may be made again.
func IsConflict(err error) bool {
	r, ok := refusalIn(err)
	return ok && (r.status == http.StatusConflict || r.code == "directory_concurrencyviolation") && !AlreadyExists(err)
}

// NotReplicated says whether the call may have met a server that has not heard
// of what was just made: not found, and answers that mean it in other words,
// among them a misleading 403.
func NotReplicated(err error) bool {
	r, ok := refusalIn(err)
	if !ok {
		return false
	}
	switch r.status {
	case http.StatusNotFound:
		return IsNotFound(err)
	case http.StatusBadRequest:
		return r.says("does not reference a valid application object", "not a valid reference update",
			"does not exist or one of its queried reference-property objects", "nobackingapplicationobject")
	case http.StatusForbidden:
		return r.says("the backing application of the service principal being")
	}
	return false
}

// IsDenied says whether the signed-in account may not do this.
func IsDenied(err error) bool {
	r, ok := refusalIn(err)
	return ok && r.status == http.StatusForbidden && !NotReplicated(err) && !SecretsForbidden(err) && !SecretLifetimeRefused(err)
}

// SignedOut says whether the sign-in has ended: by a policy, a new password,
// or because it was revoked. Signing in again is all that helps.
func SignedOut(err error) bool {
	var f *diagnose.Failure
	if !errors.As(err, &f) {
		return false
	}
	if errors.Is(err, ErrSignInEnded) {
		return true
	}
	if f.Stage == diagnose.StageSignIn && f.Status == http.StatusBadRequest {
		var e struct {
			Error string `json:"error"`
		}
		return json.Unmarshal([]byte(f.Body), &e) == nil && (e.Error == "invalid_grant" || e.Error == "interaction_required")
	}
	_, ok := refusalIn(err)
	return ok && f.Status == http.StatusUnauthorized
}

// Unclear says whether err leaves open that the call was carried out: the
// answer was lost, came from in between, or did not say what was made. Whoever
// repeats a call that makes something has to look first.
func Unclear(err error) bool { return SendUnclear(err) }

// SecretLifetimeRefused says whether the tenant's policy wants the secret to end sooner
// (https://learn.microsoft.com/entra/identity/enterprise-apps/configure-app-management-policies).
func SecretLifetimeRefused(err error) bool {
	r, ok := refusalIn(err)
	return ok && r.says("CredentialInvalidLifetimeAsPerAppPolicy", "InvalidKeyEndDate")
}

// SecretsForbidden says whether the tenant's policy allows no client secrets.
func SecretsForbidden(err error) bool {
	r, ok := refusalIn(err)
	return ok && r.says("CredentialTypeNotAllowed")
}
