// Package kernelspec registers the kernel "Go (scorelab)" with Jupyter. It is GoNB, set up so that cells use this
// checkout and its XLA plugin without further code.
package kernelspec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"scorelab/internal/atomicdir"
)

// Name is the name of the kernel's folder, and of the kernel in a notebook's metadata.
const Name = "scorelab"

// spec is kernel.json: https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs
type spec struct {
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode"`
	Env           map[string]string `json:"env"`
}

// Install registers the kernel of the checkout at root with the Jupyter whose data are in dir. It returns the path of
// kernel.json. All paths in it are absolute, so repeat this for a moved checkout.
func Install(dir, root string) (string, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	bin := filepath.Join(root, ".venv", "bin")
	for _, tool := range tools {
		if path := filepath.Join(bin, tool.path); !isFile(path) {
			return "", fmt.Errorf("no %s: `rm -f .venv/.lab && make lab` builds it", path)
		}
	}
	env := map[string]string{
		"SCORELAB_ROOT": root,
		"PATH":          bin + string(filepath.ListSeparator) + "${PATH}",
		"GOTOOLCHAIN":   "local",
		// Modules come from the cache that set-up filled, so that a cell never waits for the network.
		"GOPROXY": "off",
		// Linking takes most of a cell's time. Go's own linker, without debug tables, takes a third of it. The go
		// command needs the inner quotes.
		"GOFLAGS": "'-ldflags=-linkmode=internal -s -w' -buildvcs=false",
	}
	if plugins := filepath.Join(root, ".venv", "pjrt"); atomicdir.Exists(plugins) {
		env["PJRT_PLUGIN_LIBRARY_PATH"] = plugins
	} else if runtime.GOARCH == "amd64" {
		env["GOEXPERIMENT"] = "simd"
	}
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	err = out.Encode(spec{
		Argv: []string{
			filepath.Join(bin, "gonb"), "-kernel", "{connection_file}", "-go_work=" + root, "-raw_error=true",
			// Of its log, only errors go to Jupyter's terminal.
			"-logtostderr=false", "-stderrthreshold=ERROR", "-log_file=" + os.DevNull,
		},
		DisplayName: "Go (scorelab)", Language: "go", InterruptMode: "message", Env: env,
	})
	if err != nil {
		return "", err
	}
	at := folderIn(dir)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return "", atomicdir.Error("make", filepath.Dir(at), err)
	}
	return filepath.Join(at, "kernel.json"), atomicdir.Writer{}.Replace(
		at, map[string][]byte{"kernel.json": text.Bytes()},
		nil)
}

// tools are the programs that a kernel needs besides gonb, and their use.
var tools = []struct{ path, use string }{
	{"gonb", "the kernel"},
	{"goimports", "its cells"},
	{"gopls", "Tab and Shift-Tab"},
	{filepath.Join("..", "gopls", "gopls"), "Tab and Shift-Tab"},
}

// Remove removes the kernel from the Jupyter whose data are in dir. It reports whether it was there.
func Remove(dir string) (bool, error) {
	at := folderIn(dir)
	if !atomicdir.Exists(at) {
		return false, nil
	}
	return true, atomicdir.Writer{}.Remove(at, func(name string) bool { return name == "kernel.json" })
}

// Installed returns the checkout of the kernel of a Jupyter, or "" if it has none. It returns an error if the kernel
// cannot start.
func Installed(dir string) (root string, err error) {
	path := filepath.Join(folderIn(dir), "kernel.json")
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return "", nil
	}
	var s spec
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	if len(s.Argv) == 0 || !isFile(s.Argv[0]) {
		return "", fmt.Errorf("%s starts %v, which is not there", path, s.Argv)
	}
	for _, tool := range tools {
		if beside := filepath.Join(filepath.Dir(s.Argv[0]), tool.path); !isFile(beside) {
			return "", fmt.Errorf("%s: for %s it needs %s, which is not there", path, tool.use, beside)
		}
	}
	root = s.Env["SCORELAB_ROOT"]
	if module := filepath.Join(root, "go.mod"); !isFile(module) {
		return "", fmt.Errorf("%s: there is no %s; was the checkout moved?", path, module)
	}
	return root, nil
}

// UserData is the folder in which the user's own Jupyter looks for kernels.
func UserData() (string, error) {
	if dir := os.Getenv("JUPYTER_DATA_DIR"); dir != "" {
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("where Jupyter keeps its data: %w; set JUPYTER_DATA_DIR", err)
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Jupyter"), nil
	}
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "jupyter"), nil
	}
	return filepath.Join(home, ".local", "share", "jupyter"), nil
}

// LabData is the folder in which the JupyterLab of a checkout looks for kernels.
func LabData(root string) string { return filepath.Join(root, ".venv", "share", "jupyter") }

func folderIn(dir string) string { return filepath.Join(dir, "kernels", Name) }

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
