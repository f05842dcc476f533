package suite

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"scorelab/internal/atomicdir"
)

// Stored is the content of a folder of results.
type Stored struct {
	Results []*Result        // in the order of the table
	Strays  []string         // folders of experiments that are not in the table
	Damaged map[string]error // results that cannot be trusted, by experiment
}

// Read reads the results in dir, also damaged ones. It returns an error if there is no such folder.
func (c Catalogue) Read(dir string) (*Stored, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no folder %s: `scorelab run -out %s` makes it", dir, dir)
	}
	if err != nil {
		return nil, atomicdir.Error("read", dir, err)
	}
	s := &Stored{Damaged: map[string]error{}}
	results := make([]*Result, len(c.Experiments))
	for _, entry := range entries {
		id := entry.Name()
		if strings.HasPrefix(id, ".") {
			continue
		}
		rank := c.rank(id)
		if rank < 0 && entry.IsDir() {
			s.Strays = append(s.Strays, id)
		}
		if rank < 0 || !atomicdir.Exists(filepath.Join(dir, id)) { // a link to a folder counts as a folder
			continue
		}
		if results[rank], err = readResult(filepath.Join(dir, id)); err != nil {
			s.Damaged[id] = err
		}
	}
	s.Results = slices.DeleteFunc(results, func(r *Result) bool { return r == nil })
	return s, nil
}

// Load reads the results in dir, in the order of the table, and fails at the first that is damaged. Strays are folders
// with results of experiments that are not in the table.
func (c Catalogue) Load(dir string) (results []*Result, strays []string, err error) {
	s, err := c.Read(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range c.Experiments {
		if err := s.Damaged[e.ID]; err != nil {
			return nil, nil, err
		}
	}
	return s.Results, s.Strays, nil
}

// ResultError is the error of a stored result that cannot be trusted.
type ResultError struct{ Path, Experiment, Problem string }

func (e *ResultError) Error() string {
	return fmt.Sprintf("%s %s: `scorelab run -run '^%s$'` makes it anew", e.Path, e.Problem, e.Experiment)
}

// readResult reads run.json in the folder of an experiment. It checks that its files exist with the stored bytes.
func readResult(dir string) (*Result, error) {
	r, _, err := readRun(dir)
	return r, err
}

// readRun is readResult together with the text of run.json.
func readRun(dir string) (*Result, []byte, error) {
	path, id := filepath.Join(dir, runName), filepath.Base(dir)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, &ResultError{path, id, "is missing"}
	}
	if err != nil {
		return nil, nil, atomicdir.Error("read", path, err)
	}
	r, err := parseResult(path, id, text)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range slices.Concat(r.Tables, r.Figures) {
		if _, err := f.read(dir); err != nil {
			return nil, nil, err
		}
	}
	return r, text, nil
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

// read returns the bytes of a table or figure in the folder of its result. It returns an error if their hash is known
// and differs.
func (f File) read(dir string) ([]byte, error) {
	path, id := filepath.Join(dir, runName), filepath.Base(dir)
	if info, err := os.Stat(filepath.Join(dir, f.Name)); err != nil || !info.Mode().IsRegular() {
		return nil, &ResultError{path, id, "names " + f.Name + ", which is missing"}
	}
	data, err := os.ReadFile(filepath.Join(dir, f.Name))
	if err != nil {
		return nil, atomicdir.Error("read", filepath.Join(dir, f.Name), err)
	}
	if f.SHA256 != "" && f.SHA256 != hash(data) {
		problem := fmt.Sprintf("names %s, whose %d bytes are not those that were stored", f.Name, len(data))
		return nil, &ResultError{path, id, problem}
	}
	return data, nil
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// hashed returns the result with the hashes of its tables and figures.
func (r *Result) hashed(files map[string][]byte) *Result {
	with := *r
	for _, list := range []*[]File{&with.Tables, &with.Figures} {
		*list = slices.Clone(*list)
		for i, f := range *list {
			(*list)[i].SHA256 = hash(files[f.Name])
		}
	}
	return &with
}

// vouched reports whether the hash of every table and figure is known. Older versions stored none.
func (r *Result) vouched() bool {
	return !slices.ContainsFunc(slices.Concat(r.Tables, r.Figures), func(f File) bool { return f.SHA256 == "" })
}

// unvouched is the error of a result in dir whose hashes are unknown.
func (r *Result) unvouched(dir string) error {
	const problem = "holds no hashes of its tables and figures, so that damage to them would not show"
	return &ResultError{filepath.Join(dir, r.Experiment, runName), r.Experiment, problem}
}
