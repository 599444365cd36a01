package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// claims are those of an access token for Graph (entra-docs
// access-token-claims-reference.md), version 1.0 as Graph asks for. Those after
// Wids are in the tokens of people only.
type claims struct {
	Aud     string   `json:"aud"`
	Iss     string   `json:"iss"`
	Iat     int64    `json:"iat"`
	Nbf     int64    `json:"nbf"`
	Exp     int64    `json:"exp"`
	Aio     string   `json:"aio"`
	AppName string   `json:"app_displayname"`
	AppID   string   `json:"appid"`
	AppIDA  string   `json:"appidacr"`
	Idp     string   `json:"idp,omitempty"`
	Idtyp   string   `json:"idtyp"`
	Oid     string   `json:"oid"`
	Rh      string   `json:"rh"`
	Roles   []string `json:"roles,omitempty"`
	Sub     string   `json:"sub"`
	Region  string   `json:"tenant_region_scope"`
	Tid     string   `json:"tid"`
	Uti     string   `json:"uti"`
	Ver     string   `json:"ver"`
	Wids    []string `json:"wids"`

	Acr        string   `json:"acr,omitempty"`
	Amr        []string `json:"amr,omitempty"`
	IPAddr     string   `json:"ipaddr,omitempty"`
	Name       string   `json:"name,omitempty"`
	Scp        string   `json:"scp,omitempty"`
	UniqueName string   `json:"unique_name,omitempty"`
	UPN        string   `json:"upn,omitempty"`
}

// idClaims are those of an ID token, version 2.0 (entra-docs
// id-token-claims-reference.md).
type idClaims struct {
	Aud      string `json:"aud"`
	Iss      string `json:"iss"`
	Iat      int64  `json:"iat"`
	Nbf      int64  `json:"nbf"`
	Exp      int64  `json:"exp"`
	Name     string `json:"name"`
	Nonce    string `json:"nonce,omitempty"`
	Oid      string `json:"oid"`
	Username string `json:"preferred_username"`
	Rh       string `json:"rh"`
	Sub      string `json:"sub"`
	Tid      string `json:"tid"`
	Uti      string `json:"uti"`
	Ver      string `json:"ver"`
}

// appClaims makes the claims of a fresh token. Roles are fixed from here on:
// a later consent shows only in a later token. t.mu is held.
func (t *Tenant) appClaims(c *call, a *app, aud, api string) claims {
	iss := "https://" + t.home().sts + "/" + t.id + "/"
	if c.side == foreign {
		iss = "https://" + c.host + "/" + t.id + "/"
	}
	now := t.now()
	from := now.Add(-5 * time.Minute).Unix() // the service allows for slow clocks
	raw := base64.RawURLEncoding
	return claims{
		Aud: aud, Iss: iss, Iat: from, Nbf: from, Exp: now.Add(tokenLife).Unix(),
		Aio: raw.EncodeToString(t.bytes(24)), AppName: a.name, AppID: a.clientID, AppIDA: "1", Idp: iss, Idtyp: "app",
		Oid: a.spID, Rh: "1." + raw.EncodeToString(t.bytes(27)) + ".", Roles: t.roles(a, api), Sub: a.spID,
		Region: t.home().region, Tid: t.id, Uti: raw.EncodeToString(t.bytes(16)), Ver: "1.0",
		// Every app token carries this template id.
		Wids: []string{"0997a1d0-0d1d-4acb-b408-d5ca73121e90"},
	}
}

// userClaims makes the claims of a fresh access token for somebody who has
// signed in. t.mu is held.
func (t *Tenant) userClaims(c *call, s *session) claims {
	cl := t.appClaims(c, &app{name: s.client.name, clientID: s.client.id, spID: s.account.id}, s.scopeRequest.aud, "")
	cl.AppIDA, cl.Idtyp, cl.Roles = "0", "user", nil
	cl.Sub, cl.Tid = t.derived("sub", s.account.id, s.scopeRequest.aud), s.account.tenant
	cl.Iss = strings.Replace(cl.Iss, t.id, s.account.tenant, 1)
	cl.Idp = "" // left out where it is the issuer
	cl.Wids, cl.Scp = s.account.wids(), strings.Join(s.scopes, " ")
	cl.Acr, cl.Amr, cl.IPAddr = "1", []string{"pwd"}, "192.0.2.17"
	if s.mfa {
		cl.Amr = append(cl.Amr, "mfa")
	}
	cl.Name, cl.UPN, cl.UniqueName = s.account.Name, s.account.Username, s.account.Username
	return cl
}

// idToken makes the ID token that goes with it.
func (t *Tenant) idToken(c *call, s *session) string {
	raw, now := base64.RawURLEncoding, t.now()
	return t.sign(idClaims{
		Aud: s.client.id, Iss: "https://" + t.loginHost(c) + "/" + s.account.tenant + "/v2.0",
		Iat: now.Unix(), Nbf: now.Unix(), Exp: now.Add(tokenLife).Unix(), Name: s.account.Name, Nonce: s.nonce,
		Oid: s.account.id, Username: s.account.Username, Rh: "1." + raw.EncodeToString(t.bytes(27)) + ".",
		Sub: t.derived("sub", s.account.id, s.client.id), Tid: s.account.tenant, Uti: raw.EncodeToString(t.bytes(16)),
		Ver: "2.0",
	})
}

// sign makes a token in the shape of an RS256 one. Nobody but this tenant can
// check the signature: Graph's tokens are not for their bearers to check either.
func (t *Tenant) sign(c any) string {
	kid := t.keyID()
	head, err1 := json.Marshal(struct {
		Typ   string `json:"typ"`
		Nonce string `json:"nonce"`
		Alg   string `json:"alg"`
		X5t   string `json:"x5t"`
		Kid   string `json:"kid"`
	}{"JWT", base64.RawURLEncoding.EncodeToString(t.bytes(32)), "RS256", kid, kid})
	body, err2 := json.Marshal(c)
	if err1 != nil || err2 != nil {
		panic("sandbox: claims that are no JSON")
	}
	signed := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString(body)
	return signed + "." + base64.RawURLEncoding.EncodeToString(t.signature(signed))
}

// keyID names the signing key in every token, and tells nothing of it.
func (t *Tenant) keyID() string {
	m := hmac.New(sha256.New, t.key)
	m.Write([]byte("key ID"))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:20])
}

// signature is 256 bytes, as long as RSA's with a 2048-bit key.
func (t *Tenant) signature(signed string) []byte {
	var out []byte
	for i := byte(0); len(out) < 256; i++ {
		m := hmac.New(sha256.New, t.key)
		m.Write([]byte{i})
		m.Write([]byte(signed))
		out = m.Sum(out)
	}
	return out
}

// read returns the claims of a token, and whether this tenant signed it.
func (t *Tenant) read(token string) (c claims, genuine bool) {
	i := strings.LastIndexByte(token, '.')
	if i < 0 {
		return c, false
	}
	sig, err := base64.RawURLEncoding.Strict().DecodeString(token[i+1:])
	if err != nil || !hmac.Equal(sig, t.signature(token[:i])) {
		return c, false
	}
	_, body, _ := strings.Cut(token[:i], ".")
	payload, err := base64.RawURLEncoding.DecodeString(body)
	return c, err == nil && json.Unmarshal(payload, &c) == nil
}
