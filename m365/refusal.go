package m365

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"palmail/diagnose"
)

// This file classifies refusals by Graph. The codes and texts are those of
// https://learn.microsoft.com/graph/errors and
// https://learn.microsoft.com/graph/resolve-auth-errors, and those that the
// Terraform provider azuread and the Azure CLI retry. An HTML page from a proxy
// or portal is never one of them.

// refusal is an error answer of Graph.
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
// For a new object this can mean that the server has not received it yet.
func IsNotFound(err error) bool {
	r, ok := refusalIn(err)
	return ok && (r.status == http.StatusNotFound && strings.Contains(r.code, "notfound") ||
		r.status == http.StatusBadRequest &&
			r.says("no credentials found to be removed", "no password credential found"))
}

// AlreadyExists says whether a create failed because the object exists already.
func AlreadyExists(err error) bool {
	r, ok := refusalIn(err)
	return ok && (r.status == http.StatusBadRequest || r.status == http.StatusConflict) &&
		r.says("already exists", "is already in use", "request_multipleobjectswithsamekeyvalue")
}

// IsConflict says whether another change got in the way, so that the call can be repeated.
func IsConflict(err error) bool {
	r, ok := refusalIn(err)
	return ok && (r.status == http.StatusConflict || r.code == "directory_concurrencyviolation") && !AlreadyExists(err)
}

// NotReplicated says whether the server may not have received a new object yet:
// it answered "not found", or one of the answers that mean the same, among them
// a misleading 403.
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

// IsDenied says whether the signed-in account is not allowed to do this.
func IsDenied(err error) bool {
	r, ok := refusalIn(err)
	return ok && r.status == http.StatusForbidden && !NotReplicated(err) && !SecretsForbidden(err) &&
		!SecretLifetimeRefused(err)
}

// SignedOut says whether the sign-in has ended: its token has expired, or a
// policy, a new password or an administrator ended it. Only a new sign-in helps.
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
		return json.Unmarshal([]byte(f.Body), &e) == nil &&
			(e.Error == "invalid_grant" || e.Error == "interaction_required")
	}
	_, ok := refusalIn(err)
	return ok && f.Status == http.StatusUnauthorized
}

// Unclear says whether the call may have been carried out despite err: the
// answer was lost, a gateway gave it, or it did not say what was created. Look
// for the object before you repeat such a call.
func Unclear(err error) bool { return SendUnclear(err) }

// SecretLifetimeRefused says whether the tenant's policy requires a shorter lifetime
// (https://learn.microsoft.com/entra/identity/enterprise-apps/configure-app-management-policies).
func SecretLifetimeRefused(err error) bool {
	r, ok := refusalIn(err)
	return ok && r.says("CredentialInvalidLifetimeAsPerAppPolicy", "InvalidKeyEndDate")
}

// SecretsForbidden says whether the tenant's policy forbids client secrets.
func SecretsForbidden(err error) bool {
	r, ok := refusalIn(err)
	return ok && r.says("CredentialTypeNotAllowed")
}
