package proxy

import (
	"errors"
	"net/url"
	"strings"
)

// parseWindowsList reads a proxy list as Windows keeps it and WinHTTP answers
// it, and returns the proxies for https addresses, best first:
//
//	[scheme=][scheme://]host[:port], separated by semicolons or white space
//
// An entry without "scheme=" is for all kinds of addresses, unless one with
// "https=" is there. Entries of other kinds, socks= among them, do not count.
// https://learn.microsoft.com/windows/win32/api/winhttp/ns-winhttp-winhttp_proxy_info
func parseWindowsList(list string) []*url.URL {
	var https, all []*url.URL
	for _, entry := range splitWindowsList(list) {
		kind, address, named := strings.Cut(entry, "=")
		if !named {
			kind, address = "", entry
		}
		proxy, err := parseAddress(address)
		if err != nil {
			continue
		}
		switch strings.ToLower(kind) {
		case "https":
			https = append(https, proxy)
		case "":
			all = append(all, proxy)
		}
	}
	if len(https) > 0 {
		return https
	}
	return all
}

func splitWindowsList(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ';' || r == ' ' || r == '\t' || r == '\r' || r == '\n' })
}

// windowsStatic is a static setting of Windows.
type windowsStatic struct{ list, bypass, source string }

// route returns the way to the target by a static setting.
func (s windowsStatic) route(t target) Route {
	proxies := parseWindowsList(s.list)
	if len(proxies) == 0 || exemptByPatterns(splitWindowsList(s.bypass), t) {
		return Route{Source: s.source}
	}
	return Route{Proxies: proxies, Source: s.source}
}

// windowsConfig is the proxy setting of one user or of the computer.
type windowsConfig struct {
	autoDetect bool   // WPAD
	pac        string // address of a PAC file
	windowsStatic
}

// autoProxy asks the system what a PAC file says about a target: the one at the
// address, or the one that WPAD finds if that is empty. err is an errAutoProxy
// if the file could not be used.
type autoProxy func(pac string, t target) (windowsStatic, error)

// errAutoProxy says why a PAC file could not be used.
type errAutoProxy struct {
	text  string
	quiet bool // nothing to speak of: WPAD is on by default, and most networks have none
}

func (e errAutoProxy) Error() string { return e.text }

// route follows the setting as Windows does: WPAD, then the PAC file, then the
// static proxy.
// https://learn.microsoft.com/windows/win32/winhttp/winhttp-autoproxy-api
func (c windowsConfig) route(t target, ask autoProxy) Route {
	note := ""
	tries := []struct {
		on           bool
		pac, way     string
		failedPrefix string
	}{
		{c.autoDetect, "", "automatic detection", "the automatic detection of proxies failed: "},
		{c.pac != "", c.pac, "the PAC file " + shownPAC(c.pac),
			"the PAC file " + shownPAC(c.pac) + " could not be used: "},
	}
	for _, try := range tries {
		if !try.on {
			continue
		}
		found, err := ask(try.pac, t)
		if err == nil {
			found.source = c.source + ", by " + try.way
			r := found.route(t)
			r.Note = note
			return r
		}
		var failed errAutoProxy
		if !errors.As(err, &failed) || !failed.quiet {
			note = try.failedPrefix + err.Error()
		}
	}
	if c.list == "" {
		return Route{Note: note}
	}
	r := c.windowsStatic.route(t)
	r.Note = note
	return r
}

// shownPAC returns the address of a PAC file without credentials and query.
func shownPAC(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "in the settings"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
