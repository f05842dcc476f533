package source

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// always is the name of declarations that run in any case: func init and var _.
const always = "_"

// declarations are those of a package, by name. A method is under the name of its type.
type declarations struct{ byName map[string][]declaration }

// declaration is a function, a method, or a line of a var, const or type block.
type declaration struct {
	label string
	hash  string
	uses  []reference
}

// importsOf adds the import paths of a file.
func importsOf(name string, text []byte, imports map[string]bool) error {
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
	if err != nil {
		return err
	}
	for _, spec := range file.Imports {
		imports[importPath(spec)] = true
	}
	return nil
}

func importPath(spec *ast.ImportSpec) string {
	text, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
	return text
}

// declarationsIn reads a fine package.
func (t *Tree) declarationsIn(dir string) (*declarations, error) {
	if known, ok := t.declared[dir]; ok {
		return known, nil
	}
	names, err := fs.Glob(t.files, path.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	d := &declarations{map[string][]declaration{}}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := fs.ReadFile(t.files, name)
		if err != nil {
			return nil, err
		}
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		f := file{tree: t, dir: dir, text: text, base: fset.File(parsed.Pos()).Base(), into: d}
		f.head = f.headOf(name, parsed)
		if err := f.read(parsed); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if len(d.byName) == 0 {
		return nil, fmt.Errorf("%s has no declarations: is its source in the program?", dir)
	}
	t.declared[dir] = d
	return d, nil
}

// file is a file of a fine package that is being read.
type file struct {
	tree    *Tree
	dir     string
	text    []byte
	base    int
	head    string            // what gives names in this file their meaning
	imports map[string]string // folders of packages of the module, by their names in this file
	into    *declarations
}

// headOf is the name of the file and what stands before its package clause, which say for which systems it is compiled,
// and its imports. Each of its declarations depends on them.
func (f *file) headOf(name string, parsed *ast.File) string {
	head := []string{path.Base(name), string(f.text[:int(parsed.Package)-f.base])}
	for _, spec := range parsed.Imports {
		head = append(head, string(f.text[int(spec.Pos())-f.base:int(spec.End())-f.base]))
	}
	return strings.Join(head, "\n")
}

func (f *file) read(parsed *ast.File) error {
	f.imports = map[string]string{}
	for _, spec := range parsed.Imports {
		dir, ours := f.tree.folder(importPath(spec))
		switch {
		case !ours:
		case spec.Name == nil:
			f.imports[path.Base(dir)] = dir
		case spec.Name.Name == ".":
			return fmt.Errorf("%s is imported with a dot, so that its names cannot be told from others", dir)
		case spec.Name.Name == "_":
			f.into.byName[always] = append(f.into.byName[always],
				declaration{label: "import " + dir, uses: []reference{{dir, always}}})
		default:
			f.imports[spec.Name.Name] = dir
		}
	}
	for _, d := range parsed.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			f.function(d)
		case *ast.GenDecl:
			f.block(d)
		}
	}
	return nil
}

func (f *file) function(d *ast.FuncDecl) {
	name, label := d.Name.Name, d.Name.Name
	if d.Recv != nil {
		name = receiver(d.Recv.List[0].Type)
		label = name + "." + label
	} else if name == "init" {
		name, label = always, "init in "+f.dir
	}
	f.add(name, label, d)
}

// receiver is the name of the type of a method.
func receiver(t ast.Expr) string {
	for {
		switch of := t.(type) {
		case *ast.StarExpr:
			t = of.X
		case *ast.IndexExpr:
			t = of.X
		case *ast.IndexListExpr:
			t = of.X
		case *ast.ParenExpr:
			t = of.X
		case *ast.Ident:
			return of.Name
		default:
			return always
		}
	}
}

func (f *file) block(d *ast.GenDecl) {
	// A line of constants may repeat the one before it, and count.
	together := d.Tok == token.CONST && slices.ContainsFunc(d.Specs, func(s ast.Spec) bool {
		return len(s.(*ast.ValueSpec).Values) == 0 || names(s, "iota")
	})
	for _, spec := range d.Specs {
		var node ast.Node = spec
		if together || !d.Lparen.IsValid() {
			node = d // with its directives, such as go:embed
		}
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			f.add(spec.Name.Name, spec.Name.Name, node)
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				f.add(name.Name, name.Name, node)
			}
		}
	}
}

// names reports whether a name occurs in a node.
func names(node ast.Node, name string) (found bool) {
	ast.Inspect(node, func(n ast.Node) bool {
		id, is := n.(*ast.Ident)
		found = found || is && id.Name == name
		return !found
	})
	return found
}

// add enters a declaration under a name.
func (f *file) add(name, label string, node ast.Node) {
	text := f.text[int(node.Pos())-f.base : int(node.End())-f.base]
	if doc := docOf(node); doc != nil {
		text = f.text[int(doc.Pos())-f.base : int(node.End())-f.base]
	}
	uses := map[reference]bool{}
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && f.imports[x.Name] != "" {
				uses[reference{f.imports[x.Name], n.Sel.Name}] = true
			}
		case *ast.Ident:
			uses[reference{f.dir, n.Name}] = true
		}
		return true
	})
	inOrder := slices.SortedFunc(maps.Keys(uses), func(a, b reference) int {
		return strings.Compare(a.dir+"."+a.name, b.dir+"."+b.name)
	})
	f.into.byName[name] = append(f.into.byName[name], declaration{label, f.hash(text), inOrder})
}

func (f *file) hash(text []byte) string { return hash([]byte(f.head + "\n" + string(text))) }

func docOf(node ast.Node) *ast.CommentGroup {
	switch n := node.(type) {
	case *ast.FuncDecl:
		return n.Doc
	case *ast.GenDecl:
		return n.Doc
	case *ast.TypeSpec:
		return n.Doc
	case *ast.ValueSpec:
		return n.Doc
	}
	return nil
}
