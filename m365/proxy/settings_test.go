package proxy

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

const graph = "graph.microsoft.com:443"

// said is a Route as one text.
func said(r Route) string {
	var all []string
	for _, p := range r.ways() {
		if p == nil {
			all = append(all, "DIRECT")
		} else {
			all = append(all, Shown(p))
		}
	}
	return strings.Join(all, " ") + "|" + r.Source + "|" + r.Note
}

func TestParseSetting(t *testing.T) {
	for text, want := range map[string]string{
		"system": "system", "Direct": "direct", "": "system", "proxy:8080": "http://proxy:8080",
		"http://proxy/": "http://proxy", "socks5://[::1]:9": "socks5://[::1]:9",
	} {
		if s, err := ParseSetting(text); err != nil || s.Key() != want {
			t.Errorf("%q: %v, %v", text, s.Key(), err)
		}
	}
	for _, text := range []string{"ftp://proxy", "http://", "http://me:hunter2@pro xy", "http://me:hunter2@p/x.pac", ":8080"} {
		if _, err := ParseSetting(text); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestWindowsList(t *testing.T) {
	for list, want := range map[string]string{
		"proxy:8080":                      "http://proxy:8080",
		"http=a:80;https=b:443;socks=c:1": "http://b:443",
		"http=a:80":                       "",
		"socks=c:1080":                    "",
		"a:80 b:81;c":                     "http://a:80 http://b:81 http://c",
		"https=http://b:8080":             "http://b:8080",
		"https://p:443":                   "https://p:443",
		"":                                "",
		";;= =;https=":                    "",
	} {
		var got []string
		for _, p := range parseWindowsList(list) {
			got = append(got, Shown(p))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, not %q", list, got, want)
		}
	}
}

func TestWindowsOrder(t *testing.T) {
	static := windowsStatic{list: "static:1", bypass: "*.agency.gov", source: "S"}
	const pac = "http://me:hunter2@pac/p.pac?k"
	answers := func(byPAC map[string]any) autoProxy {
		return func(pac string, _ target) (windowsStatic, error) {
			switch a := byPAC[pac].(type) {
			case string:
				return windowsStatic{list: a}, nil
			case error:
				return windowsStatic{}, a
			}
			t.Errorf("asked for %q", pac)
			return windowsStatic{}, errAutoProxy{}
		}
	}
	none := errAutoProxy{text: "none", quiet: true}
	for name, c := range map[string]struct {
		config windowsConfig
		ask    map[string]any
		host   string
		want   string
	}{
		"static":    {windowsConfig{windowsStatic: static}, nil, "graph.microsoft.com", "http://static:1|S|"},
		"exception": {windowsConfig{windowsStatic: static}, nil, "lab.agency.gov", "DIRECT|S|"},
		"WPAD first": {windowsConfig{true, pac, static}, map[string]any{"": "w:1;w:2"}, "h",
			"http://w:1 http://w:2|S, by automatic detection|"},
		"no WPAD, PAC": {windowsConfig{true, pac, static}, map[string]any{"": none, pac: "p:1"}, "h",
			"http://p:1|S, by the PAC file http://pac/p.pac|"},
		"PAC says DIRECT": {windowsConfig{false, pac, static}, map[string]any{pac: ""}, "h",
			"DIRECT|S, by the PAC file http://pac/p.pac|"},
		"broken PAC, static": {windowsConfig{true, pac, static}, map[string]any{"": none, pac: errAutoProxy{text: "broken"}}, "h",
			"http://static:1|S|the PAC file http://pac/p.pac could not be used: broken"},
		"broken PAC alone": {windowsConfig{false, pac, windowsStatic{}}, map[string]any{pac: errAutoProxy{text: "broken"}}, "h",
			"DIRECT||the PAC file http://pac/p.pac could not be used: broken"},
		"no WPAD": {windowsConfig{true, "", windowsStatic{}}, map[string]any{"": none}, "h", "DIRECT||"},
	} {
		if got := said(c.config.route(target{c.host, "443"}, answers(c.ask))); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestScutil(t *testing.T) {
	for file, hosts := range map[string]map[string]string{
		"static.txt": {
			"graph.microsoft.com": "http://proxy.agency.gov:8080|" + sourceMac + "|",
			"lab.local":           "DIRECT|" + sourceMac + "|",
			"169.254.1.1":         "DIRECT|" + sourceMac + "|",
			"intranet":            "DIRECT|" + sourceMac + "|",
		},
		"pac.txt": {"graph.microsoft.com": "DIRECT|" + sourceMac + "|macOS names the PAC file http://pac.agency.gov/proxy.pac, " +
			"which palmail cannot evaluate: name the proxy with --proxy"},
		"none.txt": {"graph.microsoft.com": "DIRECT||"},
	} {
		text, err := os.ReadFile("testdata/scutil/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for host, want := range hosts {
			if got := said(routeByScutil(string(text), target{host, "443"})); got != want {
				t.Errorf("%s, %s: %s", file, host, got)
			}
		}
	}
}

func resolver(t *testing.T, setting string, env map[string]string) *Resolver {
	t.Helper()
	s, err := ParseSetting(setting)
	if err != nil {
		t.Fatal(err)
	}
	r := NewResolver(s, func(name string) string { return env[name] })
	r.system = func(context.Context, target) (Route, error) {
		return one(&url.URL{Scheme: "http", Host: "system:1"}, "the system"), nil
	}
	return r
}

func TestOrder(t *testing.T) {
	set := map[string]string{"HTTPS_PROXY": "env:1", "no_proxy": "graph.microsoft.com"}
	for name, c := range map[string]struct {
		setting string
		env     map[string]string
		address string
		want    string
	}{
		"flag":             {"flag:1", set, graph, "http://flag:1|--proxy|"},
		"flag, loopback":   {"flag:1", set, "127.0.0.1:443", "http://flag:1|--proxy|"},
		"direct":           {"direct", set, graph, "DIRECT|--proxy direct|"},
		"NO_PROXY":         {"system", set, graph, "DIRECT|no_proxy|"},
		"HTTPS_PROXY":      {"system", set, "login.microsoftonline.com:443", "http://env:1|HTTPS_PROXY|"},
		"system":           {"system", nil, graph, "http://system:1|the system|"},
		"NO_PROXY alone":   {"system", map[string]string{"NO_PROXY": "*"}, graph, "DIRECT|NO_PROXY|"},
		"loopback":         {"system", set, "localhost:443", "DIRECT||"},
		"lower case":       {"system", map[string]string{"https_proxy": "https://low"}, graph, "https://low|https_proxy|"},
		"HTTP_PROXY is no": {"system", map[string]string{"HTTP_PROXY": "http://x"}, graph, "http://system:1|the system|"},
	} {
		r, err := resolver(t, c.setting, c.env).Route(t.Context(), c.address)
		if got := said(r); err != nil || got != c.want {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	_, err := resolver(t, "", map[string]string{"HTTPS_PROXY": "gopher://me:hunter2@p"}).Route(t.Context(), graph)
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "HTTPS_PROXY") {
		t.Error(err)
	}
}

func TestSystemIsAskedOnceAMinute(t *testing.T) {
	r := resolver(t, "", nil)
	now, asked := time.Unix(0, 0), 0
	r.now = func() time.Time { return now }
	r.system = func(context.Context, target) (Route, error) {
		asked++
		return Route{}, errors.New("no registry")
	}
	for range 3 {
		got, err := r.Route(t.Context(), graph)
		if err != nil || said(got) != "DIRECT||the system's proxy settings could not be read: no registry" {
			t.Fatal(said(got), err)
		}
	}
	now = now.Add(answerAge + time.Second)
	_, _ = r.Route(t.Context(), graph)
	r.forget(graph)
	_, _ = r.Route(t.Context(), graph)
	if asked != 3 {
		t.Errorf("asked %d times", asked)
	}
}

func TestRouteInWords(t *testing.T) {
	for want, r := range map[string]Route{
		"":                         {},
		"directly (from NO_PROXY)": {Source: "NO_PROXY"},
		"no PAC":                   {Note: "no PAC"},
		"through the proxy http://p:1 (from S); N": {
			Proxies: []*url.URL{{Scheme: "http", Host: "p:1", User: url.UserPassword("me", "hunter2")}}, Source: "S", Note: "N",
		},
	} {
		if got := r.String(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// FuzzSettings reads what others wrote: it must end, and name only addresses
// that can be dialled.
func FuzzSettings(f *testing.F) {
	f.Add("http=a:80;https=b:443", "*.agency.gov;<local>")
	f.Add("<dictionary> {\n  ExceptionsList : <array> {\n    0 : *.local\n  }\n}", "10.0.0.0/8,[::1]:443")
	f.Fuzz(func(t *testing.T, a, b string) {
		to := target{"graph.microsoft.com", "443"}
		exemptByNoProxy(b, to)
		exemptByPatterns(splitWindowsList(b), to)
		for _, r := range []Route{routeByScutil(a, to), windowsStatic{a, b, ""}.route(to)} {
			for _, p := range r.Proxies {
				if p == nil || p.Hostname() == "" || schemes[p.Scheme] == "" {
					t.Errorf("%q names %v", a, p)
				}
			}
		}
	})
}
