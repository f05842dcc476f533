package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"scorelab/experiments"
	"scorelab/lib/backend"
	"scorelab/lib/backend/backendtest"
)

// quiet is this process's environment without what would choose a backend or a plugin.
func quiet(more ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(s string) bool {
		name, _, _ := strings.Cut(s, "=")
		return slices.Contains([]string{"PJRT_PLUGIN_LIBRARY_PATH", "BACKEND", "OUT", "XLA_FLAGS", "LD_LIBRARY_PATH",
			"CUDA_HOME", "PYTHONPATH", "PYTHON", "EXPERIMENTS", "LIMIT"}, name)
	})
	return append(env, more...)
}

// script runs one of scripts/gpu in a folder.
func script(dir string, env []string, command ...string) (out string, err error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Env = dir, env
	text, err := cmd.CombinedOutput()
	return string(text), err
}

// lastLine is what a script says in the end.
func lastLine(out string) string {
	out = strings.TrimSpace(out)
	return out[strings.LastIndexByte(out, '\n')+1:]
}

// fakeSite is a folder of Python packages with files of the given content.
func fakeSite(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		write(t, filepath.Join(dir, name), content, 0o600)
	}
	return dir
}

// Where JAX's plugin is installed, links lead to it and to its libraries, and the environment names them.
func TestGPUPluginIsFound(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip(err)
	}
	const plugin, device = "jax_plugins/xla_cuda13/xla_cuda_plugin.so", "nvidia/cu13/nvvm/libdevice/libdevice.10.bc"
	for _, test := range []struct {
		name  string
		files map[string]string
		want  []string // in what it prints; SITE and ROOT stand for the folders
		fails bool
	}{
		{"nothing", nil, []string{"plugin: no plugin for NVIDIA cards in the packages of "}, true},
		{"no file", map[string]string{"jax_plugins/xla_cuda13/__init__.py": ""}, []string{"no plugin for NVIDIA"},
			true},
		{"the system's libraries", map[string]string{plugin: "x"}, []string{"plugin: no package nvidia beside SITE/" +
			plugin, "plugin: no nvvm/libdevice", "export PJRT_PLUGIN_LIBRARY_PATH=ROOT/links/plugin\n"}, false},
		{"all", map[string]string{plugin: "x", device: "x", "nvidia/cudnn/lib/libcudnn.so.9": "x"}, []string{
			"export GOMLX_NO_AUTO_INSTALL=1\n", "export PATH=SITE/nvidia/cu13/bin:",
			"export XLA_FLAGS='--xla_dump_to=/tmp/x --xla_gpu_autotune_level=0 " +
				"--xla_gpu_cuda_data_dir=SITE/nvidia/cu13'\n",
			"SITE/nvidia/cudnn/lib\n"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			site, root := fakeSite(t, test.files), t.TempDir()
			env := quiet("PYTHONPATH="+site, "XLA_FLAGS=--xla_dump_to=/tmp/x")
			var out string
			for range 2 { // links that are there already do not matter
				if out, err = script(".", env, python, "gpu/plugin.py", root); (err != nil) != test.fails {
					t.Fatalf("%v\n%s", err, out)
				}
			}
			for _, want := range test.want {
				want = strings.NewReplacer("SITE", site, "ROOT", root).Replace(want)
				if !strings.Contains(out, want) {
					t.Errorf("want %q in\n%s", want, out)
				}
			}
			if test.fails {
				return
			}
			links := map[string]string{"links/plugin/pjrt_c_api_cuda_plugin.so": plugin}
			if _, is := test.files[device]; is { // where the plugin looks for its libraries
				links["links/plugin/../nvidia/cu13"] = "nvidia/cu13"
				links["links/plugin/../../nvidia/cu13"] = "nvidia/cu13"
			}
			for at, to := range links {
				got, err := filepath.EvalSymlinks(root + "/" + at)
				if want, _ := filepath.EvalSymlinks(filepath.Join(site, to)); err != nil || got != want {
					t.Errorf("%s leads to %q, %v; want %s", at, got, err, want)
				}
			}
		})
	}
}

// The chapters of run.sh are experiments of the suite without a training, each once.
func TestGPUChaptersAreExact(t *testing.T) {
	out, err := script(".", quiet(), "bash", "gpu/run.sh", "--list")
	if err != nil {
		t.Fatal(err, out)
	}
	ids := strings.Fields(out)
	if len(ids) < 15 {
		t.Errorf("%d experiments", len(ids))
	}
	for i, id := range ids {
		if _, err := experiments.Catalogue.Match("^" + id + "$"); err != nil || slices.Contains(ids[:i], id) {
			t.Errorf("%s: %v, or twice", id, err)
		}
		if strings.Contains(string(read(t, filepath.Join("../results", id, "run.json"))), `"of_training": true`) {
			t.Errorf("%s trains a network", id)
		}
	}
}

// The packet is small, and with the CPU's plugin in place of the card's all of its stages pass. Without a plugin, or
// with one that is damaged or hangs, its last line says what failed.
func TestGPUPacket(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a binary and runs an experiment")
	}
	if b := backendtest.Default(t); backend.Name(b) != backend.XLACPU {
		t.Skip("no XLA here")
	}
	plugins, err := backend.Environment()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	env := quiet("PACKET="+dir+"/gpu.tar.gz", "BUILD=go build -buildvcs=false")
	out, err := script(".", env, "bash", "gpu/pack.sh")
	if err != nil && strings.Contains(out, "build there") {
		t.Skip(out)
	}
	if err != nil || !strings.Contains(out, "MiB; there: tar xzf") {
		t.Fatalf("%v\n%s", err, out)
	}
	there := t.TempDir()
	run(t, there, "tar", "xzf", filepath.Join(dir, "gpu.tar.gz"))

	env = quiet("BACKEND=xla:cpu", "EXPERIMENTS=probing", "PYTHON=python3",
		"PJRT_PLUGIN_LIBRARY_PATH="+plugins["PJRT_PLUGIN_LIBRARY_PATH"], "OUT="+there+"/out")
	out, err = script(there, env, "gpu/run.sh")
	if last := lastLine(out); err != nil || !strings.HasPrefix(last, "gpu: ") || strings.Contains(last, "failed") ||
		!strings.Contains(last, " chosen gate again same-bits") || !strings.Contains(out, "24 metrics compared") {
		t.Errorf("%v\n%s", err, out)
	}
	if summary := string(read(t, there+"/out/summary.txt")); lastLine(summary) != lastLine(out) {
		t.Errorf("the summary ends with %s", lastLine(summary))
	}
	list := run(t, there, "tar", "tzf", "out/gpu.tar.gz")
	for _, name := range []string{"summary.txt", "measured.jsonl", "logs/gate.log", "results/probing/run.json"} {
		if !strings.Contains(list, "./"+name+"\n") {
			t.Errorf("no %s in the archive:\n%s", name, list)
		}
	}

	const damaged = "jax_plugins/xla_cuda13/xla_cuda_plugin.so"
	hangs := filepath.Join(there, "hangs")
	write(t, hangs, "#!/bin/sh\nexec sleep 600\n", 0o700)
	for _, test := range []struct {
		files               map[string]string
		python, limit, want string
	}{
		{nil, "python3", "60", "failed: plugin"},
		{map[string]string{damaged: "not a library"}, "python3", "60", "plugin; failed: doctor"},
		{nil, hangs, "1", "failed: plugin"},
	} {
		env := quiet("OUT="+there+"/out", "PYTHON="+test.python, "LIMIT="+test.limit,
			"PYTHONPATH="+fakeSite(t, test.files))
		out, err := script(there, env, "gpu/run.sh")
		if last := lastLine(out); err == nil || !strings.HasSuffix(last, test.want) {
			t.Errorf("want %s: %v\n%s", test.want, err, out)
		}
	}
}
