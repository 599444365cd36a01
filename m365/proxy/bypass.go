package proxy

import (
	"net/netip"
	"strings"
)

// target is the host that is to be reached.
type target struct{ host, port string }

func (t target) loopback() bool {
	ip, err := netip.ParseAddr(t.host)
	return t.host == "localhost" || strings.HasSuffix(t.host, ".localhost") || err == nil && ip.IsLoopback()
}

// exemptByNoProxy says whether NO_PROXY names the target, by the rules of
// golang.org/x/net/http/httpproxy: "*", an IP address, a range of them, a domain
// with what is below it, ".domain" for what is below it only, each with or
// without a port.
func exemptByNoProxy(list string, t target) bool {
	for entry := range strings.SplitSeq(strings.ToLower(list), ",") {
		entry = strings.TrimSpace(entry)
		switch {
		case entry == "":
			continue
		case entry == "*" || inRange(entry, t.host):
			return true
		}
		name, ok := withoutPort(entry, t.port)
		if !ok {
			continue
		}
		name = strings.TrimPrefix(name, "*")
		below := name
		if !strings.HasPrefix(name, ".") {
			below = "." + name
		}
		if name != "" && (t.host == name || strings.HasSuffix(t.host, below)) {
			return true
		}
	}
	return false
}

// exemptByPatterns says whether an exception of Windows or macOS names the
// target: a host in which * stands for anything, with or without a scheme and a
// port; a range of addresses; or <local> for names without a dot.
// https://learn.microsoft.com/windows/win32/api/winhttp/ns-winhttp-winhttp_proxy_info
func exemptByPatterns(patterns []string, t target) bool {
	for _, p := range patterns {
		p = strings.ToLower(strings.TrimSpace(p))
		switch {
		case p == "":
			continue
		case p == "<local>":
			if !strings.ContainsAny(t.host, ".:") {
				return true
			}
			continue
		case inRange(p, t.host):
			return true
		}
		if scheme, rest, ok := strings.Cut(p, "://"); ok {
			if scheme != "https" {
				continue
			}
			p = rest
		}
		if name, ok := withoutPort(p, t.port); ok && matches(name, t.host) {
			return true
		}
	}
	return false
}

// withoutPort takes the port off an entry. ok is false if it is another port.
func withoutPort(entry, port string) (name string, ok bool) {
	if strings.Count(entry, ":") > 1 && !strings.HasPrefix(entry, "[") {
		return entry, true // an IPv6 address
	}
	name = entry
	if i := strings.LastIndexByte(entry, ':'); i > strings.LastIndexByte(entry, ']') {
		if entry[i+1:] != port && entry[i+1:] != "*" {
			return "", false
		}
		name = entry[:i]
	}
	return strings.Trim(name, "[]"), true
}

// inRange says whether host is an address in the range, such as 10.0.0.0/8 or
// macOS's short 169.254/16.
func inRange(entry, host string) bool {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	start, bits, ok := strings.Cut(entry, "/")
	if !ok {
		one, err := netip.ParseAddr(strings.Trim(entry, "[]"))
		return err == nil && one.Unmap() == ip.Unmap()
	}
	for !strings.Contains(start, ":") && strings.Count(start, ".") < 3 {
		start += ".0"
	}
	prefix, err := netip.ParsePrefix(start + "/" + bits)
	return err == nil && prefix.Contains(ip.Unmap())
}

// matches says whether text fits the pattern, in which * stands for anything.
func matches(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(text) < len(first)+len(last) || !strings.HasPrefix(text, first) || !strings.HasSuffix(text, last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(text, p)
		if i < 0 {
			return false
		}
		text = text[i+len(p):]
	}
	return true
}
