package scripts

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// writeNotebook makes a notebook of code cells.
func writeNotebook(t *testing.T, path string, cells ...string) {
	t.Helper()
	type cell struct {
		Type     string         `json:"cell_type"`
		ID       string         `json:"id"`
		Count    *int           `json:"execution_count"`
		Metadata map[string]any `json:"metadata"`
		Outputs  []any          `json:"outputs"`
		Source   string         `json:"source"`
	}
	var list []cell
	for i, source := range cells {
		list = append(list, cell{"code", string(rune('a' + i)), nil, map[string]any{}, []any{}, source})
	}
	text, err := json.Marshal(map[string]any{"cells": list, "metadata": map[string]any{}, "nbformat": 4,
		"nbformat_minor": 5})
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(text), 0o600)
}

// execute runs scripts/notebooks/execute.py.
func execute(t *testing.T, args ...string) (output string, failed bool) {
	t.Helper()
	python, err := filepath.Abs("../.venv/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("../.venv/.lab"); err != nil {
		t.Skip("JupyterLab is not set up: make lab")
	}
	out, err := exec.Command(python, append([]string{"notebooks/execute.py"}, args...)...).CombinedOutput()
	return string(out), err != nil
}

const importNotebook = "import nb \"scorelab/lib/notebook\""

// TestExecuteNotebooks: what a notebook does wrong is said with the place, and what is committed stays as it was.
func TestExecuteNotebooks(t *testing.T) {
	if testing.Short() {
		t.Skip("starts kernels")
	}
	path := filepath.Join(t.TempDir(), "n.ipynb")
	for _, test := range []struct {
		name  string
		cells []string
		want  []string
	}{
		{"compile error", []string{"%%\nx := 3\nfmt.Println(y)"}, []string{"a cell fails", "undefined: y"}},
		{"error", []string{importNotebook, "%%\nnb.Check(fmt.Errorf(\"no wind\"))"},
			[]string{"a cell fails", "error: no wind"}},
		{"panic", []string{"%%\npanic(\"storm\")"}, []string{"a cell fails", "storm"}},
		{"killed kernel", []string{"%%\nsyscall.Kill(os.Getppid(), syscall.SIGKILL)\ntime.Sleep(time.Minute)"},
			[]string{"n.ipynb", "Dead"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			writeNotebook(t, path, test.cells...)
			before := read(t, path)
			out, failed := execute(t, path)
			if !failed {
				t.Errorf("it passes:\n%s", out)
			}
			for _, want := range test.want {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
			if string(read(t, path)) != string(before) {
				t.Error("a notebook that fails was written")
			}
		})
	}
}

// TestNotebooksAreReproducible: executing twice gives the same bytes, and --check sees any other.
func TestNotebooksAreReproducible(t *testing.T) {
	if testing.Short() {
		t.Skip("starts kernels")
	}
	path := filepath.Join(t.TempDir(), "n.ipynb")
	writeNotebook(t, path, importNotebook, "%%\nnb.Say(\"one\")\nnb.Table([]string{\"x\"}, []any{.5})\nnb.Say(\"two\")")
	if out, failed := execute(t, path); failed {
		t.Fatal(out)
	}
	once := string(read(t, path))
	if one, two := strings.Index(once, `"one"`), strings.Index(once, `"two"`); one < 0 || two < one {
		t.Errorf("outputs are not in the order of the calls:\n%s", once)
	}
	if out, failed := execute(t, "--check", path); failed {
		t.Error(out)
	}
	write(t, path, strings.Replace(once, `"two"`, `"too"`, 1), 0o600)
	if out, failed := execute(t, "--check", path); !failed || !strings.Contains(out, "differ from the committed ones") {
		t.Errorf("another output passes: %s", out)
	}
}

// TestSavingChangesNothing: a notebook that is opened in JupyterLab and saved is the same file: Lab writes what the
// kernel says of itself, and when cells ran.
func TestSavingChangesNothing(t *testing.T) {
	if _, err := os.Stat("../.venv/.lab"); err != nil {
		t.Skip("JupyterLab is not set up: make lab")
	}
	paths, err := filepath.Glob("../notebooks/*.ipynb")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d notebooks, %v", len(paths), err)
	}
	for _, path := range paths[:2] {
		before := read(t, path)
		saved := filepath.Join(t.TempDir(), filepath.Base(path))
		write(t, saved, string(before), 0o600)
		cmd := exec.Command("../.venv/bin/python", "testdata/save.py", saved)
		cmd.Env = append(os.Environ(), "PYTHONPATH=notebooks")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if !bytes.Equal(read(t, saved), before) {
			t.Errorf("%s differs after it was saved", path)
		}
	}
}

// TestInterruptedCell: a training cell draws its curve as it goes; the stop button ends it with what it reached saved
// and shown, the rest of the cell does not run, and the kernel answers the next cell, which is told that the training
// is not done.
func TestInterruptedCell(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a kernel")
	}
	if _, err := os.Stat("../.venv/.lab"); err != nil {
		t.Skip("JupyterLab is not set up: make lab")
	}
	python, err := filepath.Abs("../.venv/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	out := run(t, ".", python, "testdata/interrupt.py", t.TempDir())
	want := regexp.MustCompile(
		`interrupted: \[figure\] error: mean: interrupted after ([1-9]\d*) of 100000000 steps; ` +
			`run the cell again to go on exit status 1 exit status 1 with a live curve\nafter: 42\n` +
			`weights: mean: only (\d+) of 100000000 steps are trained; ` +
			`run the cell that trains it again to go on true\n`)
	if found := want.FindStringSubmatch(out); found == nil || found[1] != found[2] {
		t.Error(out)
	}
}
