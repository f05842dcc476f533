package suite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// MaxBaseline is how many bytes a baseline may hold: it is committed.
const MaxBaseline = 25_000_000

// Accepted says what became the baseline.
type Accepted struct {
	Experiments, Files int
	Bytes              int64
}

// Accept makes the results in dir the baseline, all at once or not at all. It refuses results that are not a whole run
// of the suite under one setting with all checks passing, and a baseline folder that holds anything else than results.
func (c Catalogue) Accept(dir, baseline string) (*Accepted, error) {
	return c.accept(dir, baseline, atomic{})
}

func (c Catalogue) accept(dir, baseline string, writer atomic) (*Accepted, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("%w: `make experiments` makes results", storeError("read", dir, err))
	}
	source, err := OpenStore(dir) // nobody may write while we read
	if err != nil {
		return nil, err
	}
	defer source.Close()
	results, strays, err := c.Load(dir)
	if err != nil {
		return nil, err
	}
	if err := c.acceptable(dir, results, strays); err != nil {
		return nil, err
	}
	files, err := c.collect(dir, results)
	if err != nil {
		return nil, err
	}
	done := &Accepted{Experiments: len(results), Files: len(files)}
	for _, data := range files {
		done.Bytes += int64(len(data))
	}
	if done.Bytes > MaxBaseline {
		return nil, fmt.Errorf("the results are %.1f MB, and a baseline may have %d MB: make figures smaller",
			float64(done.Bytes)/1e6, MaxBaseline/1_000_000)
	}
	parent, base := filepath.Split(filepath.Clean(baseline))
	if parent = filepath.Clean(parent); isFolder(parent) {
		if err := sweep(parent, base); err != nil {
			return nil, storeError("clean", parent, err)
		}
	}
	if err := onlyResults(baseline); err != nil {
		return nil, err
	}
	target, err := OpenStore(baseline)
	if err != nil {
		return nil, err
	}
	defer target.Close()
	if err := writer.folder(filepath.Clean(baseline), files); err != nil {
		return nil, fmt.Errorf("%w; the former baseline is untouched", storeError("write", baseline, err))
	}
	return done, nil
}

// acceptable finds reasons to refuse results as a baseline.
func (c Catalogue) acceptable(dir string, results []*Result, strays []string) error {
	for _, id := range strays {
		return fmt.Errorf("%s/%s is of no experiment in the table: remove it", dir, id)
	}
	for _, e := range c.Experiments {
		if find(results, e.ID) == nil {
			return fmt.Errorf("%s has no result of %s: `scorelab run -run '^%s$'` makes it", dir, e.ID, e.ID)
		}
	}
	for _, r := range results {
		for _, check := range r.Failed() {
			return fmt.Errorf("%v fails, %s: only a run whose checks all pass can be accepted",
				key{r.Experiment, check.Claim, check.Metric}, check.Miss())
		}
		if one := results[0]; r.Seed != one.Seed || r.Profile != one.Profile || r.Backend != one.Backend {
			return fmt.Errorf("%s was run with seed %d, %s, %s, but %s with seed %d, %s, %s: run the suite in one go",
				one.Experiment, one.Seed, one.Profile, one.Backend, r.Experiment, r.Seed, r.Profile, r.Backend)
		}
	}
	return nil
}

// collect returns the files of a baseline by their path in it. Ledger and gallery are made anew: theirs may be stale.
func (c Catalogue) collect(dir string, results []*Result) (map[string][]byte, error) {
	files, err := c.summaries(results)
	if err != nil {
		return nil, err
	}
	for _, r := range results {
		for _, name := range append(r.files(), runName) {
			data, err := os.ReadFile(filepath.Join(dir, r.Experiment, name))
			if err != nil {
				return nil, storeError("read", filepath.Join(dir, r.Experiment, name), err)
			}
			files[path.Join(r.Experiment, name)] = data
		}
	}
	return files, nil
}

// onlyResults makes sure that replacing a folder loses nothing but results.
func onlyResults(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return storeError("read", dir, err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if name == ledgerName || name == readmeName || name == lockName || strings.HasPrefix(name, tmpPrefix) {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, name, runName)); err != nil {
			return fmt.Errorf("%s holds %s, which is no result, and accepting would remove it: move it elsewhere", dir, name)
		}
	}
	return nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
