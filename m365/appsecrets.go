package m365

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"palmail/diagnose"
	"palmail/secret"
)

// AppSecret is what the directory shows of a client secret, which excludes its value.
type AppSecret struct {
	KeyID       string // Secret ID
	Description string
	Hint        string // the value's first three characters
	Start, End  time.Time
}

// The JSON of a client secret (https://learn.microsoft.com/graph/api/resources/passwordcredential).
type wirePasswordInfo struct {
	KeyID string     `json:"keyId"`
	Name  string     `json:"displayName"`
	Hint  string     `json:"hint"`
	Start *time.Time `json:"startDateTime"`
	End   *time.Time `json:"endDateTime"`
}

// wirePassword is the only answer that contains the value.
type wirePassword struct {
	wirePasswordInfo
	Text string `json:"secretText"`
}

func (p *wirePassword) complete() error {
	if p.KeyID == "" || p.Text == "" {
		return errors.New("the answer does not hold the secret that was made")
	}
	return nil
}

func (p wirePasswordInfo) secret() AppSecret {
	s := AppSecret{KeyID: strings.ToLower(cleanName(p.KeyID)), Description: cleanName(p.Name), Hint: cleanName(p.Hint)}
	if p.Start != nil {
		s.Start = p.Start.UTC()
	}
	if p.End != nil {
		s.End = p.End.UTC()
	}
	return s
}

// AddSecret adds a client secret that expires at end and returns its value,
// which Microsoft shows only once
// (https://learn.microsoft.com/graph/api/application-addpassword). If Unclear
// holds for the error, a secret may have been created whose value is lost: find
// it by its description and remove it by its key ID.
func (a *Admin) AddSecret(ctx context.Context, appObjectID, description string,
	end time.Time) (AppSecret, secret.Value, error) {
	if err := requireIDs(appObjectID, description); err != nil || end.IsZero() {
		// Without an end date Graph sets two years, which tenant policies can refuse.
		return AppSecret{}, secret.Value{},
			a.localFailure(ctx, diagnose.StageSecret,
				errors.Join(err, errors.New("a secret needs an app, a description and an end")))
	}
	type credential struct {
		Name string    `json:"displayName"`
		End  time.Time `json:"endDateTime"`
	}
	body := struct {
		Credential credential `json:"passwordCredential"`
	}{credential{description, end.UTC().Truncate(time.Second)}}
	var made wirePassword
	err := a.call(ctx, request{
		stage: diagnose.StageSecret, method: http.MethodPost, path: pathOf("applications", appObjectID, "addPassword"),
		body: body, retry: retryIfRefused, complete: made.complete,
	}, &made)
	if err != nil {
		return AppSecret{}, secret.Value{}, err
	}
	value, info := secret.New(made.Text), made.secret()
	info.Hint = cmp.Or(info.Hint, value.Hint())
	return info, value, nil
}

// RemoveSecret removes the client secret with the key ID. IsNotFound reports
// that there was none, which is also the answer when a lost call is repeated.
func (a *Admin) RemoveSecret(ctx context.Context, appObjectID, keyID string) error {
	if err := requireIDs(appObjectID, keyID); err != nil {
		return a.localFailure(ctx, diagnose.StageSecret, err)
	}
	body := struct {
		KeyID string `json:"keyId"`
	}{keyID}
	return a.call(ctx, request{
		stage: diagnose.StageSecret, method: http.MethodPost,
		path: pathOf("applications", appObjectID, "removePassword"), body: body,
	}, nil)
}

// SecretPolicy holds the rules for client secrets in the tenant's default app
// management policy. A policy for single apps can override them, and some
// administrators can be exempt.
type SecretPolicy struct {
	Known     bool // false: this account may not read it
	ID        string
	Forbidden bool // no client secrets
	MaxDays   int  // longest lifetime in whole days; 0: no limit
	// ForbiddenFrom and MaxDaysFrom limit the rules to apps created at that time
	// or later; zero: all apps.
	ForbiddenFrom, MaxDaysFrom time.Time
}

// For returns the rules for an app created at that time.
func (p SecretPolicy) For(created time.Time) (forbidden bool, maxDays int) {
	if !created.Before(p.MaxDaysFrom) {
		maxDays = p.MaxDays
	}
	return p.Forbidden && !created.Before(p.ForbiddenFrom), maxDays
}

// SecretPolicy reads the tenant's default policy
// (https://learn.microsoft.com/graph/api/resources/tenantappmanagementpolicy).
// Most sign-ins lack the permission for that, so a refusal is not an error:
// Known is false then.
func (a *Admin) SecretPolicy(ctx context.Context) (SecretPolicy, error) {
	var raw wirePolicy
	err := a.call(ctx, request{
		stage: diagnose.StageSecret, method: http.MethodGet, path: "/policies/defaultAppManagementPolicy",
	}, &raw)
	if IsDenied(err) || IsNotFound(err) {
		return SecretPolicy{}, nil
	}
	if err != nil {
		return SecretPolicy{}, err
	}
	return raw.policy(), nil
}

// refusingPolicy is how a refusal names the policy that it goes by.
var refusingPolicy = regexp.MustCompile(`assigned policy '([0-9a-z-]{1,64})'`)

// RefusingPolicy returns the ID of the app management policy that err, a
// refusal of a secret, names; empty if it names none.
func RefusingPolicy(err error) string {
	r, ok := refusalIn(err)
	if !ok {
		return ""
	}
	if m := refusingPolicy.FindStringSubmatch(r.text); m != nil {
		return m[1]
	}
	return ""
}

type (
	wirePolicy struct {
		ID      string `json:"id"`
		Enabled bool   `json:"isEnabled"`
		Apps    struct {
			Passwords []wireRestriction `json:"passwordCredentials"`
		} `json:"applicationRestrictions"`
	}
	wireRestriction struct {
		Type  string     `json:"restrictionType"`
		State string     `json:"state"`
		Max   string     `json:"maxLifetime"`
		From  *time.Time `json:"restrictForAppsCreatedAfterDateTime"`
	}
)

func (w wirePolicy) policy() SecretPolicy {
	p := SecretPolicy{Known: true, ID: cleanName(w.ID)}
	if !w.Enabled {
		return p
	}
	for _, r := range w.Apps.Passwords {
		if strings.EqualFold(r.State, "disabled") {
			continue
		}
		var from time.Time
		if r.From != nil {
			from = r.From.UTC()
		}
		switch r.Type {
		case "passwordAddition":
			p.Forbidden, p.ForbiddenFrom = true, from
		case "passwordLifetime":
			if days, ok := daysWithin(r.Max); ok {
				p.MaxDays, p.MaxDaysFrom = days, from
			}
		}
	}
	return p
}

var isoDuration = regexp.MustCompile(`^P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})(?:\.\d+)?S)?)?$`)

// daysWithin returns the number of whole days that are shorter than an ISO 8601
// duration, at least 1. Entra requires a lifetime below the maximum, which is why
// CISA's baseline sets 181 days where it means 180 (MS.AAD.5.6v1).
func daysWithin(duration string) (int, bool) {
	m := isoDuration.FindStringSubmatch(duration)
	if m == nil || len(duration) < 3 {
		return 0, false
	}
	var seconds int
	for i, unit := range []int{24 * 60 * 60, 60 * 60, 60, 1} {
		n, _ := strconv.Atoi(m[i+1]) // "" is none
		seconds += n * unit
	}
	const day = 24 * 60 * 60
	return max((seconds-1)/day, 1), seconds > 0
}
