package openapi

import (
	"net/url"
	"regexp"
	"strings"
)

var place = regexp.MustCompile(`\{[^}]*\}`)

// newTemplate reads a path such as /users/{user-id}/sendMail. A place takes
// anything but a slash.
func newTemplate(path string) template {
	t := template{methods: map[string]*Operation{}, fixed: len(place.ReplaceAllString(path, ""))}
	var form strings.Builder
	form.WriteString("^")
	rest := path
	for _, at := range place.FindAllStringIndex(path, -1) {
		from := len(path) - len(rest)
		form.WriteString(regexp.QuoteMeta(path[from:at[0]]) + "([^/]+)")
		rest = path[at[1]:]
	}
	form.WriteString(regexp.QuoteMeta(rest) + "$")
	t.form = regexp.MustCompile(form.String())
	return t
}

// Find returns the operation that a request is for, and nil when the
// description has none. base is a further address under which the API lies, ""
// for none.
func (d *Description) Find(method, address, base string) (*Operation, *url.URL) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, nil
	}
	path, ok := "", false
	for _, server := range d.Servers {
		if rest, under := strings.CutPrefix(u.Scheme+"://"+u.Host+u.EscapedPath(), server.URL); under && !ok {
			path, ok = rest, true
		}
	}
	if rest, under := strings.CutPrefix(u.Scheme+"://"+u.Host+u.EscapedPath(), base); base != "" && under && !ok {
		path, ok = rest, true
	}
	if !ok {
		return nil, u
	}
	path = strings.NewReplacer("%27", "'", "%28", "(", "%29", ")", "%3D", "=", "%40", "@").Replace(path)
	var found *Operation
	best := -1
	for _, t := range d.templates {
		if op := t.methods[method]; op != nil && t.fixed > best && t.form.MatchString(path) {
			found, best = op, t.fixed
		}
	}
	return found, u
}
