package source

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// module is a small tree: two chapters and a kit, read by declarations, above two packages that count as a whole.
func module() fstest.MapFS {
	files := fstest.MapFS{}
	for name, content := range sources {
		files[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return files
}

// sources are the files of that tree.
var sources = map[string]string{
	"go.mod": "module example.org/m\n\ngo 1.26\n",
	"suite/one/one.go": `package one

import (
	"math"

	k "example.org/m/suite/kit"
	"example.org/m/lib/deep"
)

// Run is an experiment.
func Run() { helper(math.Pi); k.Shared() }

func helper(x float64) float64 { return x * factor }

const factor = 2

func Other() { deep.Deep() }

var _ = always()

func always() int { return 1 }
`,
	"suite/one/one_test.go": `package one
func helper() {}`,
	"suite/two/two.go": `package two

import "example.org/m/suite/kit"

func Run() { var t kit.T; t.Do() }

func Closures() func() { return func() {} }
`,
	"suite/kit/kit.go": `package kit

import "example.org/m/lib/flat"

type T struct{ u }

type u struct{}

func (t *T) Do() { sum() }

func (u) do() int { return two }

const (
	one = iota
	two
)

func sum() {}

func Shared() flat.F { return flat.F{} }

func init() {}
`,
	"lib/flat/flat.go":      "package flat\n\ntype F struct{}\n",
	"lib/flat/more.go":      "package flat\n\nfunc unused() {}\n",
	"lib/flat/flat_test.go": "package flat\n",
	"lib/flat/data/x.csv":   "1,2\n",
	"lib/deep/deep.go": `package deep

import "example.org/m/lib/flat"

func Deep() flat.F { return flat.F{} }
`,
}

func inputsOf(t *testing.T, files fstest.MapFS, function string) map[string]string {
	t.Helper()
	tree, err := New(files, "suite")
	if err != nil {
		t.Fatal(err)
	}
	found, err := tree.Inputs("example.org/m/" + function)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestInputs(t *testing.T) {
	flat := []string{"lib/flat/data/x.csv", "lib/flat/flat.go", "lib/flat/more.go"}
	once := "suite/kit.init in suite/kit"
	typed := []string{"suite/kit.T", "suite/kit.T.Do", once, "suite/kit.one", "suite/kit.sum", "suite/kit.two",
		"suite/kit.u", "suite/kit.u.do"} // a type brings its methods and what is embedded in it
	for function, want := range map[string][]string{
		"suite/one.Run": slices.Concat(flat, []string{"suite/kit.Shared", once, "suite/one._", "suite/one.Run",
			"suite/one.always", "suite/one.factor", "suite/one.helper"}),
		"suite/one.Other": slices.Concat([]string{"lib/deep/deep.go"}, flat, []string{"suite/one.Other",
			"suite/one._", "suite/one.always"}),
		"suite/two.Run": append(slices.Clone(typed), "suite/two.Run"),
		"lib/deep.Deep": append([]string{"lib/deep/deep.go"}, flat...),
	} {
		got := slices.Sorted(maps.Keys(inputsOf(t, module(), function)))
		if slices.Sort(want); !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", function, got, want)
		}
	}
}

// TestEachChangeIsSeen changes one file at a time, and expects exactly the right functions to depend on it.
func TestEachChangeIsSeen(t *testing.T) {
	functions := []string{"suite/one.Run", "suite/one.Other", "suite/two.Run", "suite/two.Closures"}
	for _, test := range []struct {
		file, old, new string
		changed        []string
	}{
		{"suite/one/one.go", "factor = 2", "factor = 3", []string{"suite/one.Run"}},
		{"suite/one/one.go", "deep.Deep()", "deep.Deep(); _ = 1", []string{"suite/one.Other"}},
		{"suite/one/one.go", "{ return 1 }", "{ return 2 }", []string{"suite/one.Run", "suite/one.Other"}},
		{"suite/one/one.go", "Run is an", "Run is one", []string{"suite/one.Run"}},
		{"suite/one/one_test.go", "helper", "other", nil},
		{"suite/kit/kit.go", "func sum() {}", "func sum() { println() }", []string{"suite/two.Run"}},
		// the first line of a block that counts
		{"suite/kit/kit.go", "one = iota", "one = iota + 1", []string{"suite/two.Run"}},
		{"suite/kit/kit.go", "package kit", "//go:build linux\n\npackage kit",
			[]string{"suite/one.Run", "suite/two.Run"}},
		{"suite/one/one.go", `"math"`, `"math/big"`, []string{"suite/one.Run", "suite/one.Other"}},
		{"suite/kit/kit.go", "func init() {}", "func init() { println() }", []string{"suite/one.Run", "suite/two.Run"}},
		{"lib/flat/more.go", "unused", "unseen", []string{"suite/one.Run", "suite/one.Other"}},
		{"lib/flat/data/x.csv", "1", "3", []string{"suite/one.Run", "suite/one.Other"}},
		{"lib/flat/flat_test.go", "flat", "flat_test", nil},
		{"lib/deep/deep.go", "Deep()", "Deep( )", []string{"suite/one.Other"}},
	} {
		files := module()
		before := string(files[test.file].Data)
		if !strings.Contains(before, test.old) {
			t.Fatalf("%s does not hold %q", test.file, test.old)
		}
		files[test.file] = &fstest.MapFile{Data: []byte(strings.Replace(before, test.old, test.new, 1))}
		var changed []string
		for _, f := range functions {
			if !maps.Equal(inputsOf(t, module(), f), inputsOf(t, files, f)) {
				changed = append(changed, f)
			}
		}
		if !slices.Equal(changed, test.changed) {
			t.Errorf("%s, %q to %q: changed for %v, want %v", test.file, test.old, test.new, changed, test.changed)
		}
	}
}

func TestInputsRefuse(t *testing.T) {
	files := module()
	tree, err := New(files, "suite")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tree.Inputs("example.com/other.Run"); err == nil || !strings.Contains(err.Error(),
		"is not in module") {
		t.Errorf("a foreign function: %v", err)
	}
	if _, err := tree.Inputs("example.org/m/lib/none.Run"); err == nil {
		t.Error("a package that does not exist has inputs")
	}
	for _, function := range []string{"suite/two.Closures.func1", "suite/kit.(*T).Do", "suite/kit.T.Do-fm",
		"suite/two.No"} {
		if _, err := tree.Inputs("example.org/m/" + function); err == nil {
			t.Errorf("%s has inputs", function)
		}
	}
	files["suite/two/dot.go"] = &fstest.MapFile{Data: []byte("package two\n\nimport . \"example.org/m/lib/flat\"\n")}
	if tree, err = New(files, "suite"); err != nil {
		t.Fatal(err)
	}
	if _, err := tree.Inputs("example.org/m/suite/two.Run"); err == nil || !strings.Contains(err.Error(), "dot") {
		t.Errorf("a dot import of the module: %v", err)
	}
	if _, err := New(fstest.MapFS{"go.mod": {Data: []byte("go 1.26\n")}}, "suite"); err == nil {
		t.Error("a module without a name")
	}
}
