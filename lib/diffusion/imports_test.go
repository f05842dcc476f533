package diffusion

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The arrows of the architecture: experiments, notebook -> view, train, suite -> figure, metrics, affine, density, data -> diffusion -> GoMLX. A package
// may import the ones listed, of ours; tests may import more.
var allowed = map[string][]string{
	"exec":         nil,
	"diffusion":    {"exec"},
	"metrics":      nil,
	"data":         nil,
	"figure":       nil,
	"backend":      {"exec"},
	"checkpoint":   {"backend", "folder", "strictjson"},
	"affine":       {"diffusion", "exec"},
	"density":      {"diffusion", "exec"},
	"network":      {"diffusion", "exec"},
	"fokkerplanck": nil,
	"folder":       nil,
	"strictjson":   nil,
	"suite":        {"backend", "diffusion", "exec", "folder", "metrics", "strictjson"},
	"train":        {"backend", "checkpoint", "diffusion", "exec"},
	"kernelspec":   {"folder"},
	"view":         {"density", "diffusion", "exec", "figure", "metrics"},
	"notebook":     {"backend", "checkpoint", "diffusion", "figure", "folder", "suite", "train"},
}

func TestImportsPointDown(t *testing.T) {
	packages, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range packages {
		ours, known := allowed[entry.Name()]
		if !known {
			t.Errorf("lib/%s has no place in the architecture: add it to this test", entry.Name())
			continue
		}
		files, err := filepath.Glob(filepath.Join("..", entry.Name(), "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, spec := range parsed.Imports {
				_, name, found := strings.Cut(strings.Trim(spec.Path.Value, `"`), "/lib/")
				if !found || strings.Contains(strings.Trim(spec.Path.Value, `"`), ".com/") && !strings.Contains(spec.Path.Value, "scorelab") {
					continue
				}
				permitted := false
				for _, o := range ours {
					permitted = permitted || o == name
				}
				if !permitted {
					t.Errorf("%s imports %s", file, spec.Path.Value)
				}
			}
		}
	}
}
