package openapi

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Check returns everything that is wrong with an exchange for op, which Find
// has returned. The rules are OpenAPI's, and those that Microsoft Graph adds:
// no query option or property that is not declared, the documented status and
// required properties, no read-only properties in requests.
func (d *Description) Check(op *Operation, u *url.URL, e Exchange) []Violation {
	request := &judgement{d: d, where: "request"}
	request.query(op, u, e.RequestHeader)
	request.requestBody(op, e)
	answer := &judgement{d: d, where: "response"}
	answer.response(op, e)
	return slices.Concat(request.found, answer.found)
}

func (j *judgement) query(op *Operation, u *url.URL, header http.Header) {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		j.add("query", "query", "%v", err)
	}
	declared := map[string]*parameter{}
	for _, p := range op.Parameters {
		if p.In != "query" {
			continue
		}
		declared[p.Name] = p
		if p.Required && !q.Has(p.Name) {
			j.add("query "+p.Name, "parameter", "it is missing")
		}
	}
	for name, values := range q {
		p := declared[name]
		if p == nil {
			j.add("query "+name, "unknown-query", "%s does not declare it", op.ID)
			continue
		}
		j.parameter("query "+name, p.Schema, values[0])
	}
	advanced := q.Has("$search") || q.Get("$count") == "true"
	if advanced && !strings.EqualFold(header.Get("ConsistencyLevel"), "eventual") {
		j.add("query", "consistency", "$search and $count=true need ConsistencyLevel: eventual")
	}
}

// parameter judges a query option, which is text whatever its type.
func (j *judgement) parameter(path string, s *Schema, text string) {
	if s == nil {
		return
	}
	var v any = text
	switch s.Type {
	case "array":
		var list []any
		for _, item := range strings.Split(text, ",") {
			list = append(list, item)
		}
		v = list
	case "integer", "number":
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			j.add(path, "parameter", "%q is no number", text)
			return
		}
		v = n
	case "boolean":
		b, err := strconv.ParseBool(text)
		if err != nil {
			j.add(path, "parameter", "%q is neither true nor false", text)
			return
		}
		v = b
	}
	inner := &judgement{d: j.d, where: j.where}
	inner.value("", s, v)
	for _, v := range inner.found {
		j.add(path, "parameter", "%s", v.Message)
	}
}

func (j *judgement) requestBody(op *Operation, e Exchange) {
	switch {
	case op.RequestBody == nil:
		if len(e.RequestBody) > 0 {
			j.add("", "request", "%s takes no body", op.ID)
		}
		return
	case len(e.RequestBody) == 0:
		if op.RequestBody.Required || len(op.DocumentedRequired) > 0 {
			j.add("", "request", "%s needs a body", op.ID)
		}
		return
	}
	s, v, ok := j.body(op.RequestBody.Content, e.RequestHeader, e.RequestBody, "request")
	if !ok || s == nil {
		return
	}
	j.value("", s, v)
	j.properties("", s, v)
	m, isObject := v.(map[string]any)
	if !isObject {
		return
	}
	for _, name := range op.DocumentedRequired {
		has := false
		for given, x := range m {
			has = has || strings.EqualFold(given, name) && x != nil
		}
		if !has {
			j.add("/"+name, "documented-required", "the documentation requires it")
		}
	}
}

func (j *judgement) response(op *Operation, e Exchange) {
	r := op.answer(e.Status)
	if r == nil {
		j.add("", "response", "status %d is not declared", e.Status)
		return
	}
	if e.Status/100 == 2 {
		if want := op.DocumentedStatus; want != 0 && want != e.Status {
			j.add("", "status", "status %d, documented %d", e.Status, want)
		}
		if e.Status == http.StatusNoContent || e.Status == http.StatusAccepted {
			if len(e.ResponseBody) > 0 {
				j.add("", "body", "status %d with a body", e.Status)
			}
			return
		}
	}
	if len(r.Content) == 0 {
		return
	}
	if s, v, ok := j.body(r.Content, e.ResponseHeader, e.ResponseBody, "response"); ok && s != nil {
		j.value("", s, v)
		j.properties("", s, v)
	}
}

// answer returns what is declared for a status: for itself, for its hundred, or
// for any.
func (op *Operation) answer(status int) *response {
	for _, key := range []string{strconv.Itoa(status), fmt.Sprintf("%dXX", status/100), "default"} {
		if r := op.Responses[key]; r != nil {
			return r
		}
	}
	return nil
}

// body reads a body as its media type says. ok tells whether it could be read.
func (j *judgement) body(declared map[string]content, h http.Header, raw []byte,
	rule string) (s *Schema, v any, ok bool) {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	c, has := declared[kind]
	if err != nil || !has {
		j.add("", rule, "Content-Type %q is not declared", h.Get("Content-Type"))
		return nil, nil, false
	}
	if kind != "application/json" {
		return c.Schema, string(raw), true
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		j.add("", rule, "the body is no JSON: %v", err)
		return nil, nil, false
	}
	return c.Schema, v, true
}
