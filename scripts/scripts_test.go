// Package scripts tests the scripts behind the Makefile.
package scripts

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSetupNamesWhatIsMissing runs set-up with only some tools on the PATH: one line must say what to install.
func TestSetupNamesWhatIsMissing(t *testing.T) {
	const goodGo = `case $1 in version) echo go version go1.26.1 linux/amd64;; env) echo gcc;; esac`
	for _, test := range []struct {
		name  string
		tools map[string]string // name: body of a shell script
		want  string
	}{
		{"no go", nil, "setup: no go: install Go 1.26 or later from https://go.dev/dl/"},
		{"old go", map[string]string{"go": "echo go version go1.25.3 linux/amd64"},
			"setup: found go1.25.3 linux/amd64, needs Go 1.26"},
		{"go refuses", map[string]string{"go": "echo go: go.mod requires go '>= 1.26.0' >&2; exit 1"},
			"setup: needs Go 1.26 or later (https://go.dev/dl/): go: go.mod requires"},
		{"only go", map[string]string{"go": goodGo}, "apt-get install -y gcc libc6-dev python3 python3-venv"},
		{"old python", map[string]string{"go": goodGo, "gcc": ":",
			"python3": `[[ $1 != -c ]] || exit 1; echo Python 3.9.2`}, "setup: found Python 3.9.2, needs Python 3.11"},
		{"no venv", map[string]string{"go": goodGo, "gcc": ":", "python3": `[[ $2 != *venv* ]]`},
			"apt-get install -y python3-venv"},
		{"no modules", map[string]string{"go": goodGo + `; [[ $1 != mod ]]`, "gcc": ":", "python3": ":"},
			"setup: cannot fetch the Go modules"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bin := t.TempDir()
			for name, body := range test.tools {
				write(t, filepath.Join(bin, name), "#!/bin/bash\n"+body+"\n", 0o700)
			}
			dirname, err := exec.LookPath("dirname")
			if err != nil {
				t.Skip(err)
			}
			if err := os.Symlink(dirname, filepath.Join(bin, "dirname")); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("bash", "setup.sh")
			cmd.Env = []string{"PATH=" + bin, "STAMP=" + filepath.Join(bin, "stamp")}
			out, err := cmd.CombinedOutput()
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			if last := lines[len(lines)-1]; err == nil || !strings.Contains(last, test.want) {
				t.Errorf("want %q, got %v:\n%s", test.want, err, out)
			}
			if _, err := os.Stat(filepath.Join(bin, "stamp")); err == nil {
				t.Error("a failed set-up counts as done")
			}
		})
	}
}

// TestRename renames the module in a copy of the checkout, and back.
func TestRename(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	before := map[string][]byte{}
	patterns := []string{"go.mod", "go.sum", "scripts/*.sh"}
	// A package and whatever of ours it rests on, so that the copy builds.
	old := module(t, root)
	for _, path := range strings.Fields(run(t, root, "go", "list", "-deps", "-test", "./lib/backend/...")) {
		if dir, ours := strings.CutPrefix(path, old+"/"); ours && !strings.Contains(dir, ".test") {
			patterns = append(patterns, dir+"/*.go")
		}
	}
	for _, pattern := range patterns {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			before[strings.TrimPrefix(path, root+"/")] = content
		}
	}
	// Notebooks hold Go inside JSON.
	before["notebooks/n.ipynb"] = fmt.Appendf(nil, `{"source": ["import \"%s/lib/backend\"\n"]}`+"\n", old)
	for name, content := range before {
		write(t, filepath.Join(dir, name), string(content), 0o600)
	}

	const renamed = "example.org/you/my.lab"
	run(t, dir, "bash", "scripts/rename.sh", renamed)
	if got := run(t, dir, "go", "list", "-f", "{{.ImportPath}}{{range .Imports}} {{.}}{{end}}{{range .TestImports}} "+
		"{{.}}{{end}}", "./..."); strings.Contains(got, " "+old+"/") || !strings.Contains(got, renamed+"/lib/backend") {
		t.Errorf("after renaming %s:\n%s", old, got)
	}
	run(t, dir, "go", "build", "./lib/...")
	if note := read(t, filepath.Join(dir, "notebooks/n.ipynb")); !bytes.Contains(
		note, []byte(`\"`+renamed+`/lib/backend\"`)) {
		t.Errorf("notebook: %s", note)
	}

	run(t, dir, "bash", "scripts/rename.sh", old)
	for name, content := range before {
		if !bytes.Equal(read(t, filepath.Join(dir, name)), content) {
			t.Errorf("%s is not the same after renaming there and back", name)
		}
	}
	if out, err := exec.Command("bash", "rename.sh", "not a path").CombinedOutput(); err == nil {
		t.Errorf("a bad path is taken: %s", out)
	}
}

func module(t *testing.T, dir string) string {
	return strings.TrimSpace(run(t, dir, "go", "list", "-m"))
}

func run(t *testing.T, dir string, command ...string) string {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", command, err, out)
	}
	return string(out)
}

func write(t *testing.T, path, content string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
