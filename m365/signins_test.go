package m365

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// signInsOf answers pages of sign-ins, and counts the requests.
func signInsOf(t *testing.T, page func(n int) object) (*Admin, *[]*http.Request) {
	t.Helper()
	var requests []*http.Request
	return adminOf(commercialClient(t, inMemory(func(w http.ResponseWriter, r *http.Request) {
		requests = append(requests, r)
		answerJSON(w, http.StatusOK, page(len(requests)))
	}))), &requests
}

func signInAt(at time.Time, keyID string, code int) object {
	return object{
		"createdDateTime": at.Format(time.RFC3339), "servicePrincipalCredentialKeyId": keyID,
		"status": object{"errorCode": code},
	}
}

// Only the beta lists an app's sign-ins; those that failed, and those without a key, do not count.
func TestSecretUses(t *testing.T) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	a, requests := signInsOf(t, func(int) object {
		return object{"value": []any{
			signInAt(at, "", 0), signInAt(at.Add(-time.Hour), "AAAA", 0), signInAt(at.Add(-2*time.Hour), "bbbb", 7000222),
			signInAt(at.Add(-3*time.Hour), "bbbb", 0),
		}}
	})
	since := at.AddDate(0, 0, -30)
	got, err := a.SecretUses(t.Context(), testApp, since)
	if err != nil || fmt.Sprint(got.All) != fmt.Sprint([]SecretUse{
		{"aaaa", at.Add(-time.Hour)}, {"bbbb", at.Add(-3 * time.Hour)},
	}) || !got.Since.Equal(since) {
		t.Errorf("%+v, %v", got, err)
	}
	u := (*requests)[0].URL
	if u.Path != "/beta/auditLogs/signIns" || u.Query().Get("$filter") !=
		"(signInEventTypes/any(t: t eq 'servicePrincipal')) and appId eq '"+testApp+
			"' and createdDateTime ge 2026-10-21T12:00:00Z" || u.Query().Get("$orderby") != "createdDateTime desc" {
		t.Errorf("asked %s", u)
	}
	if _, err := a.SecretUses(t.Context(), "not an ID' or 1 eq 1", since); err == nil || len(*requests) != 1 {
		t.Errorf("%v, %d requests", err, len(*requests))
	}
}

// A long log is read in a bounded number of pages, on Graph's beta only, and says how far it was read.
func TestSecretUsesAreBounded(t *testing.T) {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for next, fails := range map[string]bool{
		"https://graph.microsoft.com/beta/auditLogs/signIns?$skiptoken=1": false,
		"https://graph.microsoft.com/v1.0/auditLogs/signIns?$skiptoken=1": true,
		"https://elsewhere.example/beta/auditLogs/signIns?$skiptoken=1":   true,
	} {
		a, requests := signInsOf(t, func(n int) object {
			return object{
				"value":           []any{signInAt(at.Add(-time.Duration(n)*time.Hour), strings.Repeat("a", 4), 0)},
				"@odata.nextLink": next,
			}
		})
		got, err := a.SecretUses(t.Context(), testApp, at.AddDate(0, 0, -30))
		switch {
		case fails && (err == nil || len(*requests) != 1):
			t.Errorf("%s: %v after %d requests", next, err, len(*requests))
		case !fails && (err != nil || len(*requests) != signInPages || len(got.All) != signInPages ||
			!got.Since.Equal(at.Add(-4*time.Hour)) && !got.Since.Equal(at.Add(-5*time.Hour))):
			t.Errorf("%v after %d requests: %+v", err, len(*requests), got)
		}
	}
}

// A service that does not answer is given up after a deadline of its own.
func TestSecretUsesHaveADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := adminOf(commercialClient(t, roundTripFunc(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})))
		began := time.Now()
		_, err := a.SecretUses(t.Context(), testApp, began)
		if took := time.Since(began); err == nil || took > signInsTimeout {
			t.Errorf("%v after %v", err, took)
		}
	})
}

func TestCanAskSignIns(t *testing.T) {
	for _, scopes := range [][]string{nil, {"Application.ReadWrite.All"}, {"openid", "AuditLog.Read.All"}} {
		a := &Admin{account: Account{Scopes: scopes}}
		if a.CanAskSignIns() != (len(scopes) == 2) {
			t.Errorf("%v: %v", scopes, a.CanAskSignIns())
		}
	}
}
