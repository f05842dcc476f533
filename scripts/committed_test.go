package scripts

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// longest is how many lines a cell may have, imports aside: what is longer belongs into lib/.
const longest = 26

// TestCommittedNotebooks: what is committed was executed, from the first cell to the last, without an error, and can be
// read.
func TestCommittedNotebooks(t *testing.T) {
	paths, err := filepath.Glob("../notebooks/[0-9]*.ipynb")
	if err != nil || len(paths) < 9 {
		t.Fatalf("%d notebooks, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			text := read(t, path)
			if len(text) > 1_000_000 {
				t.Errorf("%d bytes", len(text))
			}
			var notebook struct {
				Cells []struct {
					Type    string `json:"cell_type"`
					Count   int    `json:"execution_count"`
					Source  []string
					Outputs []struct {
						Type string `json:"output_type"`
						Data map[string]any
					}
				}
			}
			if err := json.Unmarshal(text, &notebook); err != nil {
				t.Fatal(err)
			}
			executed, pictures := 0, 0
			for i, cell := range notebook.Cells {
				if cell.Type != "code" {
					continue
				}
				executed++
				if cell.Count != executed {
					t.Errorf("cell %d was executed as number %d, not %d: `make notebooks`", i, cell.Count, executed)
				}
				source := strings.Join(cell.Source, "")
				if _, rest, ok := strings.Cut(source, "\n)\n"); ok && strings.HasPrefix(source, "import (") {
					source = rest
				}
				if n := strings.Count(strings.TrimSpace(source), "\n") + 1; n > longest {
					t.Errorf("cell %d has %d lines", i, n)
				}
				for _, output := range cell.Outputs {
					if output.Type != "display_data" {
						t.Errorf("cell %d shows %s", i, output.Type)
					}
					if _, ok := output.Data["image/png"]; ok {
						pictures++
					}
				}
			}
			if last := notebook.Cells[len(notebook.Cells)-1]; pictures < 3 || !strings.Contains(string(text),
				"nb.CheckLedger(") {
				t.Errorf("%d pictures; it ends with %q", pictures, last.Source)
			}
		})
	}
}
