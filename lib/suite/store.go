package suite

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"scorelab/lib/folder"
)

// Names inside a folder of results.
const (
	runName    = "run.json"
	metaName   = "run.meta.json"
	ledgerName = "ledger.json"
	readmeName = "README.md"
)

// Store is a folder of results that this process alone writes.
type Store struct {
	Dir    string
	writer folder.Writer
	unlock func() error
}

// OpenStore makes dir if need be, locks it and clears what a killed run left there. The error of a folder that is in
// use is a *folder.LockedError.
func OpenStore(dir string) (*Store, error) {
	_, unlock, err := folder.Open(dir)
	if err != nil {
		return nil, err
	}
	return &Store{Dir: dir, unlock: unlock}, nil
}

// Close lets others write.
func (s *Store) Close() error { return s.unlock() }

// Put stores a result with its tables and figures in the place of the former one. On any error the former stays.
func (s *Store) Put(r *Result, report *Report, meta Meta) error {
	files := map[string][]byte{}
	var err error
	if files[runName], err = r.encode(); err != nil {
		return &RunError{r.Experiment, err}
	}
	if files[metaName], err = encodeJSON(meta); err != nil {
		return &RunError{r.Experiment, err}
	}
	for _, t := range report.Tables {
		if files[t.Name+".csv"], err = t.encode(); err != nil {
			return &RunError{r.Experiment, err}
		}
	}
	for _, f := range report.Figures {
		files[f.Name] = f.Data
	}
	dir := filepath.Join(s.Dir, r.Experiment)
	if err := s.writer.Replace(dir, files, filesOfResult(dir)); err != nil {
		return fmt.Errorf("%w; the former result of %s is untouched", folder.Error("write", filepath.Join(s.Dir, r.Experiment), err), r.Experiment)
	}
	return nil
}

// filesOfResult tells which files in the folder of a result are part of it: those that its run.json names. All others are
// somebody else's, and stay.
func filesOfResult(dir string) func(name string) bool {
	names := []string{runName, metaName}
	if text, err := os.ReadFile(filepath.Join(dir, runName)); err == nil {
		if r, err := decodeResult(text); err == nil {
			names = append(names, r.files()...)
		}
	}
	return func(name string) bool { return slices.Contains(names, name) }
}

// Summarize rewrites the ledger and the gallery from the results that lie in the folder. Strays are folders that it
// leaves out, since their experiments are not in the table.
func (s *Store) Summarize(c Catalogue) (strays []string, err error) {
	results, strays, err := c.Load(s.Dir)
	if err != nil {
		return nil, err
	}
	files, err := c.summaries(results)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Dir, err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := s.writer.File(filepath.Join(s.Dir, name), files[name]); err != nil {
			return nil, folder.Error("write", filepath.Join(s.Dir, name), err)
		}
	}
	return strays, nil
}

// summaries are the files that follow from the results.
func (c Catalogue) summaries(results []*Result) (map[string][]byte, error) {
	ledger, err := c.Ledger(results)
	if err != nil {
		return nil, err
	}
	text, err := encodeJSON(ledger)
	return map[string][]byte{ledgerName: text, readmeName: c.Gallery(results)}, err
}

// Load reads the results in dir, in the order of the table. Strays are folders with results of experiments that are
// not in the table.
func (c Catalogue) Load(dir string) (results []*Result, strays []string, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("there is no folder %s: `scorelab run -out %s` makes it", dir, dir)
	}
	if err != nil {
		return nil, nil, folder.Error("read", dir, err)
	}
	results = make([]*Result, len(c.Experiments))
	for _, entry := range entries {
		if !entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		rank := c.rank(entry.Name())
		if rank < 0 {
			strays = append(strays, entry.Name())
			continue
		}
		if results[rank], err = readResult(filepath.Join(dir, entry.Name())); err != nil {
			return nil, nil, err
		}
	}
	present := results[:0]
	for _, r := range results {
		if r != nil {
			present = append(present, r)
		}
	}
	return present, strays, nil
}

// ResultError is a stored result that is no evidence of anything.
type ResultError struct{ Path, Experiment, Problem string }

func (e *ResultError) Error() string {
	return fmt.Sprintf("%s %s: `scorelab run -run '^%s$'` makes it anew", e.Path, e.Problem, e.Experiment)
}

// readResult reads run.json in the folder of an experiment and makes sure that its files are there.
func readResult(dir string) (*Result, error) {
	path, id := filepath.Join(dir, runName), filepath.Base(dir)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &ResultError{path, id, "is missing"}
	}
	if err != nil {
		return nil, folder.Error("read", path, err)
	}
	r, err := parseResult(path, id, text)
	if err != nil {
		return nil, err
	}
	for _, name := range r.files() {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.Mode().IsRegular() {
			return nil, &ResultError{path, id, "names " + name + ", which is missing"}
		}
	}
	return r, nil
}

// parseResult reads the text of run.json at path, which must be a result of the experiment id.
func parseResult(path, id string, text []byte) (*Result, error) {
	r, err := decodeResult(text)
	if err != nil {
		return nil, &ResultError{path, id, "cannot be used, " + firstLine(err.Error())}
	}
	if r.Experiment != id {
		return nil, &ResultError{path, id, fmt.Sprintf("is a result of another experiment, %q", r.Experiment)}
	}
	return r, nil
}
