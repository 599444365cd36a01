package diagnose

import (
	"slices"
	"strings"

	"palmail/clean"
)

const routeLine = "Connection: "

// proxyRemedy makes the finding of a proxy that wants a sign-in exact: in what
// way it wants it, and for which hosts an exception is needed. The schemes are
// those of https://www.iana.org/assignments/http-authschemes.
func (f *Failure) proxyRemedy(to *Finding) {
	if to.Cause != CauseProxyAuthRequired || f.Status != statusProxyAuthRequired {
		return
	}
	if f.Err != nil && !strings.Contains(to.Raw, f.Err.Error()) {
		to.Raw = bounded(strings.TrimSpace(hide(clean.Text(f.Err.Error()))+"\n"+to.Raw), maxRaw)
	}
	if len(f.ProxyWants) > 0 {
		to.Explanation += " It wants " + clean.Line(strings.Join(f.ProxyWants, " or ")) + "."
	}
	if len(f.Hosts) > 0 {
		to.Remedy = append([]string{
			"Ask the network team to exempt these hosts from the sign-in at the proxy: " +
				clean.Line(strings.Join(f.Hosts, ", ")) + ".",
		}, to.Remedy[1:]...)
	}
	if slices.ContainsFunc(f.ProxyWants, func(s string) bool { return strings.EqualFold(s, "Basic") }) {
		to.Remedy = append(to.Remedy, "This proxy also takes a user name and password in its address, "+
			"HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT. They cross the network unencrypted, so do this last.")
	}
}
