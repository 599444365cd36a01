package openapi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// shape is an object's type with those that it inherits from.
type shape struct {
	properties map[string]*Schema
	leftOut    []string
	items      *Schema
	isObject   bool
	open, any  bool
}

func shapeOf(s *Schema) shape {
	sh := shape{properties: map[string]*Schema{}}
	sh.add(s)
	return sh
}

func (sh *shape) add(s *Schema) {
	if s == nil {
		return
	}
	sh.isObject = sh.isObject || s.Type == "object" || len(s.Properties) > 0
	sh.open, sh.any = sh.open || s.Open, sh.any || s.AllowAny
	sh.leftOut = append(sh.leftOut, s.LeftOut...)
	if sh.items == nil {
		sh.items = s.Items
	}
	for name, p := range s.Properties {
		sh.properties[name] = p
	}
	for _, base := range s.AllOf {
		sh.add(base)
	}
}

var (
	extension = regexp.MustCompile(`^\w+_\w+$`)
	readOnly  = regexp.MustCompile(`(?i)\bread-only\b`)
)

// properties finds what a schema's keywords let pass: properties that the type
// lacks, that differ by case, and that a request cannot give; and null in a
// collection. An object that names its type is judged as that type.
func (j *judgement) properties(path string, s *Schema, v any) {
	switch v := v.(type) {
	case []any:
		items := shapeOf(s).items
		if items == nil {
			return
		}
		for i, item := range v {
			at := fmt.Sprintf("%s/%d", path, i)
			if item == nil {
				j.add(at, "null-item", "null in a collection")
				continue
			}
			j.properties(at, items, item)
		}
	case map[string]any:
		if name, ok := v["@odata.type"].(string); ok {
			named := j.d.Components.Schemas[strings.TrimPrefix(name, "#")]
			if named == nil {
				return // a type that the description does not have
			}
			if named != s {
				s = named
				j.value(path, s, v)
			}
		}
		j.object(path, s, v)
	}
}

func (j *judgement) object(path string, s *Schema, v map[string]any) {
	sh := shapeOf(s)
	if sh.any || !sh.isObject {
		return
	}
	seen := map[string]string{}
	for name, x := range v {
		at := path + "/" + name
		if strings.HasPrefix(name, "@") || strings.Contains(name, "@odata.") ||
			strings.Contains(name, "@microsoft.graph.") {
			continue
		}
		if twin, has := seen[strings.ToLower(name)]; has {
			j.add(at, "duplicate", "it is given as %s too", twin)
		}
		seen[strings.ToLower(name)] = name
		p, known := sh.properties[name]
		switch {
		case !known && (slices.Contains(sh.leftOut, name) || sh.open && extension.MatchString(name)):
			continue
		case !known:
			j.add(at, "unknown-property", "%s", j.unknown(s, sh, name))
			continue
		case x == nil:
			continue
		case j.where == "request" && isReadOnly(s, name):
			j.add(at, "read-only", "a request cannot give it")
		}
		j.properties(at, p, x)
	}
}

func (j *judgement) unknown(s *Schema, sh shape, name string) string {
	of := s.Title
	for i := len(s.AllOf) - 1; i >= 0 && of == ""; i-- {
		of = s.AllOf[i].Title
	}
	text := "no property of " + of
	for spelled := range sh.properties {
		if strings.EqualFold(spelled, name) {
			text += ", which spells it " + spelled
		}
	}
	return text
}

// isReadOnly goes by the description's words, as the documentation has them.
func isReadOnly(s *Schema, name string) bool {
	if p := s.Properties[name]; p != nil {
		return !p.WritableOnCreate && (p.ReadOnly || readOnly.MatchString(p.Description))
	}
	return slices.ContainsFunc(s.AllOf, func(base *Schema) bool { return isReadOnly(base, name) })
}
