package m365

import (
	"net/http"
	"net/url"
	"testing"
	"time"
)

// searched answers GET /applications with apps, in one page.
func searched(t *testing.T, refuse func(http.ResponseWriter, url.Values) bool,
	apps ...object) (*Admin, *[]recordedRequest) {
	t.Helper()
	var requests []recordedRequest
	return adminOf(commercialClient(t, inMemory(func(w http.ResponseWriter, r *http.Request) {
		requests = append(requests, recordedRequest{r.Method, r.URL.RequestURI(), "", r.Header.Clone()})
		if refuse == nil || !refuse(w, r.URL.Query()) {
			answerList(w, "applications", apps...)
		}
	}))), &requests
}

func TestAppsWithRedirectURI(t *testing.T) {
	manual := anApp()
	manual["displayName"], manual["uniqueName"] = "FOIA portal mail", "palmail-7h2k9c"
	manual["web"] = object{
		"redirectUris": []any{"https://other.agency.gov/", "https://PAL.agency.gov/foia/connectors/SMTP.aspx"},
	}
	a, requests := searched(t, nil, manual)
	apps, err := a.AppsWithRedirectURI(t.Context(), palURI)
	if err != nil || len(apps) != 1 {
		t.Fatalf("%+v, %v", apps, err)
	}
	app := apps[0]
	if app.Name != "FOIA portal mail" || app.ClientID != testApp || app.UniqueName != "palmail-7h2k9c" ||
		!app.Created.Equal(time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", app)
	}
	if len(app.Secrets) != 1 || app.Secrets[0].Hint != "abc" ||
		!app.Secrets[0].End.Equal(time.Date(2027, 5, 1, 10, 0, 0, 0, time.UTC)) {
		t.Errorf("secrets %+v", app.Secrets)
	}
	r := (*requests)[0]
	query, _ := url.Parse(r.URL)
	if got := query.Query(); got.Get("$filter") != "web/redirectUris/any(x:x eq '"+palURI+"')" ||
		got.Get("$count") != "true" ||
		r.Header.Get("ConsistencyLevel") != "eventual" {
		t.Errorf("asked %s with %v", r.URL, r.Header)
	}
}

// An apostrophe in the address does not end the text in the filter.
func TestAppsWithAnOddRedirectURI(t *testing.T) {
	a, requests := searched(t, nil)
	if apps, err := a.AppsWithRedirectURI(t.Context(), "https://pal.agency.gov/o'brien"); err != nil || len(apps) != 0 {
		t.Errorf("%+v, %v", apps, err)
	}
	query, _ := url.Parse((*requests)[0].URL)
	if got := query.Query().Get("$filter"); got != "web/redirectUris/any(x:x eq 'https://pal.agency.gov/o''brien')" {
		t.Errorf("asked %s", got)
	}
	if _, err := a.AppsWithRedirectURI(t.Context(), ""); err == nil {
		t.Error("apps without a redirect URI were looked for")
	}
}

// If the directory refuses the filter, all apps are read.
func TestAppsWithRedirectURIWithoutTheFilter(t *testing.T) {
	refuse := func(w http.ResponseWriter, query url.Values) bool {
		if query.Get("$filter") == "" {
			return false
		}
		graphError(w, 400, "Request_UnsupportedQuery", "Unsupported Query.")
		return true
	}
	other := anApp()
	other["web"] = object{"redirectUris": []any{"https://other.agency.gov/"}}
	a, requests := searched(t, refuse, other, anApp())
	apps, err := a.AppsWithRedirectURI(t.Context(), palURI)
	if err != nil || len(apps) != 1 || !apps[0].HasRedirectURI(palURI) || len(*requests) != 2 {
		t.Errorf("%+v after %d calls, %v", apps, len(*requests), err)
	}
	a, requests = searched(t, func(w http.ResponseWriter, _ url.Values) bool {
		graphError(w, 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
		return true
	})
	if _, err := a.AppsWithRedirectURI(t.Context(), palURI); !IsDenied(err) || len(*requests) != 1 {
		t.Errorf("after %d calls, %v", len(*requests), err)
	}
}
