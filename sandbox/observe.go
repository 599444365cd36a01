package sandbox

import (
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Exchange is one request and its answer. Client secrets and access tokens in
// it are replaced by "[secret]": practice secrets are worth nothing, but what
// watches the practice tenant must behave as it would with real ones.
type Exchange struct {
	At              time.Time
	Method          string
	URL             string
	RequestHeaders  http.Header
	RequestBody     string
	Status          int
	ResponseHeaders http.Header
	ResponseBody    string
	Lost            bool // the answer never reached the client
}

// Observe calls f after every exchange, one at a time, before the client has
// the answer. f must not call the tenant over the wire.
func (t *Tenant) Observe(f func(Exchange)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watchers = append(t.watchers, f)
}

var (
	formSecret = regexp.MustCompile(`((?:^|[&?])(?:client_secret|client_assertion|password|code|code_verifier|` +
		`device_code|refresh_token|flow|check)=)[^&]*`)
	pageSecret = regexp.MustCompile(`(name="(?:code|flow|check)" value=")[^"]*`)
	jsonSecret = regexp.MustCompile(`("(?:access_token|refresh_token|id_token|device_code|secretText)"\s*:\s*")[^"]*`)
)

func (t *Tenant) observe(c *call, a answer, lost bool) {
	t.mu.Lock()
	watchers := t.watchers
	t.mu.Unlock()
	if len(watchers) == 0 {
		return
	}
	e := Exchange{
		At: t.now(), Method: c.method, URL: "https://" + c.host + c.url.RequestURI(),
		RequestHeaders: c.header.Clone(), RequestBody: string(c.body),
		Status: a.status, ResponseHeaders: a.header.Clone(), ResponseBody: string(a.body), Lost: lost,
	}
	if e.RequestHeaders.Get("Authorization") != "" {
		e.RequestHeaders.Set("Authorization", "[secret]")
	}
	if !isGraphPath(c.url.Path) {
		e.RequestBody = formSecret.ReplaceAllString(e.RequestBody, "${1}[secret]")
	}
	for _, h := range []http.Header{e.RequestHeaders, e.ResponseHeaders} {
		for _, k := range []string{"Cookie", "Set-Cookie"} {
			if h.Get(k) != "" {
				h.Set(k, "[secret]")
			}
		}
	}
	if to := e.ResponseHeaders.Get("Location"); to != "" {
		e.ResponseHeaders.Set("Location", formSecret.ReplaceAllString(to, "${1}[secret]"))
	}
	if strings.HasPrefix(e.ResponseHeaders.Get("Content-Type"), "text/html") {
		e.ResponseBody = pageSecret.ReplaceAllString(e.ResponseBody, "${1}[secret]")
	}
	e.ResponseBody = jsonSecret.ReplaceAllString(e.ResponseBody, "${1}[secret]")
	t.watching.Lock()
	defer t.watching.Unlock()
	for _, f := range watchers {
		f(e)
	}
}
