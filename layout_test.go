package scorelab

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// What fits on a screen: a line, a function and a file.
const (
	maxColumns       = 120 // a tab is 4
	maxFunctionLines = 60
	maxFileLines     = 400
)

// TestFilesFitOnAScreen holds the limits for every Go file, tests and scripts too.
func TestFilesFitOnAScreen(t *testing.T) {
	eachGoFile(t, func(file string) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		if len(lines) > maxFileLines {
			t.Errorf("%s has %d lines, at most %d: split it by topic", file, len(lines), maxFileLines)
		}
		for i, line := range lines {
			if n := columns(line); n > maxColumns {
				t.Errorf("%s:%d has %d columns, at most %d: break it", file, i+1, n, maxColumns)
			}
		}
		for name, n := range functionLines(t, file, text) {
			if n > maxFunctionLines {
				t.Errorf("%s: %s has %d lines, at most %d: split it into steps", file, name, n, maxFunctionLines)
			}
		}
	})
}

func columns(line string) int {
	return utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    "))
}

// functionLines are the lengths of the declared functions of a file, from the func line to the closing brace.
func functionLines(t *testing.T, file string, text []byte) map[string]int {
	t.Helper()
	positions := token.NewFileSet()
	parsed, err := parser.ParseFile(positions, file, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	lengths := map[string]int{}
	for _, d := range parsed.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			n := positions.Position(f.End()).Line - positions.Position(f.Pos()).Line + 1
			lengths[f.Name.Name] = max(n, lengths[f.Name.Name])
		}
	}
	return lengths
}
