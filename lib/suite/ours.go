package suite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"scorelab/lib/folder"
)

// filesOfResult tells which files in the folder of a result are part of it: those that its run.json names. All others
// are somebody else's, and stay. A run.json that cannot be used names them all the same; one that cannot even be read
// has tables and figures of any name.
func filesOfResult(dir string) func(name string) bool {
	text, err := os.ReadFile(filepath.Join(dir, runName))
	if err != nil {
		return func(name string) bool { return name == runName || name == metaName }
	}
	var r Result
	damaged := json.Unmarshal(text, &struct{ Tables, Figures *[]File }{&r.Tables, &r.Figures}) != nil
	names := append(r.files(), runName, metaName)
	return func(name string) bool {
		made := damaged && slices.Contains([]string{".csv", ".png", ".gif", ".svg"}, filepath.Ext(name))
		return slices.Contains(names, name) || made && !strings.Contains(name, "/")
	}
}

// filesOfResults tells which files in a folder of results are part of them.
func filesOfResults(dir string) func(name string) bool {
	parts := map[string]func(string) bool{}
	return func(name string) bool {
		id, rest, below := strings.Cut(name, "/")
		if !below {
			return name == ledgerName || name == readmeName
		}
		if parts[id] == nil {
			parts[id] = filesOfResult(filepath.Join(dir, id))
		}
		return parts[id](rest)
	}
}

// summariesAreOurs refuses a folder whose README.md or ledger.json no program of this kind wrote: results in a folder
// of somebody's work would overwrite them.
func summariesAreOurs(dir string) error {
	for name, sign := range map[string]string{readmeName: "# Results:", ledgerName: `"claim"`} {
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
func onlyResults(dir string) error {
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return folder.Error("read", dir, err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if name == ledgerName || name == readmeName || name == folder.LockName || strings.HasPrefix(name, folder.TmpPrefix) {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, name, runName)); err != nil {
			return fmt.Errorf("%s holds %s, which is no result, and writing there would remove it: move it elsewhere", dir, name)
		}
	}
	return nil
}
