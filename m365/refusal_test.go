package m365

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"palmail/diagnose"
)

// Answers of the directory, each with its classification.
var directoryAnswers = []struct {
	status        int
	code, message string
	kinds         string
}{
	{
		404, "Request_ResourceNotFound",
		"Resource '77' does not exist or one of its queried reference-property objects are not present.",
		"notfound notreplicated",
	},
	{
		404, "Directory_ObjectNotFound", "Unable to read the company information from the directory.",
		"notfound notreplicated",
	},
	{404, "UnknownError", "", ""},
	{
		400, "Request_BadRequest", "The appId 'x' of the service principal does not reference a valid application " +
			"object.", "notreplicated",
	},
	{400, "Request_BadRequest", "Not a valid reference update.", "notreplicated"},
	{
		403, "Authorization_RequestDenied", "When using this permission, the backing application of the service " +
			"principal being created must in the local tenant", "notreplicated",
	},
	{400, "NoBackingApplicationObject", "x", "notreplicated"},
	{403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.", "denied"},
	{
		403, "AccessDenied", "You cannot perform the requested operation, required scopes are missing in the token.",
		"denied",
	},
	{400, "Request_BadRequest", "Permission being assigned already exists on the object", "exists"},
	{409, "Request_Conflict", "EntitlementGrant entry already exists", "exists"},
	{
		409, "Request_MultipleObjectsWithSameKeyValue", "The service principal cannot be created, updated, or " +
			"restored because the service principal name x is already in use.", "exists",
	},
	{409, "Directory_ConcurrencyViolation", "Error due to concurrent requests being made to the tenant.", "conflict"},
	{400, "Directory_ConcurrencyViolation", "x", "conflict"},
	{409, "Request_Conflict", "x", "conflict"},
	{
		400, "CredentialInvalidLifetimeAsPerAppPolicy",
		"Credential lifetime exceeds the max value allowed as per assigned policy 'x'.", "lifetime",
	},
	{403, "CredentialInvalidLifetimeAsPerAppPolicy", "x", "lifetime"},
	{
		400, "CredentialTypeNotAllowedAsPerAppPolicy", "Credential type is not allowed as per assigned policy.",
		"forbidden",
	},
	{400, "Request_BadRequest", "Invalid value specified for property 'displayName'.", ""},
	{400, "Request_BadRequest", "No credentials found to be removed.", "notfound"},
	{401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.", "signedout"},
	{429, "TooManyRequests", "x", ""},
	{500, "InternalServerError", "x", "unclear"},
}

func classificationOf(err error) string {
	var found []string
	for _, k := range []struct {
		name string
		is   func(error) bool
	}{
		{"notfound", IsNotFound}, {"notreplicated", NotReplicated}, {"denied", IsDenied}, {"exists", AlreadyExists},
		{"conflict", IsConflict},
		{"lifetime", SecretLifetimeRefused}, {"forbidden", SecretsForbidden}, {"signedout", SignedOut},
		{"unclear", Unclear},
	} {
		if k.is(err) {
			found = append(found, k.name)
		}
	}
	return strings.Join(found, " ")
}

func TestKindsOfRefusals(t *testing.T) {
	for _, x := range directoryAnswers {
		t.Run(fmt.Sprint(x.status, x.code, x.kinds), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // a 429 is waited out
				o := &fakeDirectory{intercept: func(w http.ResponseWriter, _ *http.Request, _ string) bool {
					graphError(w, x.status, x.code, x.message)
					return true
				}}
				_, err := o.admin(t).CreateServicePrincipal(t.Context(), testApp)
				err = fmt.Errorf("setting up: %w", err)
				if got := classificationOf(err); got != x.kinds || failureOf(t, err).Status != x.status ||
					failureOf(t, err).RequestID != "req-1" {
					t.Errorf("is %q, want %q: %v", got, x.kinds, err)
				}
			})
		})
	}
}

// A page from a proxy is not an answer of the directory: a page that says "not
// found" does not mean that the object is missing.
func TestPagesAreOfNoKind(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 409} {
		for kind, body := range map[string]string{
			"text/html": "<html>Request_ResourceNotFound: Permission being assigned already exists on the " +
				"object, CredentialTypeNotAllowedAsPerAppPolicy</html>",
			"application/json": `{"message":"Request_ResourceNotFound already exists"}`,
		} {
			o := &fakeDirectory{intercept: func(w http.ResponseWriter, _ *http.Request, _ string) bool {
				w.Header().Set("Content-Type", kind)
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
				return true
			}}
			_, err := o.admin(t).ServicePrincipal(t.Context(), testApp)
			if got := classificationOf(err); got != "" {
				t.Errorf("%d %s is %q", status, kind, got)
			}
		}
	}
	for _, err := range []error{
		nil, io.EOF, errors.New("Request_ResourceNotFound"), &diagnose.Failure{
			Status: 404, Body: `{"error":{"code":"Request_ResourceNotFound"}}`, Err: io.EOF,
		},
	} {
		if got := classificationOf(err); got != "" {
			t.Errorf("%v is %q", err, got)
		}
	}
}

func TestSecretPolicy(t *testing.T) {
	from := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	before, after := from.Add(-time.Hour), from.Add(time.Hour)
	for name, x := range map[string]struct {
		enabled bool
		rules   string
		want    SecretPolicy
	}{
		"none": {true, ``, SecretPolicy{Known: true}},
		"off":  {false, `{"restrictionType":"passwordAddition","state":"enabled"}`, SecretPolicy{Known: true}},
		"forbidden": {
			true, `{"restrictionType":"passwordAddition","state":"enabled","maxLifetime":null,` +
				`"restrictForAppsCreatedAfterDateTime":null}`, SecretPolicy{Known: true, Forbidden: true},
		},
		"rule off":      {true, `{"restrictionType":"passwordAddition","state":"disabled"}`, SecretPolicy{Known: true}},
		"older service": {true, `{"restrictionType":"passwordAddition"}`, SecretPolicy{Known: true, Forbidden: true}},
		"181 days": {
			true, `{"restrictionType":"passwordLifetime","state":"enabled","maxLifetime":"P181D"},` +
				`{"restrictionType":"customPasswordAddition","state":"enabled"}`,
			SecretPolicy{Known: true, MaxDays: 180},
		},
		"by hours": {
			true, `{"restrictionType":"passwordLifetime","state":"enabled","maxLifetime":"PT36H"}`,
			SecretPolicy{Known: true, MaxDays: 1},
		},
		"new apps": {
			true, `{"restrictionType":"passwordLifetime","state":"enabled","maxLifetime":"P90DT1S",` +
				`"restrictForAppsCreatedAfterDateTime":"2026-06-01T00:00:00Z"},` +
				`{"restrictionType":"passwordAddition","state":"enabled",` +
				`"restrictForAppsCreatedAfterDateTime":"2026-06-01T00:00:00Z"}`,
			SecretPolicy{Known: true, Forbidden: true, ForbiddenFrom: from, MaxDays: 90, MaxDaysFrom: from},
		},
		"unreadable": {
			true, `{"restrictionType":"passwordLifetime","state":"enabled","maxLifetime":"six months"}`,
			SecretPolicy{Known: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := &fakeDirectory{intercept: func(w http.ResponseWriter, _ *http.Request, _ string) bool {
				answerJSON(w, 200, object{
					"id": "p1", "isEnabled": x.enabled, "applicationRestrictions": json.RawMessage(`{"passwordCredentials":[` +
						x.rules + `]}`),
				})
				return true
			}}
			got, err := o.admin(t).SecretPolicy(t.Context())
			x.want.ID = "p1"
			if err != nil || got != x.want {
				t.Errorf("%+v, want %+v: %v", got, x.want, err)
			}
			if f, days := got.For(after); f != x.want.Forbidden || days != x.want.MaxDays {
				t.Errorf("for a new app %v, %d", f, days)
			}
			if f, days := got.For(before); f != (x.want.Forbidden && x.want.ForbiddenFrom.IsZero()) ||
				x.want.MaxDaysFrom.IsZero() && days != x.want.MaxDays || !x.want.MaxDaysFrom.IsZero() && days != 0 {
				t.Errorf("for an old app %v, %d", f, days)
			}
		})
	}
	o := &fakeDirectory{intercept: func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		graphError(w, 400, "Request_BadRequest", "x")
		return true
	}}
	if p, err := o.admin(t).SecretPolicy(t.Context()); err == nil || p.Known ||
		failureOf(t, err).Stage != diagnose.StageSecret {
		t.Errorf("%+v, %v", p, err)
	}
}

// A refusal names the policy that it goes by; nothing else does.
func TestRefusingPolicy(t *testing.T) {
	for message, want := range map[string]string{
		"Credential lifetime exceeds the max value allowed as per assigned policy '538F1913-aaaa'.": "538f1913-aaaa",
		"Credential type not allowed as per assigned policy 'b9c1'.":                                "b9c1",
		"Credential lifetime exceeds the max value allowed.":                                        "",
		"as per assigned policy '<script>'.":                                                        "",
	} {
		o := &fakeDirectory{intercept: func(w http.ResponseWriter, _ *http.Request, _ string) bool {
			graphError(w, 400, "CredentialInvalidLifetimeAsPerAppPolicy", message)
			return true
		}}
		_, err := o.admin(t).SecretPolicy(t.Context())
		if got := RefusingPolicy(err); err == nil || got != want {
			t.Errorf("%s: %q, want %q", message, got, want)
		}
	}
	if got := RefusingPolicy(nil); got != "" {
		t.Errorf("no refusal names %q", got)
	}
}

func TestDaysWithin(t *testing.T) {
	for in, want := range map[string]int{
		"P181D": 180, "P180D": 179, "P1D": 1, "PT1H": 1, "P2D": 1, "P4DT12H30M5S": 4, "PT86401S": 1, "P1DT0.5S": 1,
		"": 0, "P": 0, "PT": 0, "P0D": 0, "-P1D": 0, "P1Y": 0, "181": 0, "P9999999D": 0,
	} {
		got, ok := daysWithin(in)
		if ok != (want > 0) || ok && got != want {
			t.Errorf("%q is %d, %v, want %d", in, got, ok, want)
		}
	}
}

func TestMailboxKinds(t *testing.T) {
	exchange := func(status string) string {
		return `[{"service":"TeamspaceAPI","capabilityStatus":"Enabled"},{"service":"exchange","capabilityStatus":"` +
			status + `"}]`
	}
	for name, x := range map[string]struct {
		user string
		want Mailbox
	}{
		"user": {
			`"userType":"Member","accountEnabled":true,"mail":"a@b.gov","assignedPlans":` + exchange("Enabled"),
			Mailbox{Known: true, Enabled: true, Licensed: true, Kind: MailboxUser, PrimarySMTP: "a@b.gov"},
		},
		"in grace": {
			`"userType":"Member","accountEnabled":true,"mail":"a@b.gov","assignedPlans":` + exchange("Warning"),
			Mailbox{Known: true, Enabled: true, Licensed: true, Kind: MailboxUser, PrimarySMTP: "a@b.gov"},
		},
		"licence gone": {
			`"userType":"Member","accountEnabled":true,"mail":"a@b.gov","assignedPlans":` + exchange("Deleted"),
			Mailbox{Known: true, Enabled: true, Kind: MailboxUnknown, PrimarySMTP: "a@b.gov"},
		},
		"shared": {
			`"userType":"Member","accountEnabled":false,"mail":"a@b.gov",` +
				`"proxyAddresses":["smtp:c@b.gov","SMTP:primary@b.gov"]`,
			Mailbox{Known: true, Kind: MailboxShared, PrimarySMTP: "primary@b.gov"},
		},
		"blocked, no mailbox": {
			`"userType":"Member","accountEnabled":false,"mail":null`, Mailbox{Known: true, Kind: MailboxUnknown},
		},
		"guest": {
			`"userType":"Guest","accountEnabled":true,"mail":"a@else.org"`,
			Mailbox{Known: true, Enabled: true, Kind: MailboxGuest, PrimarySMTP: "a@else.org"},
		},
		"basic profile only": {
			`"userType":null,"accountEnabled":null,"mail":"a@b.gov"`,
			Mailbox{Kind: MailboxUnknown, PrimarySMTP: "a@b.gov"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := &fakeDirectory{intercept: func(w http.ResponseWriter, _ *http.Request, _ string) bool {
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, `{"id":"`+testUser+
					`","displayName":"A\u001b[31mB","userPrincipalName":"a@b.gov",`+x.user+`}`)
				return true
			}}
			x.want.Exists, x.want.ObjectID, x.want.Name, x.want.Username = true, testUser, "AB", "a@b.gov"
			if got, err := o.admin(t).Mailbox(t.Context(), "a'b/../x@b.gov"); err != nil || got != x.want {
				t.Errorf("%+v, want %+v: %v", got, x.want, err)
			}
			if url := o.requests[0].URL; !strings.HasPrefix(url, "/v1.0/users/a%27b%2F..%2Fx@b.gov?") {
				t.Error(url)
			}
		})
	}
	denied := &fakeDirectory{intercept: func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		graphError(w, 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
		return true
	}}
	if _, err := denied.admin(t).Mailbox(t.Context(), testMailbox); !IsDenied(err) ||
		slices.Contains([]diagnose.Stage{diagnose.StageSend, ""}, failureOf(t, err).Stage) {
		t.Error(err)
	}
}
