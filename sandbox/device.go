package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// device is a device code sign-in.
type device struct {
	typed    string // the code that the person types
	s        session
	d        tenantKind
	started  time.Time
	polled   time.Time
	approved bool
	declined bool
	redeemed bool
	blocked  *loginError
}

const (
	deviceLife     = 15 * time.Minute
	deviceInterval = 5 * time.Second
)

// typedAlphabet leaves out what is easily mistaken.
const typedAlphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

// isShortHost tells whether host is that of the short addresses that people type
// (https://microsoft.com/devicelogin, and deviceloginus for US Government).
func isShortHost(host string) bool {
	return bareHost(host) == "microsoft.com" || bareHost(host) == "www.microsoft.com"
}

// isDevicePage tells whether a call is for the page where the code is typed.
func isDevicePage(c *call) bool {
	switch strings.Trim(c.url.Path, "/") {
	case "devicelogin", "deviceloginus", "deviceloginchina":
		return isShortHost(c.host) || c.side == foreign
	case "common/oauth2/deviceauth":
		return !isShortHost(c.host)
	}
	return false
}

// deviceAddress is where the person is told to go.
func (t *Tenant) deviceAddress(c *call) string {
	switch {
	case c.side == foreign:
		return "https://" + c.host + "/devicelogin"
	case strings.HasSuffix(t.home().login, ".us"):
		return "https://microsoft.com/deviceloginus"
	case strings.HasSuffix(t.home().login, ".cn"):
		return "https://microsoft.com/deviceloginchina"
	}
	return "https://microsoft.com/devicelogin"
}

// startDevice is the device authorization endpoint.
func (t *Tenant) startDevice(c *call, tenant string) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c.method != http.MethodPost {
		return t.loginRefusal(c, refuse(http.StatusBadRequest, "invalid_request", 900561,
			"The endpoint only accepts POST requests. Received a %s request.", c.method))
	}
	form, refusal := readForm(c)
	if refusal != nil {
		return t.loginRefusal(c, refusal)
	}
	v := &device{started: t.now()}
	if v.d, v.s.client, refusal = t.tenantAndClient(c, tenant, form.Get("client_id")); refusal == nil {
		v.s.scopeRequest, refusal = t.readScopes(c, form.Get("scope"))
	}
	if refusal != nil {
		return t.loginRefusal(c, refusal)
	}
	code := t.opaque(90)
	b := t.bytes(9)
	for i := range b {
		b[i] = typedAlphabet[int(b[i])%len(typedAlphabet)]
	}
	v.typed = string(b)
	t.signing.devices.put(code, v)
	t.signing.typed.put(v.typed, v)
	at := t.deviceAddress(c)
	return jsonAnswer(http.StatusOK, loginJSON, struct {
		UserCode string `json:"user_code"`
		Code     string `json:"device_code"`
		URI      string `json:"verification_uri"`
		Expires  int    `json:"expires_in"`
		Interval int    `json:"interval"`
		Message  string `json:"message"`
	}{v.typed, code, at, int(deviceLife / time.Second), int(deviceInterval / time.Second),
		fmt.Sprintf("To sign in, use a web browser to open the page %s and enter the code %s to authenticate.", at,
			v.typed)})
}

// poll answers an app that waits for its device code. t.mu is held.
func (t *Tenant) poll(cl *client, form url.Values) (*session, *loginError) {
	if form.Get("device_code") == "" {
		return nil, missing("device_code")
	}
	v, ok := t.signing.devices.get(form.Get("device_code"))
	last := time.Time{}
	if ok {
		last, v.polled = v.polled, t.now()
	}
	switch {
	case !ok || v.s.client.id != cl.id || v.redeemed:
		return nil, refuse(http.StatusBadRequest, "bad_verification_code", 70000,
			"The provided value for the input parameter 'device_code' is not valid.")
	case v.blocked != nil:
		return nil, v.blocked
	case v.declined:
		return nil, refuse(http.StatusBadRequest, "authorization_declined", 70018,
			"OAuth 2.0 device flow error. The end user denied the authorization request.")
	case t.now().Sub(v.started) >= deviceLife:
		return nil, refuse(http.StatusBadRequest, "expired_token", 70020,
			"The provided value for the input parameter 'device_code' is not valid. This device code has expired.")
	case v.approved:
		v.redeemed = true
		s := v.s
		return &s, nil
	case !last.IsZero() && t.now().Sub(last) < deviceInterval/2:
		return nil, refuse(http.StatusBadRequest, "slow_down", 70016,
			"OAuth 2.0 device flow error. The client is polling too quickly.")
	}
	return nil, refuse(http.StatusBadRequest, "authorization_pending", 70016,
		"OAuth 2.0 device flow error. Authorization is pending. Continue polling.")
}

// devicePage is where the code is typed, and what follows.
func (t *Tenant) devicePage(c *call) answer {
	t.mu.Lock()
	defer t.mu.Unlock()
	if isShortHost(c.host) {
		a := newAnswer(http.StatusFound)
		a.set("Location", "https://"+t.home().login+"/common/oauth2/deviceauth")
		return a
	}
	switch c.method {
	case http.MethodGet, http.MethodHead:
		return t.codePage(c, "")
	case http.MethodPost:
	default:
		return loginNotFound()
	}
	form := formOf(c)
	if form.Get("flow") != "" {
		return t.continueFlow(c, form)
	}
	if !t.genuine(c, form) {
		return t.stalePage(c)
	}
	typed := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -\t\u00a0", r) {
			return -1
		}
		return r
	}, strings.ToUpper(form.Get("user_code")))
	v, ok := t.signing.typed.get(typed)
	if !ok || v.approved || v.declined || v.blocked != nil || t.now().Sub(v.started) >= deviceLife {
		return t.codePage(c, "That code did not work. Check the code and try again.")
	}
	return t.startFlow(c, &flow{purpose: forDevice, action: devicePath(c), d: v.d, s: v.s, device: v})
}

// devicePath is where the device page's forms go.
func devicePath(c *call) string { return "/" + strings.Trim(c.url.Path, "/") }

func (t *Tenant) codePage(c *call, wrong string) answer {
	status := http.StatusOK
	if wrong != "" {
		status = http.StatusBadRequest
	}
	return t.show(c, status, page{
		Title: "Enter code", Wrong: wrong, Text: []string{"Enter the code that the program shows."},
		Form: &form{Action: devicePath(c), Code: true, Buttons: []button{{Label: "Next"}}},
	}, "", "")
}

// finishDevice ends a device's sign-in: the app learns of it when it asks.
func (t *Tenant) finishDevice(c *call, f *flow) answer {
	if code := t.rules.DeviceCodeForbidden; code != 0 {
		f.device.blocked = t.blocked(code, &f.s)
		return t.blockedPage(c, f, f.device.blocked)
	}
	f.device.s, f.device.approved = f.s, true
	return t.show(c, http.StatusOK, page{
		Title: "You have signed in", Text: []string{
			"You have signed in to " + f.s.client.name + " on your device. You may now close this window.",
		},
	}, "", "")
}
