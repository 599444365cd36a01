// Package openapi holds recorded HTTP exchanges against an OpenAPI 3.0
// description. It is for tests only.
package openapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
)

// Exchange is one request with its answer.
type Exchange struct {
	Method         string
	URL            string
	RequestHeader  http.Header
	RequestBody    []byte
	Status         int
	ResponseHeader http.Header
	ResponseBody   []byte
}

// Violation is one departure from the description.
type Violation struct {
	Where   string // request or response
	Path    string // a JSON pointer, or the name of a parameter
	Rule    string // the keyword or rule that is broken
	Message string
}

// String implements fmt.Stringer.
func (v Violation) String() string {
	return fmt.Sprintf("%s %s: [%s] %s", v.Where, v.Path, v.Rule, v.Message)
}

// Description is what an API's operations take and answer.
type Description struct {
	Servers []struct {
		URL string `json:"url"`
	} `json:"servers"`
	Paths      map[string]map[string]*Operation `json:"paths"`
	Components struct {
		Schemas    map[string]*Schema    `json:"schemas"`
		Responses  map[string]*response  `json:"responses"`
		Parameters map[string]*parameter `json:"parameters"`
	} `json:"components"`

	templates []template
}

// Operation is one method of one path.
type Operation struct {
	ID          string               `json:"operationId"`
	Parameters  []*parameter         `json:"parameters"`
	RequestBody *body                `json:"requestBody"`
	Responses   map[string]*response `json:"responses"`
	// DocumentedStatus and DocumentedRequired say what the documentation says
	// and the description of the types does not.
	DocumentedStatus   int      `json:"x-documented-status"`
	DocumentedRequired []string `json:"x-documented-required"`
}

type parameter struct {
	Ref      string  `json:"$ref"`
	Name     string  `json:"name"`
	In       string  `json:"in"`
	Required bool    `json:"required"`
	Schema   *Schema `json:"schema"`
}

type body struct {
	Required bool               `json:"required"`
	Content  map[string]content `json:"content"`
}

type response struct {
	Ref     string             `json:"$ref"`
	Content map[string]content `json:"content"`
}

type content struct {
	Schema *Schema `json:"schema"`
}

// Schema is the description of a value.
type Schema struct {
	Ref         string             `json:"$ref"`
	Title       string             `json:"title"`
	Description string             `json:"description"`
	Type        string             `json:"type"`
	Format      string             `json:"format"`
	Pattern     string             `json:"pattern"`
	Nullable    bool               `json:"nullable"`
	ReadOnly    bool               `json:"readOnly"`
	UniqueItems bool               `json:"uniqueItems"`
	Enum        []any              `json:"enum"`
	Minimum     *float64           `json:"minimum"`
	Maximum     *float64           `json:"maximum"`
	Required    []string           `json:"required"`
	Properties  map[string]*Schema `json:"properties"`
	Items       *Schema            `json:"items"`
	AllOf       []*Schema          `json:"allOf"`

	Open             bool     `json:"x-csdl-open-type"`     // takes extension properties
	AllowAny         bool     `json:"x-allow-any"`          // takes any property
	WritableOnCreate bool     `json:"x-writable-on-create"` // although the description says Read-only
	LeftOut          []string `json:"x-pruned-navigation"`  // properties that exist and are not described

	pattern *regexp.Regexp
}

// template is a path with places for values.
type template struct {
	form    *regexp.Regexp
	methods map[string]*Operation
	fixed   int // characters outside of the places: the more, the better it fits
}

// Load reads a description from a file.
func Load(name string) (*Description, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading the description: %w", err)
	}
	return Parse(data)
}

// Parse reads a description in JSON. It fails for a reference to what is not
// there and for a pattern that is not a regular expression.
func Parse(data []byte) (*Description, error) {
	var d Description
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, fmt.Errorf("reading the description: %w", err)
	}
	var l linker
	l.schemas = d.Components.Schemas
	for _, s := range d.Components.Schemas {
		l.schema(s)
	}
	for _, r := range d.Components.Responses {
		l.content(r.Content)
	}
	for _, p := range d.Components.Parameters {
		p.Schema = l.schema(p.Schema)
	}
	for path, methods := range d.Paths {
		t := newTemplate(path)
		for method, op := range methods {
			l.operation(&d, op)
			t.methods[strings.ToUpper(method)] = op
		}
		d.templates = append(d.templates, t)
	}
	return &d, l.err
}

// linker puts what a reference names in the place of the reference.
type linker struct {
	schemas map[string]*Schema
	seen    map[*Schema]bool
	err     error
}

func (l *linker) fail(format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf("reading the description: "+format, args...)
	}
}

func (l *linker) operation(d *Description, op *Operation) {
	for i, p := range op.Parameters {
		if p.Ref != "" {
			name := p.Ref[strings.LastIndexByte(p.Ref, '/')+1:]
			if p = d.Components.Parameters[name]; p == nil {
				l.fail("no parameter %q", name)
				return
			}
			op.Parameters[i] = p
			continue
		}
		p.Schema = l.schema(p.Schema)
	}
	if op.RequestBody != nil {
		l.content(op.RequestBody.Content)
	}
	for status, r := range op.Responses {
		if r.Ref != "" {
			name := strings.TrimPrefix(r.Ref, "#/components/responses/")
			if r = d.Components.Responses[name]; r == nil {
				l.fail("no response %q", name)
				return
			}
			op.Responses[status] = r
			continue
		}
		l.content(r.Content)
	}
}

func (l *linker) content(m map[string]content) {
	for kind, c := range m {
		m[kind] = content{l.schema(c.Schema)}
	}
}

// schema returns what stands for s once its references are followed.
func (l *linker) schema(s *Schema) *Schema {
	if s == nil {
		return nil
	}
	if s.Ref != "" {
		name := strings.TrimPrefix(s.Ref, "#/components/schemas/")
		to := l.schemas[name]
		if to == nil {
			l.fail("no schema %q", name)
			return s
		}
		return l.schema(to)
	}
	if l.seen[s] {
		return s
	}
	if l.seen == nil {
		l.seen = map[*Schema]bool{}
	}
	l.seen[s] = true
	if s.Pattern != "" {
		var err error
		if s.pattern, err = regexp.Compile(s.Pattern); err != nil {
			l.fail("the pattern %q: %w", s.Pattern, err)
		}
	}
	for name, p := range s.Properties {
		s.Properties[name] = l.schema(p)
	}
	for i, p := range s.AllOf {
		s.AllOf[i] = l.schema(p)
	}
	s.Items = l.schema(s.Items)
	return s
}
