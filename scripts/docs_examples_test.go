package scripts

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// given completes the examples that are fragments: what a page says in words is declared here, by the first line of the
// block. A block that is not in this table compiles as it stands.
var given = map[string]string{
	"cross, process := density.Cross(), diffusion.VP{}": `
		var b compute.Backend
		check := func(error) {}`,
	"build := func(scope *model.Scope, _ []*Node) diffusion.Model {": `
		var net network.Network
		var head diffusion.Head
		var process diffusion.Process
		var class int`,
}

// ran names the example function whose source a block is, so that it does not only compile.
var ran = map[string]string{
	"build := func(scope *model.Scope, _ []*Node) diffusion.Model {": "../lib/network/example_test.go",
	"cross, process := density.Cross(), diffusion.VP{}":              "../examples/first/main.go",
}

// block is Go in a page.
type block struct {
	page string
	line int // of the first line of code
	code string
}

// first is the first line, by which the tables name a block.
func (b block) first() string {
	line, _, _ := strings.Cut(b.code, "\n")
	return line
}

// blocksOf are the Go blocks of a page.
func blocksOf(page, text string) (all []block) {
	fence := regexp.MustCompile("(?ms)^```go[^\n]*\n(.*?)^```")
	for _, at := range fence.FindAllStringSubmatchIndex(text, -1) {
		all = append(all, block{page, 1 + strings.Count(text[:at[2]], "\n"), strings.TrimRight(text[at[2]:at[3]],
			"\n")})
	}
	return all
}

// pages are those with examples: the README and docs.
func pages(t *testing.T) (all []block) {
	t.Helper()
	docs, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(docs, "../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, blocksOf(page, string(text))...)
	}
	return all
}

// elsewhere are the packages that examples may use beside lib/* and the standard library's.
var elsewhere = map[string]string{
	"compute": "github.com/gomlx/compute", "dtypes": "github.com/gomlx/compute/dtypes",
	"shapes":  "github.com/gomlx/compute/shapes",
	"tensors": "github.com/gomlx/gomlx/core/tensors", "model": "github.com/gomlx/gomlx/ml/model",
	"context": "context", "errors": "errors", "fmt": "fmt", "math": "math", "os": "os",
}

// file is a block as a Go file: a file of its own, declarations, or statements of a function, with the imports of the
// packages that it names, and GoMLX's graph as its readers import it. Every variable counts as used.
func (b block) file(module string) (string, error) {
	if strings.HasPrefix(b.code, "package ") {
		return b.code, nil
	}
	body := fmt.Sprintf("//line %s:%d\n%s\n", filepath.Base(b.page), b.line, b.code)
	source := "package example\n" + body
	parsed, err := parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution)
	if err != nil {
		wrap := func(uses string) string {
			return fmt.Sprintf("package example\n\nfunc example() {\n%s\n%s%s}\n", given[b.first()], body, uses)
		}
		source = wrap("")
		if parsed, err = parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution); err != nil {
			return "", fmt.Errorf("%s:%d: %w", b.page, b.line, err)
		}
		uses := ""
		for _, name := range variables(parsed) {
			uses += "_ = " + name + "\n"
		}
		source = wrap(uses)
	}
	imports := "import . \"github.com/gomlx/gomlx/core/graph\"\n\nvar _ *Node\n"
	for _, name := range named(parsed) {
		path, known := elsewhere[name]
		if _, err := os.Stat(filepath.Join("../lib", name)); !known && err == nil {
			path, known = module+"/lib/"+name, true
		}
		if known && !slices.Contains(variables(parsed), name) {
			imports = fmt.Sprintf("import %q\n", path) + imports
		}
	}
	return strings.Replace(source, "package example\n", "package example\n\n"+imports, 1), nil
}

// variables are the variables that the function declares in its own block.
func variables(f *ast.File) (names []string) {
	for _, decl := range f.Decls {
		function, is := decl.(*ast.FuncDecl)
		if !is || function.Name.Name != "example" {
			continue
		}
		for _, s := range function.Body.List {
			switch s := s.(type) {
			case *ast.AssignStmt:
				for _, left := range s.Lhs {
					if id, is := left.(*ast.Ident); is && s.Tok == token.DEFINE && id.Name != "_" {
						names = append(names, id.Name)
					}
				}
			case *ast.DeclStmt:
				for _, spec := range s.Decl.(*ast.GenDecl).Specs {
					if v, is := spec.(*ast.ValueSpec); is {
						for _, id := range v.Names {
							names = append(names, id.Name)
						}
					}
				}
			}
		}
	}
	return names
}

// named are the identifiers before a dot, packages among them, each once.
func named(f *ast.File) (names []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		if s, is := n.(*ast.SelectorExpr); is {
			if id, is := s.X.(*ast.Ident); is && !slices.Contains(names, id.Name) {
				names = append(names, id.Name)
			}
		}
		return true
	})
	slices.Sort(names)
	return names
}

// compile compiles blocks inside this module, each as a package that is nowhere on the disk.
func compile(t *testing.T, blocks []block) (string, error) {
	t.Helper()
	module, err := exec.Command("go", "list", "-m").Output()
	if err != nil {
		t.Fatal(err)
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	dir := t.TempDir()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	arguments := []string{"build", "-overlay", filepath.Join(dir, "overlay.json")}
	for i, b := range blocks {
		source, err := b.file(strings.TrimSpace(string(module)))
		if err != nil {
			return "", err
		}
		place, text := fmt.Sprintf("scripts/docsexamples/block%d", i), filepath.Join(dir, fmt.Sprint(i, ".go"))
		write(t, text, source, 0o600)
		overlay.Replace[filepath.Join(root, place, "example.go")] = text
		arguments = append(arguments, "./"+place)
	}
	replaced, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "overlay.json"), string(replaced), 0o600)
	build := exec.Command("go", arguments...)
	build.Dir = root
	out, err := build.CombinedOutput()
	return string(out), err
}

// Every Go block of the README and of docs compiles, as it stands or with what is given here.
func TestDocsExamplesCompile(t *testing.T) {
	blocks := pages(t)
	if len(blocks) < 3 {
		t.Fatalf("%d blocks of Go", len(blocks))
	}
	if out, err := compile(t, blocks); err != nil {
		t.Errorf("an example in the docs does not compile: fix it, or declare what it is given in this test\n%v\n%s",
			err, out)
	}
	for _, table := range []map[string]string{given, ran} {
		for first := range table {
			if !slices.ContainsFunc(blocks, func(b block) bool { return b.first() == first }) {
				t.Errorf("no block begins %q any more", first)
			}
		}
	}
}

// The blocks that have an example function are its source, but for the indentation.
func TestDocsExamplesRun(t *testing.T) {
	for _, b := range pages(t) {
		file, named := ran[b.first()]
		if !named {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if want := "\t" + strings.ReplaceAll(b.code, "\n", "\n\t") + "\n"; !strings.Contains(string(source), want) {
			t.Errorf("%s:%d is not what %s runs: make them equal", b.page, b.line, file)
		}
	}
}

// A block that does not compile is found, with the page and the line.
func TestDocsExamplesCatch(t *testing.T) {
	text := "words\n\n```go\nx := diffusion.VP{}\ny := diffusion.Nothing(x)\n```\n"
	out, err := compile(t, blocksOf("page.md", text))
	if err == nil || !strings.Contains(out, "page.md:5") || !strings.Contains(out, "Nothing") {
		t.Errorf("%v: %s", err, out)
	}
}
