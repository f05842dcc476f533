package scripts

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTemplate: the notebook to start from runs as it is committed, has no outputs, and its table has the messages
// that the compiler gives.
func TestTemplate(t *testing.T) {
	const path = "../notebooks/template.ipynb"
	var notebook struct {
		Cells []struct {
			Type    string `json:"cell_type"`
			Source  []string
			Outputs []any
		}
	}
	if err := json.Unmarshal(read(t, path), &notebook); err != nil {
		t.Fatal(err)
	}
	for i, cell := range notebook.Cells {
		if cell.Type == "code" && len(cell.Outputs) > 0 {
			t.Errorf("cell %d has outputs, which are those of its author", i)
		}
	}
	table := strings.Join(notebook.Cells[len(notebook.Cells)-1].Source, "")
	for _, m := range mistakes {
		if !strings.Contains(table, "| `"+m.row+"` |") {
			t.Errorf("no row %q in the table of what goes wrong", m.row)
		}
	}
	if testing.Short() {
		t.Skip("starts a kernel")
	}
	if out, failed := execute(t, "--dry-run", path); failed {
		t.Error(out)
	}
}

// TestNewNotebook: `make notebook` copies the template, under a good name, over nothing.
func TestNewNotebook(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "notebooks", "template.ipynb"), "{}", 0o600)
	makefile := string(read(t, "../Makefile"))
	write(t, filepath.Join(root, "Makefile"), makefile, 0o600)
	for _, test := range []struct{ name, want string }{
		{"mine", "notebook: notebooks/mine.ipynb; make lab"},
		{"mine", "is there already"},
		{"", "say NAME=mine"},
		{"../mine", "say NAME=mine"},
		{"1", "say NAME=mine"},
	} {
		cmd := exec.Command("make", "notebook", "NAME="+test.name)
		cmd.Dir = root
		if out, _ := cmd.CombinedOutput(); !strings.Contains(string(out), test.want) {
			t.Errorf("NAME=%s: %s", test.name, out)
		}
	}
	if found, err := os.ReadDir(filepath.Join(root, "notebooks")); err != nil || len(found) != 2 {
		t.Errorf("%d files, %v", len(found), err)
	}
}
