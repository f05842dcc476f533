package kernelspec

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// checkout makes a folder with the programs that the kernel needs.
func checkout(t *testing.T) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "a b")
	names := []string{"../pjrt/plugin.so", "../../go.mod"}
	for _, tool := range tools {
		names = append(names, tool.path)
	}
	for _, name := range names {
		path := filepath.Join(root, ".venv", "bin", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestInstallAndRemove(t *testing.T) {
	root, data := checkout(t), t.TempDir()
	if got, err := Installed(data); got != "" || err != nil {
		t.Errorf("before: %q, %v", got, err)
	}
	for range 2 { // again, over the first
		path, err := Install(data, root)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var s spec
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatal(err)
		}
		if s.Argv[0] != filepath.Join(root, ".venv/bin/gonb") || s.Argv[2] != "{connection_file}" || s.Argv[3] !=
			"-go_work="+root {
			t.Errorf("it starts %q", s.Argv)
		}
		if s.Env["PJRT_PLUGIN_LIBRARY_PATH"] != filepath.Join(root, ".venv/pjrt") || !strings.HasPrefix(s.Env["PATH"],
			filepath.Join(root, ".venv/bin")+":") {
			t.Errorf("in the environment %q", s.Env)
		}
	}
	if got, err := Installed(data); got != root || err != nil {
		t.Errorf("installed for %q, %v", got, err)
	}
	for _, want := range []bool{true, false} {
		if there, err := Remove(data); there != want || err != nil {
			t.Errorf("removed: %v, %v", there, err)
		}
	}
	if got, err := Installed(data); got != "" || err != nil {
		t.Errorf("afterwards: %q, %v", got, err)
	}
}

func TestBrokenKernels(t *testing.T) {
	root, data := checkout(t), t.TempDir()
	path, err := Install(data, root)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(root, root+" moved"); err != nil {
		t.Fatal(err)
	}
	if _, err := Installed(data); err == nil || !strings.Contains(err.Error(), "which is not there") {
		t.Errorf("a checkout that moved: %v", err)
	}
	if err := os.Rename(root+" moved", root); err != nil {
		t.Fatal(err)
	}
	for _, missing := range []string{".venv/bin/goimports", ".venv/bin/gopls", ".venv/gopls/gopls", "go.mod"} {
		if err := os.Rename(filepath.Join(root, missing), filepath.Join(root, "aside")); err != nil {
			t.Fatal(err)
		}
		if _, err := Installed(data); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("no %s: %v", missing, err)
		}
		if err := os.Rename(filepath.Join(root, "aside"), filepath.Join(root, missing)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Installed(data); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("half a file: %v", err)
	}
	if _, err := Install(data, root+"/elsewhere"); err == nil || !strings.Contains(err.Error(), "make lab") {
		t.Errorf("no tools: %v", err)
	}
}

func TestUserData(t *testing.T) {
	t.Setenv("JUPYTER_DATA_DIR", "")
	t.Setenv("XDG_DATA_HOME", "/x")
	t.Setenv("HOME", "/home/me")
	if got, err := UserData(); err != nil || got != "/x/jupyter" && got != "/home/me/Library/Jupyter" {
		t.Errorf("%q, %v", got, err)
	}
	t.Setenv("JUPYTER_DATA_DIR", "/mine")
	if got, err := UserData(); got != "/mine" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
