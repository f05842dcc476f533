package scripts

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// export runs scripts/notebooks/export.py.
func export(t *testing.T, args ...string) (output string, failed bool) {
	t.Helper()
	if _, err := os.Stat("../.venv/.lab"); err != nil {
		t.Skip("JupyterLab is not set up: make lab")
	}
	args = append([]string{"notebooks/export.py"}, args...)
	out, err := exec.Command("../.venv/bin/python", args...).CombinedOutput()
	return string(out), err != nil
}

// pageNotebook writes a notebook of one page and one cell, as JupyterLab saves it: it has GoNB's empty name of a
// highlighter.
func pageNotebook(t *testing.T, path, page string) {
	t.Helper()
	text, err := json.Marshal(map[string]any{
		"nbformat": 4, "nbformat_minor": 5,
		"metadata": map[string]any{
			"kernelspec":    map[string]string{"name": "scorelab", "display_name": "Go (scorelab)", "language": "go"},
			"language_info": map[string]string{"name": "go", "pygments_lexer": "", "version": "go1.26.1"},
		},
		"cells": []any{
			map[string]any{"cell_type": "markdown", "id": "a", "metadata": map[string]any{}, "source": page},
			map[string]any{"cell_type": "code", "id": "b", "metadata": map[string]any{}, "outputs": []any{},
				"execution_count": nil, "source": "func f() int { return 1 }"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(text), 0o600)
}

// TestExportedSite: what notebooks link to comes along, Markdown as pages; Go is highlighted as Go, whatever
// JupyterLab left in the file; and no page leads to a file or an anchor that is not there.
func TestExportedSite(t *testing.T) {
	root := t.TempDir()
	first := filepath.Join(root, "notebooks", "1.ipynb")
	pageNotebook(t, first, "# One\n\nSee [two](2.ipynb) and [a claim](../results/README.md#a-claim-two).")
	pageNotebook(t, filepath.Join(root, "notebooks", "2.ipynb"),
		"# Two\n\n[Results](../results/README.md), [elsewhere](https://example.org/a.md)")
	write(t, filepath.Join(root, "results", "README.md"),
		"# Results\n\n## A claim: *two*\n\n![picture](E/p.png) [data](E/t.csv) [notes](../docs/notes.md) "+
			"[here](#results)\n\n"+
			"| a | b |\n|---|---|\n| 1 | 2 |\n", 0o600)
	write(t, filepath.Join(root, "docs", "notes.md"), "# Notes\n\n[back](../notebooks/1.ipynb)\n", 0o600)
	for _, name := range []string{"p.png", "t.csv"} {
		write(t, filepath.Join(root, "results", "E", name), name, 0o600)
	}
	site := filepath.Join(t.TempDir(), "site")
	if out, failed := export(t, site, first); failed {
		t.Fatal(out)
	}
	link := regexp.MustCompile(`(?:href|src)="([^"#:]+)(?:#([^"]*))?"`)
	leads := 0
	for _, name := range []string{"index.html", "1.html", "2.html", "results/README.html", "docs/notes.html"} {
		page := string(read(t, filepath.Join(site, name)))
		for _, to := range link.FindAllStringSubmatch(page, -1) {
			leads++
			target := filepath.Join(site, filepath.Dir(name), to[1])
			content, err := os.ReadFile(target)
			if ext := filepath.Ext(target); err != nil || ext == ".md" || ext == ".ipynb" {
				t.Errorf("%s links to %s: %v", name, to[1], err)
			} else if to[2] != "" && !strings.Contains(string(content), `id="`+to[2]+`"`) {
				t.Errorf("%s links to %s, which has no such anchor", name, to[0])
			}
		}
	}
	if leads < 9 {
		t.Errorf("%d links", leads)
	}
	if page := string(read(t, filepath.Join(site, "1.html"))); !strings.Contains(page, "highlight hl-go") {
		t.Error("Go is not highlighted as Go")
	}
	if page := string(read(t, filepath.Join(site, "results", "README.html"))); !strings.Contains(page, "<td>1</td>") {
		t.Error("a table of Markdown is none in its page")
	}
	for to, want := range map[string]string{
		"../results/none.md":       "../results/none.md, which is no file of the checkout",
		"../../secret":             "../../secret, which is no file of the checkout",
		"../results/README.md#not": "results/README.html#not, which is not in the site",
	} {
		pageNotebook(t, first, "# One\n\n[link]("+to+")")
		if out, failed := export(t, site, first); !failed || !strings.Contains(out, want) {
			t.Errorf("a link to %s: %s", to, out)
		}
	}
}
