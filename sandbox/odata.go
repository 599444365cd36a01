package sandbox

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// entity is an object of the directory as Graph shows it.
type entity map[string]any

func badRequest(format string, args ...any) *graphError {
	return deny(http.StatusBadRequest, "Request_BadRequest", format, args...)
}

func invalidValue(property, resource string) *graphError {
	return badRequest("Invalid value specified for property '%s' of resource '%s'.", property, resource).
		withDetail("InvalidValue", property)
}

func notFound(name string) *graphError {
	return deny(http.StatusNotFound, "Request_ResourceNotFound",
		"Resource '%s' does not exist or one of its queried reference-property objects are not present.", name)
}

// query is what is read of a request's query options.
type query struct {
	fields []string // $select, nil for all that are shown by default
	terms  []term   // $filter, joined by or
	top    int
	skip   int
	count  bool
}

type term struct{ property, operator, value string }

// options reads the query options. Those that this tenant does not know how to
// serve are refused, never passed over.
func options(q url.Values, list bool) (query, *graphError) {
	o := query{top: 100}
	for k, values := range q {
		v := values[0]
		switch {
		case k == "$select":
			for _, s := range strings.Split(v, ",") {
				o.fields = append(o.fields, strings.TrimSpace(s))
			}
		case k == "$filter" && list:
			for _, s := range splitOr(v) {
				m := comparison.FindStringSubmatch(s)
				if m == nil {
					return o, deny(http.StatusBadRequest, "Request_UnsupportedQuery",
						"Unsupported or invalid query filter clause specified: '%s'.", s)
				}
				t := term{m[1], "eq", m[2]}
				switch {
				case m[3] != "":
					t = term{m[3], "startswith", m[4]}
				case m[5] != "" && m[5] == m[6]:
					t = term{redirectURIs, "eq", m[7]}
				case m[5] != "" && m[5] == m[8]:
					t = term{redirectURIs, "startswith", m[9]}
				}
				if !slices.Contains([]string{"displayName", "appId", "id", redirectURIs}, t.property) {
					return o, deny(http.StatusBadRequest, "Request_UnsupportedQuery",
						"Unsupported or invalid query filter clause specified for property '%s'.", t.property)
				}
				t.value = strings.ReplaceAll(t.value, "''", "'")
				o.terms = append(o.terms, t)
			}
		case k == "$top" && list:
			n, err := strconv.Atoi(v)
			if err != nil || n < 1 || n > 999 {
				return o, deny(http.StatusBadRequest, "Request_UnsupportedQuery",
					"Invalid page size specified: '%s'. Must be between 1 and 999 inclusive.", v)
			}
			o.top = n
		case k == "$skip" && list: // only in the links to further pages
			n, err := strconv.Atoi(v)
			if err != nil || n < 0 {
				return o, badRequest("Invalid value for $skip.")
			}
			o.skip = n
		case k == "$count" && list:
			o.count = v == "true"
		case strings.HasPrefix(k, "$"):
			return o, deny(http.StatusBadRequest, "Request_UnsupportedQuery",
				"The query option '%s' is not supported here.", k)
		}
	}
	return o, nil
}

// redirectURIs is the one collection that can be filtered.
const redirectURIs = "web/redirectUris"

var comparison = regexp.MustCompile(`^\s*(?:(\w+) eq '((?:[^']|'')*)'` +
	`|startswith\((\w+),\s*'((?:[^']|'')*)'\)` +
	`|web/redirectUris/any\((\w+):\s*(?:(\w+) eq '((?:[^']|'')*)'|startswith\((\w+),\s*'((?:[^']|'')*)'\))\s*\))\s*$`)

// splitOr cuts a filter at its ors, those inside of quotes excepted.
func splitOr(s string) []string {
	var out []string
	quoted, from := false, 0
	for i := range len(s) {
		if s[i] == '\'' {
			quoted = !quoted
		}
		if !quoted && strings.HasPrefix(s[i:], " or ") {
			out, from = append(out, s[from:i]), i+len(" or ")
		}
	}
	return append(out, s[min(from, len(s)):])
}

// matches tells whether an object passes the filter. Graph compares texts
// without regard to case.
func (o query) matches(x entity) bool {
	for _, t := range o.terms {
		want := strings.ToLower(t.value)
		for _, value := range x.values(t.property) {
			got := strings.ToLower(value)
			if got == want || t.operator == "startswith" && strings.HasPrefix(got, want) {
				return true
			}
		}
	}
	return len(o.terms) == 0
}

// values are what a filter compares of a property.
func (x entity) values(property string) []string {
	if property == redirectURIs {
		web, _ := x["web"].(entity)
		uris, _ := web["redirectUris"].([]string)
		return uris
	}
	return []string{fmt.Sprint(x[property])}
}

// advanced tells whether the filter is one that Graph serves from an index of
// its own, for which a request must ask
// (https://learn.microsoft.com/graph/aad-advanced-queries).
func (o query) advanced() bool {
	return slices.ContainsFunc(o.terms, func(t term) bool { return t.property == redirectURIs })
}

// kind is a type of directory object, for the answers' contexts and texts.
type kind struct {
	set, of string   // applications, application
	props   []string // the properties there are
	shown   []string // those shown without $select, nil for all that the object has
}

// check refuses a $select of properties that the type lacks.
func (k kind) check(o query) *graphError {
	for _, f := range o.fields {
		if !slices.Contains(k.props, f) {
			return deny(http.StatusBadRequest, "BadRequest", "Parsing OData Select and Expand failed: Could not find "+
				"a property named '%s' on type 'microsoft.graph.%s'.", f, k.of)
		}
	}
	return nil
}

// pick keeps the properties that are asked for.
func (k kind) pick(x entity, o query) entity {
	fields := o.fields
	if fields == nil {
		fields = k.shown
	}
	if fields == nil {
		return x
	}
	out := entity{}
	for _, f := range fields {
		out[f] = x[f]
	}
	return out
}

// one answers with an object.
func (t *Tenant) one(c *call, status int, k kind, x entity, o query) answer {
	if refusal := k.check(o); refusal != nil {
		return t.graphRefusal(c, refusal)
	}
	out := entity{"@odata.context": t.context(c, k, o) + "/$entity"}
	for f, v := range k.pick(x, o) {
		out[f] = v
	}
	return jsonAnswer(status, graphJSON, out)
}

func (t *Tenant) context(c *call, k kind, o query) string {
	set := k.set
	if o.fields != nil {
		set += "(" + strings.Join(o.fields, ",") + ")"
	}
	return "https://" + t.ownHost(c) + "/v1.0/$metadata#" + set
}

// many answers with a page of those objects that pass the filter.
func (t *Tenant) many(c *call, k kind, all []entity, o query) answer {
	if refusal := k.check(o); refusal != nil {
		return t.graphRefusal(c, refusal)
	}
	eventual := strings.EqualFold(c.header.Get("ConsistencyLevel"), "eventual")
	if o.advanced() && (k.of != "application" || !eventual || !o.count) {
		return t.graphRefusal(c, deny(http.StatusBadRequest, "Request_UnsupportedQuery",
			"Unsupported or invalid query filter clause specified for property 'redirectUris' of resource "+
				"'WebApplication'."))
	}
	found := []entity{}
	for _, x := range all {
		if o.matches(x) {
			found = append(found, k.pick(x, o))
		}
	}
	body := entity{"@odata.context": t.context(c, k, o)}
	if o.count && eventual {
		body["@odata.count"] = len(found)
	}
	rest := found[min(o.skip, len(found)):]
	if len(rest) > o.top {
		q := c.url.Query()
		q.Set("$skip", strconv.Itoa(o.skip+o.top))
		body["@odata.nextLink"] = "https://" + t.ownHost(c) + c.url.EscapedPath() + "?" + q.Encode()
		rest = rest[:o.top]
	}
	body["value"] = rest
	return jsonAnswer(http.StatusOK, graphJSON, body)
}

// payload reads a request's JSON object with only the allowed properties.
func payload(c *call, of string, allowed ...string) (map[string]json.RawMessage, *graphError) {
	if c.tooLarge || len(c.body) > maxForm {
		return nil, deny(http.StatusRequestEntityTooLarge, "BadRequest", "Maximum request length exceeded.")
	}
	given := c.header.Get("Content-Type")
	if mediaType, _, err := mime.ParseMediaType(given); err != nil || mediaType != "application/json" {
		return nil, deny(http.StatusBadRequest, "BadRequest",
			"Write requests (excluding DELETE) must contain the Content-Type header declaration.")
	}
	if !json.Valid(c.body) {
		return nil, deny(http.StatusBadRequest, "BadRequest", unreadable)
	}
	return object(c.body, of, allowed...)
}

// into decodes one property, if it is given. It refuses a value of another type.
func into(m map[string]json.RawMessage, name, of string, v any) *graphError {
	raw := m[name]
	if raw == nil || string(raw) == "null" {
		return nil
	}
	if json.Unmarshal(raw, v) != nil {
		return badValue(string(raw), of)
	}
	return nil
}
