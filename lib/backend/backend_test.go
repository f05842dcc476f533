package backend_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/backend"
	"scorelab/lib/backend/backendtest"
)

func TestEachBackendComputes(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		got, err := graph.CallOnce(b, func(x *graph.Node) *graph.Node { return graph.ReduceAllSum(graph.Square(x)) },
			[]float64{3, 4})
		if err != nil {
			t.Fatal(err)
		}
		if got.Value() != 25.0 {
			t.Errorf("3^2 + 4^2 = %v", got)
		}
		if b.NumDevices() != 1 {
			t.Errorf("%d devices: each virtual one costs speed", b.NumDevices())
		}
		if name := t.Name(); !strings.HasSuffix(name, "/"+backend.Name(b)) {
			t.Errorf("%s is named %s", name, backend.Name(b))
		}
		if again, _, err := backend.Open(backend.Name(b)); err != nil || again != b {
			t.Errorf("opened twice: %v, %v", again, err)
		}
	})
}

func TestUnknownName(t *testing.T) {
	for wrong, near := range map[string]string{"xla-cpu": "xla:cpu", "cuda": "xla:cuda", "gp": "go", "aut": "auto"} {
		_, _, err := backend.Open(wrong)
		if err == nil || !strings.Contains(err.Error(), `did you mean "`+near+`"`) || !strings.Contains(err.Error(),
			"auto, xla:cpu, xla:cuda, go") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

// TestPlugins opens backends with folders of bad plugins. A plugin is loaded once in a process, so each case has its
// own process.
func TestPlugins(t *testing.T) {
	if !slices.Contains(backend.Compiled(), backend.XLACPU) {
		t.Skip("XLA is not compiled in")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, content, open, want string }{
		{"missing", "", "xla:cpu", "error: no PJRT plugin for cpu in PJRT_PLUGIN_LIBRARY_PATH="},
		{"missing, auto", "", "auto", "go: using the Go backend, which is slower: no PJRT plugin for cpu"},
		{"text", "not a library", "xla", "is no PJRT plugin, or is damaged"},
		{"text, auto", "not a library", "auto", "go: using the Go backend, which is slower: "},
		{"program", self, "xla:cpu", "is no PJRT plugin for"},
		{"cut short", "\x7fELF\x02\x01\x01", "xla:cpu", "is no PJRT plugin, or is damaged"},
		{"no card", "", "xla:cuda", "make cuda"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if test.content == self {
				err = os.Symlink(self, filepath.Join(dir, "pjrt_c_api_cpu_plugin.so"))
			} else if test.content != "" {
				err = os.WriteFile(filepath.Join(dir, "pjrt_c_api_cpu_plugin.so"), []byte(test.content), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			line := openElsewhere(t, self, test.open, "PJRT_PLUGIN_LIBRARY_PATH="+dir)
			if !strings.Contains(line, test.want) || strings.Count(line, "\n") != 1 {
				t.Errorf("want one line with %q, got:\n%s", test.want, line)
			}
		})
	}
}

// TestMisleadingPath loads the plugin from a folder whose name go-xla would misread as options or as that of a CUDA
// plugin.
func TestMisleadingPath(t *testing.T) {
	b := backendtest.Default(t)
	if backend.Name(b) != backend.XLACPU {
		t.Skip("no XLA here")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "nvidia,cuda")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	plugin, err := filepath.EvalSymlinks("../../.venv/pjrt/pjrt_c_api_cpu_plugin.so")
	if err != nil {
		t.Skip(err)
	}
	if plugin, err = filepath.Abs(plugin); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(plugin, filepath.Join(dir, "pjrt_c_api_cpu_plugin.so")); err != nil {
		t.Fatal(err)
	}
	if got := openElsewhere(t, self, "xla:cpu", "PJRT_PLUGIN_LIBRARY_PATH="+dir); got != "xla:cpu: \n" {
		t.Errorf("got %q", got)
	}
}

// TestMain is also the process that openElsewhere starts.
func TestMain(m *testing.M) {
	name, child := os.LookupEnv("OPEN_BACKEND")
	if !child {
		os.Exit(m.Run())
	}
	b, note, err := backend.Open(name)
	if err != nil {
		os.Stdout.WriteString("error: " + err.Error() + "\n")
		return
	}
	os.Stdout.WriteString(backend.Name(b) + ": " + note + "\n")
}

// openElsewhere opens a backend in a new process, and returns all its output.
func openElsewhere(t *testing.T, self, name string, env ...string) string {
	t.Helper()
	cmd := exec.Command(self)
	cmd.Env = append(append(os.Environ(), "OPEN_BACKEND="+name), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}
