package contracttest

import (
	"testing"

	"palmail/sandbox/openapi"
)

// Where Microsoft's own description is at hand, the project's slice says the
// same for every call and property that both have.
func TestOwnSliceAgreesWithContract(t *testing.T) {
	own, err := parseOwn()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(own.Paths); n < 25 {
		t.Errorf("%d paths", n)
	}
	t.Run("shared contract", func(t *testing.T) {
		name := sharedSlice(t)
		if name == "" {
			t.Skip("Microsoft's description does not lie beside the project (shared/contract)")
		}
		shared, err := openapi.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for path, methods := range own.Paths {
			for method, op := range methods {
				theirs, _ := shared.Find(upper(method), "https://graph.microsoft.com/v1.0"+path, "")
				if theirs == nil {
					continue // the slice is there for these
				}
				if op.DocumentedStatus != theirs.DocumentedStatus ||
					len(op.DocumentedRequired) != len(theirs.DocumentedRequired) {
					t.Errorf("%s %s: %d %v, want %d %v", method, path, op.DocumentedStatus, op.DocumentedRequired,
						theirs.DocumentedStatus, theirs.DocumentedRequired)
				}
			}
		}
		for name, s := range own.Components.Schemas {
			theirs := shared.Components.Schemas[name]
			if theirs == nil {
				continue
			}
			all := properties(theirs)
			for property, p := range s.Properties {
				q := all[property]
				if q == nil {
					t.Errorf("%s has no %s", name, property)
					continue
				}
				if p.Type != q.Type && p.Type != "" && q.Type != "" && !p.AllowAny {
					t.Errorf("%s/%s is %s, want %s", name, property, p.Type, q.Type)
				}
			}
		}
	})
}

func upper(method string) string {
	return map[string]string{"get": "GET", "post": "POST", "patch": "PATCH", "delete": "DELETE"}[method]
}

// properties are a type's own and those that it inherits.
func properties(s *openapi.Schema) map[string]*openapi.Schema {
	out := map[string]*openapi.Schema{}
	for _, base := range s.AllOf {
		for name, p := range properties(base) {
			out[name] = p
		}
	}
	for name, p := range s.Properties {
		out[name] = p
	}
	return out
}
