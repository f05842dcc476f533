// Package scorelab holds the tests that are about the whole tree: which package may import which, and how code is laid
// out.
package scorelab

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// arrows are the packages that each package may import, of ours; a star stands for any name. Tests may import more.
//
//	cmd -> experiments -> chapters -> kit, claims -> view, train, suite, network, density, affine -> diffusion
//	diffusion -> random, exec
var arrows = map[string][]string{
	"lib/exec":            nil,
	"lib/random":          nil,
	"lib/metrics":         nil,
	"lib/data":            nil,
	"lib/figure":          nil,
	"internal/atomicdir":  nil,
	"internal/strictjson": nil,
	"internal/source":     nil,
	".":                   nil,
	"lib/fokkerplanck":    nil,
	"lib/backend":         {"lib/exec"},
	"internal/kernelspec": {"internal/atomicdir"},
	"lib/checkpoint":      {"lib/backend", "internal/atomicdir", "internal/strictjson"},
	"lib/diffusion":       {"lib/exec", "lib/random"},
	"lib/affine":          {"lib/diffusion", "lib/exec", "lib/random"},
	"lib/density":         {"lib/diffusion", "lib/exec", "lib/random"},
	"lib/network":         {"lib/diffusion", "lib/exec", "lib/random"},
	"lib/train":           {"lib/backend", "lib/checkpoint", "lib/exec", "lib/random"},
	"lib/suite": {"lib/backend", "lib/exec", "internal/atomicdir", "lib/metrics", "lib/random",
		"internal/strictjson"},
	"lib/view": {"lib/density", "lib/diffusion", "lib/exec", "lib/figure", "lib/metrics"},
	"lib/notebook": {"lib/backend", "lib/checkpoint", "lib/exec", "lib/figure", "internal/atomicdir", "lib/random",
		"lib/suite",
		"lib/train"},
	"lib/backend/backendtest": {"lib/backend"},

	"experiments/claims": {"lib/suite"},
	"experiments/kit":    {"lib/*"},
	"experiments/*":      {"experiments/claims", "experiments/kit", "lib/*"}, // a chapter, and no other chapter
	"experiments":        {"experiments/*", "lib/suite"},

	"cmd/scorelab": {"experiments", "lib/backend", "internal/kernelspec", "internal/source", "lib/suite"},

	"cmd/bench": {"lib/*", "internal/atomicdir", "internal/strictjson"},

	"examples/*":             {"lib/*"},
	"scripts/cuda":           {"lib/backend"},
	"scripts/gpu/probe":      {"lib/backend", "lib/diffusion", "lib/exec", "lib/random", "lib/train"},
	"scripts/notebooks/gonb": nil,
}

// TestImportsPointDown holds the arrows of the architecture (docs/architecture.md) for every package.
func TestImportsPointDown(t *testing.T) {
	used, ours := map[string]bool{}, module(t)+"/"
	eachGoFile(t, func(file string) {
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		dir := path.Dir(file)
		rule := ruleOf(dir)
		if rule == "" {
			t.Errorf("%s has no place in the architecture: add it to the arrows", dir)
			return
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		used[rule] = true
		for _, spec := range parsed.Imports {
			target, is := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), ours)
			if is && !slices.ContainsFunc(arrows[rule], func(to string) bool { return matches(to, target) }) {
				t.Errorf("%s imports %s, which is not below %s", file, target, rule)
			}
		}
	})
	for rule := range arrows {
		if !used[rule] {
			t.Errorf("no package is %s any more", rule)
		}
	}
}

// ruleOf is the entry of a directory: its own, or the one with a star.
func ruleOf(dir string) string {
	if _, ok := arrows[dir]; ok {
		return dir
	}
	if star := path.Dir(dir) + "/*"; arrows[star] != nil {
		return star
	}
	return ""
}

// matches says whether a package is the one that a rule names; a star is the rest of the path.
func matches(rule, dir string) bool {
	if prefix, star := strings.CutSuffix(rule, "*"); star {
		return strings.HasPrefix(dir, prefix)
	}
	return rule == dir
}

// module is the path of this module, which a rename may change.
func module(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(strings.TrimPrefix(first, "module "))
}

// eachGoFile visits the Go files of the tree.
func eachGoFile(t *testing.T, visit func(file string)) {
	t.Helper()
	files := filesOf(t, ".go")
	if len(files) < 300 {
		t.Fatalf("%d Go files: the tree has more", len(files))
	}
	for _, file := range files {
		visit(file)
	}
}

// filesOf lists the files of the tree with an extension, in order, without hidden folders and what builds leave.
func filesOf(t *testing.T, extension string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "build" ||
			d.Name() == "node_modules"):
			return fs.SkipDir
		case !d.IsDir() && strings.HasSuffix(name, extension):
			files = append(files, filepath.ToSlash(name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
