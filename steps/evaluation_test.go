package steps

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// Go does not say whether `return x, call()` reads x before or after the call.
// So nothing is returned beside a call that an inner function, which may run
// meanwhile, assigns (https://go.dev/ref/spec#Order_of_evaluation).
func TestNoReturnDependsOnEvaluationOrder(t *testing.T) {
	bad := `package p
func f() (admin int, err error) {
	go func() { admin, err = 1, nil }()
	return admin, wait()
}`
	if found := dependentReturns(t, "bad.go", bad); len(found) != 1 {
		t.Fatalf("in a bad example it finds %v", found)
	}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, at := range dependentReturns(t, file, nil) {
			t.Errorf("%s returns a variable beside a call that may change it", at)
		}
	}
}

func dependentReturns(t *testing.T, file string, source any) (at []string) {
	t.Helper()
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range parsed.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		assigned := assignedInside(f)
		inspectOwn(f.Body, func(n ast.Node) {
			r, ok := n.(*ast.ReturnStmt)
			if !ok {
				return
			}
			names, calls := false, false
			for _, result := range r.Results {
				if id, ok := result.(*ast.Ident); ok && assigned[id.Name] {
					names = true
				}
				ast.Inspect(result, func(n ast.Node) bool {
					_, call := n.(*ast.CallExpr)
					calls = calls || call
					return true
				})
			}
			if names && calls {
				at = append(at, set.Position(r.Pos()).String())
			}
		})
	}
	return at
}

// assignedInside are the variables that f's inner functions assign and do not declare.
func assignedInside(f *ast.FuncDecl) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		inner, ok := n.(*ast.FuncLit)
		if !ok {
			return true
		}
		ast.Inspect(inner.Body, func(n ast.Node) bool {
			if a, ok := n.(*ast.AssignStmt); ok && a.Tok == token.ASSIGN {
				for _, left := range a.Lhs {
					if id, ok := left.(*ast.Ident); ok {
						names[id.Name] = true
					}
				}
			}
			return true
		})
		return true
	})
	return names
}

// inspectOwn visits the nodes of a function's body without those of inner functions.
func inspectOwn(body *ast.BlockStmt, visit func(ast.Node)) {
	ast.Inspect(body, func(n ast.Node) bool {
		if _, inner := n.(*ast.FuncLit); inner {
			return false
		}
		visit(n)
		return true
	})
}
