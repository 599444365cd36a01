package proxy

import (
	"bufio"
	"net/url"
	"strings"
)

const sourceMac = "the network settings of macOS"

// routeByScutil returns the way to the target by what `scutil --proxy` prints,
// the dictionary of SCDynamicStoreCopyProxies
// (https://developer.apple.com/documentation/systemconfiguration/scdynamicstorecopyproxies(_:)).
//
// macOS evaluates a PAC file only through a framework, which this program,
// built without C, does not link; the Note says so.
func routeByScutil(text string, t target) Route {
	d := parseScutil(text)
	exceptions := d.list["ExceptionsList"]
	if d.value["ExcludeSimpleHostnames"] == "1" {
		exceptions = append(exceptions, "<local>")
	}
	note := ""
	switch {
	case d.value["ProxyAutoConfigEnable"] == "1":
		note = "macOS names the PAC file " + shownPAC(d.value["ProxyAutoConfigURLString"]) +
			", which palmail cannot evaluate: name the proxy with --proxy"
	case d.value["ProxyAutoDiscoveryEnable"] == "1":
		note = "macOS is set to detect proxies automatically, which palmail cannot do: name the proxy with --proxy"
	}
	proxy := d.proxy()
	switch {
	case proxy == nil && note == "":
		return Route{}
	case proxy == nil:
		return Route{Source: sourceMac, Note: note}
	case exemptByPatterns(exceptions, t):
		return Route{Source: sourceMac}
	}
	return Route{Proxies: []*url.URL{proxy}, Source: sourceMac, Note: note}
}

// scutilDictionary holds the top level of the dictionary.
type scutilDictionary struct {
	value map[string]string
	list  map[string][]string
}

// proxy returns the static proxy for https addresses, or the SOCKS proxy.
func (d scutilDictionary) proxy() *url.URL {
	for _, kind := range []struct{ name, scheme string }{{"HTTPS", "http"}, {"SOCKS", "socks5"}} {
		host := d.value[kind.name+"Proxy"]
		if d.value[kind.name+"Enable"] != "1" || host == "" {
			continue
		}
		if port := d.value[kind.name+"Port"]; port != "" {
			host += ":" + port
		}
		if u, err := parseAddress(kind.scheme + "://" + host); err == nil {
			return u
		}
	}
	return nil
}

func parseScutil(text string) scutilDictionary {
	d := scutilDictionary{map[string]string{}, map[string][]string{}}
	depth, array := 0, ""
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		key, value, ok := strings.Cut(line, " : ")
		switch {
		case line == "}":
			depth--
			array = ""
		case strings.HasSuffix(line, "{"):
			depth++
			if depth == 2 && strings.HasPrefix(value, "<array>") {
				array = key
			}
		case ok && depth == 1:
			d.value[key] = value
		case ok && depth == 2 && array != "":
			d.list[array] = append(d.list[array], value)
		}
	}
	return d
}
