package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"scorelab"
	"scorelab/experiments"
	"scorelab/internal/source"
)

// build compiles this program with some files replaced.
func build(t *testing.T, replaced map[string]string) (binary string) {
	t.Helper()
	dir := t.TempDir()
	binary = filepath.Join(dir, "scorelab")
	overlay := map[string]map[string]string{"Replace": {}}
	for name, text := range replaced {
		path, err := filepath.Abs(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		other := filepath.Join(dir, strings.ReplaceAll(name, "/", "_"))
		if err := os.WriteFile(other, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay["Replace"][path] = other
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-overlay", list, "-o", binary, ".").
		CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// edit returns a file of the tree with one thing replaced.
func edit(t *testing.T, name, old, new string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), old) != 1 {
		t.Fatalf("%s must hold %q once", name, old)
	}
	return map[string]string{name: strings.Replace(string(text), old, new, 1)}
}

// outputOf runs a program in a folder on the Go backend.
func outputOf(t *testing.T, dir, binary string, args ...string) string {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "SCORELAB_BACKEND=go", "XLA_FLAGS=") // a test before may have set flags
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

// TestOnlyWhatChangedRuns runs three experiments of two chapters, plants changes, and sees exactly those run again that
// depend on the change, with the same bytes.
func TestOnlyWhatChangedRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program three times")
	}
	dir := t.TempDir()
	run := func(binary string, args ...string) string { return outputOf(t, dir, binary, args...) }
	ran := func(binary string, flags ...string) (ids string) {
		t.Helper()
		out := run(binary, append([]string{"run", "-run", "^(score-field|ode-collapse|hutchinson)$", "-out", "r"},
			flags...)...)
		for _, line := range regexp.MustCompile(`(?m)^ok +([a-z-]+) .*, ran$`).FindAllStringSubmatch(out, -1) {
			ids += line[1] + " "
		}
		if n := strings.Count(out, ", unchanged since 20"); n+strings.Count(ids, " ") != 3 {
			t.Errorf("%d lines say unchanged, and %q ran:\n%s", n, ids, out)
		}
		return ids
	}

	plain := build(t, nil)
	if got := ran(plain); got != "score-field ode-collapse hutchinson " {
		t.Errorf("first: %s", got)
	}
	if err := os.CopyFS(filepath.Join(dir, "first"), os.DirFS(filepath.Join(dir, "r"))); err != nil {
		t.Fatal(err)
	}
	if got := ran(plain); got != "" {
		t.Errorf("nothing changed: %sran", got)
	}
	why := func(binary, id, want string, flags ...string) {
		t.Helper()
		if got := run(binary, append([]string{"why", "-out", "r", id}, flags...)...); !strings.Contains(got, want) {
			t.Errorf("why does not say %q:\n%s", want, got)
		}
	}
	why(plain, "ode-collapse", "    seed: was 1, is 2\n", "-seed", "2")
	if got := ran(plain, "-fresh"); got != "score-field ode-collapse hutchinson " {
		t.Errorf("-fresh: %sran", got)
	}
	run(plain, "diff", "-exact", "-run", "^(score-field|ode-collapse|hutchinson)$", "first", "r")

	chapter := build(t, edit(t, "experiments/score/collapse.go", "func runOdeCollapse(",
		"// planted\nfunc runOdeCollapse("))
	why(chapter, "ode-collapse", "    experiments/score.runOdeCollapse")
	if got := ran(chapter); got != "ode-collapse " {
		t.Errorf("a change in ode-collapse: %sran", got)
	}
	why(chapter, "ode-collapse", "ode-collapse stays: ")
	library := build(t, edit(t, "lib/density/mixture.go", "package density\n", "package density\n\n// planted\n"))
	why(library, "hutchinson", "    lib/density/mixture.go\n")
	if got := ran(library); got != "score-field ode-collapse hutchinson " {
		t.Errorf("a change in lib/density: %sran", got)
	}
}

// TestEveryExperimentHasInputs checks that each is a declaration of its chapter, so that a change elsewhere in the
// chapter does not count, and that what all of them need is there.
func TestEveryExperimentHasInputs(t *testing.T) {
	tree, err := source.New(scorelab.Source, suiteFolder)
	if err != nil {
		t.Fatal(err)
	}
	in := &inputs{tree: tree}
	sizes := map[int]bool{}
	for _, e := range experiments.Catalogue.Experiments {
		found, err := in.of(e)
		if err != nil {
			t.Errorf("%s: %v", e.ID, err)
			continue
		}
		for _, need := range []string{"lib/suite/lab.go", "lib/random/key.go", "title", "seed"} {
			if _, ok := found[need]; !ok {
				t.Errorf("%s does not depend on %s", e.ID, need)
			}
		}
		for name := range found {
			if strings.HasPrefix(name, "lib/notebook") || strings.HasPrefix(name, "cmd/") {
				t.Errorf("%s depends on %s", e.ID, name)
			}
			if strings.HasSuffix(name, ".Experiments") {
				t.Errorf("%s depends on the list %s, and so on its whole chapter", e.ID, name)
			}
		}
		sizes[len(found)] = true
	}
	if len(sizes) < 10 {
		t.Errorf("the experiments depend on %d different numbers of things", len(sizes))
	}
}

// TestEmbeddedDataIsSource checks that every file that go:embed puts into the suite or the library is in the source
// that inputs are read from.
func TestEmbeddedDataIsSource(t *testing.T) {
	directive := regexp.MustCompile(`(?m)^//go:embed (.+)$`)
	found := 0
	for _, root := range []string{"lib", "internal", "experiments"} {
		err := filepath.WalkDir(filepath.Join("../..", root), func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(name) != ".go" {
				return err
			}
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			here := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(name), "../../"))
			for _, line := range directive.FindAllStringSubmatch(string(text), -1) {
				for _, pattern := range strings.Fields(line[1]) {
					found++
					files, err := fs.Glob(scorelab.Source, here+"/"+pattern)
					if err != nil || len(files) == 0 {
						t.Errorf("%s embeds %s, which is not in scorelab.Source", name, pattern)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 4 {
		t.Errorf("%d patterns: there are more", found)
	}
}
