package scorelab

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// TestRaceDetectorSeesConcurrency checks that `make race` tests every package that starts goroutines or holds locks.
func TestRaceDetectorSeesConcurrency(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^RACE \?= (.*)$`).FindSubmatch(makefile)
	if line == nil {
		t.Fatal("the Makefile has no RACE")
	}
	tested := strings.Fields(string(line[1]))
	covers := func(dir string) bool {
		for _, pattern := range tested {
			pattern = strings.TrimPrefix(pattern, "./")
			prefix, all := strings.CutSuffix(pattern, "/...")
			if dir == pattern || all && strings.HasPrefix(dir, prefix) {
				return true
			}
		}
		return false
	}
	found := 0
	eachGoFile(t, func(file string) {
		if strings.HasSuffix(file, "_test.go") || !strings.Contains(file, "/") {
			return
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if dir := path.Dir(file); concurrent(parsed) {
			if found++; !covers(dir) {
				t.Errorf("%s is concurrent: add ./%s to RACE in the Makefile", file, dir)
			}
		}
	})
	if found < 5 {
		t.Errorf("%d files are concurrent: there are more", found)
	}
}

// concurrent finds go statements and the types of package sync, except for those that run a function once.
func concurrent(file *ast.File) (found bool) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = true
		case *ast.SelectorExpr:
			of, ok := n.X.(*ast.Ident)
			found = found || ok && (of.Name == "atomic" || of.Name == "sync" && !strings.HasPrefix(n.Sel.Name, "Once"))
		}
		return true
	})
	return found
}
