package openapi

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

// judgement collects the violations of one side of an exchange.
type judgement struct {
	d     *Description
	where string
	found []Violation
}

func (j *judgement) add(path, rule, format string, args ...any) {
	v := Violation{j.where, path, rule, fmt.Sprintf(format, args...)}
	if !slices.Contains(j.found, v) {
		j.found = append(j.found, v)
	}
}

// value holds a JSON value against the keywords of a schema. What a schema does
// not name passes; unknown properties are judged by properties.
func (j *judgement) value(path string, s *Schema, v any) {
	if s == nil {
		return
	}
	if v == nil {
		if !s.Nullable && s.Type != "" {
			j.add(path, "schema.nullable", "null is no value of it")
		}
		if !s.Nullable {
			for _, part := range s.AllOf {
				j.value(path, part, v)
			}
		}
		return
	}
	for _, part := range s.AllOf {
		j.value(path, part, v)
	}
	if s.Type != "" && !hasType(s.Type, v) {
		j.add(path, "schema.type", "%s is not of the type %s", short(v), s.Type)
		return
	}
	j.enum(path, s, v)
	switch v := v.(type) {
	case string:
		j.text(path, s, v)
	case float64:
		j.number(path, s, v)
	case []any:
		for i, item := range v {
			j.value(fmt.Sprintf("%s/%d", path, i), s.Items, item)
		}
		if s.UniqueItems && hasTwins(v) {
			j.add(path, "schema.uniqueItems", "an item is given twice")
		}
	case map[string]any:
		for _, name := range s.Required {
			if _, has := v[name]; !has {
				j.add(path+"/"+name, "schema.required", "it is missing")
			}
		}
		for name, p := range s.Properties {
			if x, has := v[name]; has {
				j.value(path+"/"+name, p, x)
			}
		}
	}
}

func hasType(name string, v any) bool {
	switch v := v.(type) {
	case string:
		return name == "string"
	case bool:
		return name == "boolean"
	case float64:
		return name == "number" || name == "integer" && v == math.Trunc(v)
	case []any:
		return name == "array"
	case map[string]any:
		return name == "object"
	}
	return false
}

// enum passes a value that differs from one that is allowed by case only: Graph
// takes those.
func (j *judgement) enum(path string, s *Schema, v any) {
	if len(s.Enum) == 0 {
		return
	}
	for _, allowed := range s.Enum {
		a, isText := allowed.(string)
		b, alike := v.(string)
		if allowed == v || isText && alike && strings.EqualFold(a, b) {
			return
		}
	}
	j.add(path, "schema.enum", "%s is none of the values %v", short(v), s.Enum)
}

func (j *judgement) text(path string, s *Schema, v string) {
	if s.pattern != nil && !s.pattern.MatchString(v) {
		j.add(path, "schema.pattern", "%s does not match %s", short(v), s.Pattern)
		return
	}
	_, err := time.Parse(time.RFC3339Nano, v)
	if s.Format == "date-time" && err != nil || s.Format == "uuid" && !uuid.MatchString(v) {
		j.add(path, "schema.format", "%s is no %s", short(v), s.Format)
	}
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func (j *judgement) number(path string, s *Schema, v float64) {
	switch {
	case s.Minimum != nil && v < *s.Minimum:
		j.add(path, "schema.minimum", "%v is less than %v", v, *s.Minimum)
	case s.Maximum != nil && v > *s.Maximum:
		j.add(path, "schema.maximum", "%v is more than %v", v, *s.Maximum)
	case s.Format == "int32" && (v < math.MinInt32 || v > math.MaxInt32):
		j.add(path, "schema.format", "%v is no int32", v)
	}
}

func hasTwins(list []any) bool {
	seen := map[string]bool{}
	for _, v := range list {
		key := fmt.Sprintf("%T %v", v, v)
		if seen[key] {
			return true
		}
		seen[key] = true
	}
	return false
}

func short(v any) string {
	s := fmt.Sprintf("%#v", v)
	if len(s) > 80 {
		return s[:77] + "..."
	}
	return s
}
