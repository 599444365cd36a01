package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"
	refreshLife = 90 * 24 * time.Hour
)

// userToken answers the grants with which a person's app gets its tokens.
// t.mu is held.
func (t *Tenant) userToken(c *call, tenant string, form url.Values) (answer, *loginError) {
	_, cl, refusal := t.tenantAndClient(c, tenant, form.Get("client_id"))
	if refusal != nil {
		return answer{}, refusal
	}
	if cl.app != nil && !cl.app.public() {
		if secret := form.Get("client_secret"); secret == "" {
			return answer{}, refuse(http.StatusUnauthorized, "invalid_client", 7000218,
				"The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
		} else if _, refusal := t.secretSeen(cl.app, secret); refusal != nil {
			return answer{}, refusal
		}
	} else if form.Get("client_secret") != "" {
		return answer{}, refuse(http.StatusUnauthorized, "invalid_client", 700025,
			"Client is public so neither 'client_assertion' nor 'client_secret' should be presented.")
	}
	var s *session
	switch form.Get("grant_type") {
	case "authorization_code":
		s, refusal = t.redeemCode(cl, form)
	case deviceGrant, "device_code":
		s, refusal = t.poll(cl, form)
	default:
		s, refusal = t.renew(c, cl, form)
	}
	if refusal != nil {
		return answer{}, refusal
	}
	return t.tokens(c, s, form.Get("client_info") == "1"), nil
}

// renew takes a refresh token. A scope in the request narrows or changes what
// is asked for.
func (t *Tenant) renew(c *call, cl *client, form url.Values) (*session, *loginError) {
	if form.Get("refresh_token") == "" {
		return nil, missing("refresh_token")
	}
	kept, ok := t.signing.sessions.get(form.Get("refresh_token"))
	switch {
	case !ok || kept.client.id != cl.id:
		return nil, refuse(http.StatusBadRequest, "invalid_grant", 9002313,
			"Invalid request. Request is malformed or invalid.")
	case t.now().Sub(kept.at) >= refreshLife:
		return nil, refuse(http.StatusBadRequest, "invalid_grant", 700082,
			"The refresh token has expired due to inactivity. The token was issued on %s and was inactive for "+
				"90.00:00:00.", kept.at.Format(time.RFC3339))
	case t.rules.MFARequired && !kept.mfa:
		e := refuse(http.StatusBadRequest, "invalid_grant", 50076,
			"Due to a configuration change made by your administrator, or because you moved to a new location, you "+
				"must use multi-factor authentication to access '%s'.", graphAppID)
		e.sub = "basic_action"
		return nil, e
	}
	s := *kept
	s.at = t.now()
	if form.Get("scope") == "" {
		return &s, nil
	}
	w, refusal := t.readScopes(c, form.Get("scope"))
	if refusal != nil {
		return nil, refusal
	}
	scopes, lacking, refusal := t.grantedScopes(cl, s.account, w)
	if refusal != nil {
		return nil, refusal
	}
	if len(lacking) > 0 {
		e := refuse(http.StatusBadRequest, "invalid_grant", 65001,
			"The user or administrator has not consented to use the application with ID '%s' named '%s'. Send an "+
				"interactive authorization request for this user and resource.", cl.id, cl.name)
		e.sub = "consent_required"
		return nil, e
	}
	s.scopeRequest, s.scopes = w, scopes
	return &s, nil
}

// tokens is the answer for somebody who has signed in. Scopes are named with
// their resource, .default among them when it was asked for.
func (t *Tenant) tokens(c *call, s *session, info bool) answer {
	o := struct {
		Type    string `json:"token_type"`
		Scope   string `json:"scope"`
		Expires int    `json:"expires_in"`
		Ext     int    `json:"ext_expires_in"`
		Token   string `json:"access_token"`
		Refresh string `json:"refresh_token,omitempty"`
		ID      string `json:"id_token,omitempty"`
		Info    string `json:"client_info,omitempty"`
	}{Type: "Bearer", Expires: int(tokenLife / time.Second), Ext: int(tokenLife / time.Second)}
	var named []string
	for _, n := range s.scopes {
		if n != "openid" && n != "profile" {
			n = s.scopeRequest.aud + "/" + n
		}
		named = append(named, n)
	}
	if s.scopeRequest.all {
		named = append(named, s.scopeRequest.aud+"/.default")
	}
	o.Scope = strings.Join(named, " ")
	o.Token = t.sign(t.userClaims(c, s))
	if s.scopeRequest.refresh {
		o.Refresh = "1.A" + t.opaque(120)
		kept := *s
		t.signing.sessions.put(o.Refresh, &kept)
	}
	if s.scopeRequest.openID {
		o.ID = t.idToken(c, s)
	}
	if info {
		raw, err := json.Marshal(map[string]string{"uid": s.account.id, "utid": s.account.tenant})
		if err != nil {
			panic("sandbox: " + err.Error())
		}
		o.Info = base64.RawURLEncoding.EncodeToString(raw)
	}
	return jsonAnswer(http.StatusOK, loginJSON, o)
}
