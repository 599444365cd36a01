// Package proxy finds the way to a host, directly or through a proxy, as the
// administrator, the environment or the system says, and connects that way.
//
// It is a package of its own because what Windows and macOS say about proxies,
// and what a proxy asks before it opens a tunnel, has nothing to do with
// Microsoft's services.
package proxy

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// Setting is what the administrator says about proxies. The zero Setting
// follows the environment and then the system.
type Setting struct {
	direct bool
	proxy  *url.URL
}

// ParseSetting reads the value of --proxy: system, direct, or a proxy's address
// such as http://proxy.agency.gov:8080. Its error never contains a password.
func ParseSetting(text string) (Setting, error) {
	switch strings.ToLower(text) {
	case "", "system":
		return Setting{}, nil
	case "direct":
		return Setting{direct: true}, nil
	}
	address, err := parseAddress(text)
	return Setting{proxy: address}, err
}

// Key tells settings apart. It can contain a password.
func (s Setting) Key() string {
	switch {
	case s.direct:
		return "direct"
	case s.proxy != nil:
		return s.proxy.String()
	}
	return "system"
}

// schemes are the kinds of proxies, with their usual ports. socks5h means that
// the proxy resolves names, which it does here in any case.
var schemes = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

// parseAddress reads a proxy's address; without a scheme it is an http proxy.
// Its errors do not quote the text, because a password can be in it.
func parseAddress(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Hostname() == "":
		return nil, errors.New("it is not a proxy's address, such as http://proxy.agency.gov:8080")
	case schemes[u.Scheme] == "":
		return nil, fmt.Errorf("a proxy's address begins with http://, https:// or socks5://, not %s://", u.Scheme)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("a proxy's address is a host and a port only; a PAC file is set in the system's settings")
	}
	return &url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host}, nil
}

// hostPort returns a proxy's host and port for dialling.
func hostPort(proxy *url.URL) string {
	port := proxy.Port()
	if port == "" {
		port = schemes[proxy.Scheme]
	}
	return net.JoinHostPort(proxy.Hostname(), port)
}

// Shown returns a proxy's address without its credentials.
func Shown(proxy *url.URL) string {
	if proxy == nil {
		return ""
	}
	return (&url.URL{Scheme: proxy.Scheme, Host: proxy.Host}).String()
}

// Route is the way to a host.
type Route struct {
	// Proxies are tried in this order; nil among them is a direct connection.
	// An empty list is a direct connection too.
	Proxies []*url.URL
	Source  string // where the setting came from, in words; empty: nothing is set
	Note    string // what of the setting could not be followed, in words, or empty
}

// ways returns the Proxies, with the direct connection where none is named.
func (r Route) ways() []*url.URL {
	if len(r.Proxies) == 0 {
		return []*url.URL{nil}
	}
	return r.Proxies
}

// First returns the Route with only the preferred way in it.
func (r Route) First() Route {
	r.Proxies = slices.Clone(r.ways()[:1])
	return r
}

// Proxy returns the address of the preferred proxy without credentials, or ""
// for a direct connection.
func (r Route) Proxy() string { return Shown(r.ways()[0]) }

func one(proxy *url.URL, source string) Route {
	return Route{Proxies: []*url.URL{proxy}, Source: source}
}

// ProxyAndSource returns the preferred proxy and where it was set, for example
// "http://proxy:8080 (from HTTPS_PROXY)", or "" for a direct connection.
func (r Route) ProxyAndSource() string {
	if r.Proxy() == "" || r.Source == "" {
		return r.Proxy()
	}
	return r.Proxy() + " (from " + r.Source + ")"
}

// String says the way in words, for example "through the proxy
// http://proxy:8080 (from HTTPS_PROXY)". It is empty where nothing is set.
func (r Route) String() string {
	var text string
	switch {
	case r.Proxy() != "":
		text = "through the proxy " + r.Proxy()
	case r.Source != "":
		text = "directly"
	}
	if r.Source != "" {
		text += " (from " + r.Source + ")"
	}
	if r.Note != "" {
		text = strings.TrimLeft(text+"; "+r.Note, "; ")
	}
	return text
}
