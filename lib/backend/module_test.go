package backend_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"scorelab/lib/backend"
	"scorelab/lib/backend/backendtest"
)

// A user's module that refers to this checkout finds its plugin from any folder. If it finds none, the error names the
// setting.
func TestOwnModuleFindsThePlugin(t *testing.T) {
	if testing.Short() {
		t.Skip("links a program")
	}
	if b := backendtest.Default(t); backend.Name(b) != backend.XLACPU {
		t.Skip("no XLA here")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, ".venv/pjrt")); err != nil {
		t.Skip(err)
	}
	dir, module := t.TempDir(), strings.TrimSuffix(reflect.TypeFor[backend.Finding]().PkgPath(), "/lib/backend")
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"go.sum": string(sums),
		"go.mod": fmt.Sprintf("module own\n\ngo 1.26.0\n\nrequire %s v0.0.0\n\nreplace %[1]s => %s\n", module, root),
		"main.go": fmt.Sprintf("package main\n\nimport %q\n\nfunc main() {\n\tb, note, err := backend.Open(\"auto\")\n"+
			"\tif err != nil {\n\t\tpanic(err)\n\t}\n\tprintln(backend.Name(b), note)\n}\n", module+"/lib/backend"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("go", "build", "-mod=mod", "-buildvcs=false", "-o", "own", ".")
	build.Dir, build.Env = dir, append(os.Environ(), "GOPROXY=off", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	empty := "PJRT_PLUGIN_LIBRARY_PATH=" + dir
	for env, want := range map[string]string{
		"HOME=" + dir: "xla:cpu \n",
		empty:         "go using the Go backend, which is slower: no PJRT plugin for cpu in " + empty + ": ",
	} {
		own := exec.Command(filepath.Join(dir, "own"))
		own.Dir, own.Env = dir, []string{"HOME=" + dir, env}
		if out, err := own.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), want) {
			t.Errorf("%s: %v, %q, want %q", env, err, out, want)
		}
	}
}
