package suite

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"scorelab/internal/atomicdir"
	"scorelab/lib/exec"
)

// Names inside a folder of results.
const (
	runName    = "run.json"
	metaName   = "run.meta.json"
	ledgerName = "ledger.json"
	readmeName = "README.md"
)

// Store is a folder of results, locked so that only this process writes to it.
type Store struct {
	Dir    string
	Warn   func(sentence string) // nil: the default logger
	writer atomicdir.Writer
	unlock func() error
}

// OpenStore makes dir if needed, locks it and clears the rest of a killed run. It returns an error for a folder with a
// foreign README.md or ledger.json, which a run would overwrite. The error of a folder that is in use is a
// *atomicdir.LockedError.
func OpenStore(dir string) (*Store, error) {
	if err := summariesAreOurs(dir); err != nil {
		return nil, err
	}
	_, unlock, err := atomicdir.Open(dir)
	if err != nil {
		return nil, err
	}
	return &Store{Dir: dir, unlock: unlock}, nil
}

// Close unlocks the folder.
func (s *Store) Close() error { return s.unlock() }

// Check returns an error for foreign files that prevent storing the results of these experiments.
func (s *Store) Check(experiments []Experiment) error {
	for _, e := range experiments {
		if err := foreignRun(filepath.Join(s.Dir, e.ID)); err != nil {
			return err
		}
	}
	return nil
}

// Put stores a result with its tables and figures in place of the former one. On any error the former one stays.
// Foreign files stay, too. Warn receives the names of those that may belong to a former result.
func (s *Store) Put(r *Result, report *Report, meta Meta) error {
	files := map[string][]byte{}
	var err error
	for _, t := range report.Tables {
		if files[t.Name+".csv"], err = t.encode(); err != nil {
			return &RunError{r.Experiment, err}
		}
	}
	for _, f := range report.Figures {
		files[f.Name] = f.Data
	}
	if files[runName], err = r.hashed(files).encode(); err != nil {
		return &RunError{r.Experiment, err}
	}
	meta.Result = hash(files[runName])
	if files[metaName], err = encodeJSON(meta); err != nil {
		return &RunError{r.Experiment, err}
	}
	return s.replace(r.Experiment, files)
}

// Adopt stores the result of an experiment that another process has stored in the folder from.
func (s *Store) Adopt(from, id string) (*Result, error) {
	kept, err := ReadKept(from, id)
	if err != nil {
		return nil, err
	}
	below := map[string][]byte{}
	if err := kept.readFiles(from, below); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for name, content := range below {
		files[path.Base(name)] = content
	}
	if files[metaName], err = encodeJSON(kept.Meta); err != nil {
		return nil, &RunError{id, err}
	}
	return kept.Result, s.replace(id, files)
}

// replace puts files in place of the former result of an experiment.
func (s *Store) replace(id string, files map[string][]byte) error {
	dir := filepath.Join(s.Dir, id)
	if err := foreignRun(dir); err != nil {
		return err
	}
	stay := undecided(dir, func(name string) bool {
		_, ok := files[name]
		return ok
	})
	if err := s.writer.Replace(dir, files, filesOfResult(dir)); err != nil {
		return fmt.Errorf("%w; the former result of %s is untouched", atomicdir.Error("write", dir, err), id)
	}
	if len(stay) > 0 {
		exec.Warn(s.Warn, fmt.Sprintf("%s could not be read, so that nothing said whether %s belonged to the former "+
			"result: it stays there; remove it if it did", filepath.Join(dir, runName), strings.Join(stay, ", ")))
	}
	return nil
}

// Summarize rewrites the ledger and the pages from the results in the folder. Strays are folders that are left out,
// since their experiments are not in the table.
func (s *Store) Summarize(c Catalogue) (strays []string, err error) {
	results, strays, err := c.Load(s.Dir)
	if err != nil {
		return nil, err
	}
	files, err := c.summaries(results)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Dir, err)
	}
	for _, r := range results {
		if err := foreignPage(filepath.Join(s.Dir, r.Experiment)); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := s.writer.File(filepath.Join(s.Dir, name), files[name]); err != nil {
			return nil, atomicdir.Error("write", filepath.Join(s.Dir, name), err)
		}
	}
	return strays, nil
}
