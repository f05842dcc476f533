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

// filesOfResult tells which files in the folder of a result are part of it: those that its run.json names, whatever
// else is wrong with it. All others are foreign, and stay.
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

// undecided lists the tables and figures in the folder of a result of which nothing says whether this program wrote
// them, since its run.json is damaged: all but those in written.
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

// summaryFiles are the files beside the results that follow from them.
var summaryFiles = []string{readmeName, ledgerPage, ledgerName}

// foreignPage refuses to overwrite a README.md in the folder of a result that is somebody else's.
func foreignPage(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, readmeName))
	if err != nil || len(bytes.TrimSpace(text)) == 0 || bytes.Contains(text[:min(len(text), 2000)], []byte(toIndex)) {
		return nil
	}
	return fmt.Errorf("%s is not of this program, and the page of a result would overwrite it: move it elsewhere",
		filepath.Join(dir, readmeName))
}

// foreignRun refuses to overwrite a run.json of another program, or a page of somebody else.
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

// filesOfResults tells which files in a folder of results are part of them.
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

// summariesAreOurs refuses a folder whose README.md or ledger.json no program of this kind wrote: results would
// overwrite foreign files.
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

// onlyResults makes sure that replacing a folder loses nothing but results.
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
		if slices.Contains(summaryFiles, name) || name == atomicdir.LockName || strings.HasPrefix(
			name, atomicdir.TmpPrefix) {
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

// isResult reports whether a folder in dir holds a result: one of an experiment in the table, also damaged, or one of
// an experiment that bore the name of the folder when it ran.
func (c Catalogue) isResult(dir, name string) bool {
	text, err := os.ReadFile(filepath.Join(dir, name, runName))
	if err != nil {
		return false
	}
	r, err := decodeResult(text)
	return c.rank(name) >= 0 || err == nil && r.Experiment == name
}
