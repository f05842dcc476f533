package suite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"scorelab/internal/atomicdir"
)

// filesOfResult reports which files in the folder of a result are part of it: those that its run.json names, even if it
// is otherwise wrong. All others are foreign and stay.
func filesOfResult(dir string) func(name string) bool {
	names := []string{runName, metaName}
	if foreignPage(dir) == nil {
		names = append(names, readmeName)
	}
	if text, err := os.ReadFile(filepath.Join(dir, runName)); err == nil {
		var r Result
		_ = json.Unmarshal(text, &struct{ Tables, Figures *[]File }{&r.Tables, &r.Figures})
		names = append(names, r.files()...)
	}
	return func(name string) bool { return slices.Contains(names, name) }
}

// undecided lists the tables and figures in the folder of a result that this program may or may not have written, since
// its run.json is damaged. Those in written are left out.
func undecided(dir string, written func(name string) bool) (names []string) {
	text, err := os.ReadFile(filepath.Join(dir, runName))
	if err != nil || json.Unmarshal(text, &struct{ Tables, Figures []File }{}) == nil {
		return nil
	}
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		name := entry.Name()
		if slices.Contains([]string{".csv", ".png", ".gif", ".svg"}, filepath.Ext(name)) && !written(name) {
			names = append(names, name)
		}
	}
	return names
}

// summaryFiles are the files beside the results that are derived from them.
var summaryFiles = []string{readmeName, ledgerPage, ledgerName}

// besideFiles are files that other commands of this repository write beside the results, such as `make bench`. They
// stay.
var besideFiles = []string{"bench.json", "bench.md", "bench.png", "bench-costs.png"}

// foreignPage returns an error if a foreign README.md in the folder of a result would be overwritten.
func foreignPage(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, readmeName))
	if err != nil || len(bytes.TrimSpace(text)) == 0 || bytes.Contains(text[:min(len(text), 2000)], []byte(toIndex)) {
		return nil
	}
	return fmt.Errorf("%s is not of this program, and the page of a result would overwrite it: move it elsewhere",
		filepath.Join(dir, readmeName))
}

// foreignRun returns an error if a run.json of another program, or a foreign page, would be overwritten.
func foreignRun(dir string) error {
	if err := foreignPage(dir); err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(dir, runName))
	var fields map[string]json.RawMessage
	if err != nil || json.Unmarshal(text, &fields) != nil || fields == nil || fields["schema"] != nil {
		return nil
	}
	return fmt.Errorf("%s is not of this program, and a result would overwrite it: move it elsewhere",
		filepath.Join(dir, runName))
}

// filesOfResults reports which files in a folder of results are part of them.
func filesOfResults(dir string) func(name string) bool {
	parts := map[string]func(string) bool{}
	return func(name string) bool {
		id, rest, below := strings.Cut(name, "/")
		if !below {
			return slices.Contains(summaryFiles, name)
		}
		if parts[id] == nil {
			parts[id] = filesOfResult(filepath.Join(dir, id))
		}
		return parts[id](rest)
	}
}

// summariesAreOurs returns an error for a folder with a foreign README.md or ledger.json, which results would
// overwrite.
func summariesAreOurs(dir string) error {
	for name, sign := range map[string]string{readmeName: "# Results:", ledgerPage: "# The ledger of claims",
		ledgerName: `"claim"`} {
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path)
		text = bytes.TrimSpace(text)
		empty := len(text) == 0 || string(text) == "[]"
		if err != nil || empty || bytes.Contains(text[:min(len(text), 200)], []byte(sign)) {
			continue
		}
		return fmt.Errorf("%s is not of this program, and results in %s would overwrite it: "+
			"choose another folder, or move it elsewhere", path, dir)
	}
	return nil
}

// onlyResults checks that replacing a folder removes only results.
func (c Catalogue) onlyResults(dir string) error {
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return atomicdir.Error("read", dir, err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if slices.Contains(summaryFiles, name) || slices.Contains(besideFiles, name) || name == atomicdir.LockName ||
			strings.HasPrefix(name, atomicdir.TmpPrefix) {
			continue
		}
		if !c.isResult(dir, name) {
			return fmt.Errorf("%s holds %s, which is no result, and writing there would remove it: move it elsewhere",
				dir, name)
		}
		if err := foreignRun(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// isResult reports whether a folder in dir is a result: one of an experiment in the table, also damaged, or one of a
// former experiment with the name of the folder.
func (c Catalogue) isResult(dir, name string) bool {
	text, err := os.ReadFile(filepath.Join(dir, name, runName))
	if err != nil {
		return false
	}
	r, err := decodeResult(text)
	return c.rank(name) >= 0 || err == nil && r.Experiment == name
}
