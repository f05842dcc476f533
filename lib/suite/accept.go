package suite

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"

	"scorelab/internal/atomicdir"
)

// MaxBaseline is the largest size of a baseline in bytes, since a baseline is committed.
const MaxBaseline = 25_000_000

// Accepted describes the new baseline.
type Accepted struct {
	Experiments, Files int
	Bytes              int64
}

// Accept makes the results in dir the baseline, all at once or not at all. The results must be a whole run of the suite
// under one setting with all checks passing. It is an error if they are not, or if the baseline folder contains
// anything other than results. If pattern is not empty, only matching experiments come from dir, and the others from
// the former baseline.
func (c Catalogue) Accept(dir, baseline, pattern string) (*Accepted, error) {
	return c.accept(dir, baseline, pattern, atomicdir.Writer{})
}

func (c Catalogue) accept(dir, baseline, pattern string, writer atomicdir.Writer) (*Accepted, error) {
	chosen, err := c.Match(pattern)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("%w: `make experiments` makes results", atomicdir.Error("read", dir, err))
	}
	if within(dir, baseline) {
		return nil, fmt.Errorf("%s is the baseline or lies in it, which is replaced as a whole: "+
			"accept results from elsewhere", dir)
	}
	target, err := c.openTarget(baseline)
	if err != nil {
		return nil, err
	}
	defer target.close()
	release, err := atomicdir.Guard(dir) // no other process may write during reading
	if err != nil {
		return nil, err
	}
	defer release()
	results, strays, err := c.Load(dir)
	if err != nil {
		return nil, err
	}
	for _, id := range strays {
		return nil, fmt.Errorf("%s/%s is of no experiment in the table: remove it", dir, id)
	}
	from := map[string]string{} // where each result is from
	if results, err = c.candidates(dir, baseline, chosen, results, from); err != nil {
		return nil, err
	}
	if err := acceptable(from, results); err != nil {
		return nil, err
	}
	files, err := c.collect(from, results)
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
	if err := target.replace(writer, files, "the former baseline"); err != nil {
		return nil, err
	}
	return done, nil
}

// candidates are the fresh results of the chosen experiments, and the baseline's results of the others.
func (c Catalogue) candidates(dir, baseline string, chosen []Experiment, fresh []*Result,
	from map[string]string) ([]*Result, error) {
	var old []*Result
	if len(chosen) < len(c.Experiments) {
		var err error
		if old, _, err = c.Load(baseline); err != nil {
			return nil, &BaselineError{err}
		}
	}
	var all []*Result
	for _, e := range c.Experiments {
		place, results := dir, fresh
		if !slices.ContainsFunc(chosen, func(o Experiment) bool { return o.ID == e.ID }) {
			place, results = baseline, old
		}
		r := find(results, e.ID)
		if r == nil {
			return nil, fmt.Errorf("%s has no result of %s: `scorelab run -run '^%s$'` makes it", place, e.ID, e.ID)
		}
		all = append(all, r)
		from[e.ID] = place
	}
	return all, nil
}

// acceptable returns the reasons to refuse results as a baseline.
func acceptable(from map[string]string, results []*Result) error {
	for _, r := range results {
		if !r.vouched() {
			return r.unvouched(from[r.Experiment])
		}
		for _, check := range r.Failed() {
			return fmt.Errorf("%v fails, %s: only a run whose checks all pass can be accepted",
				key{r.Experiment, check.Claim, check.Metric}, check.Miss())
		}
	}
	ids := make([]string, len(results))
	for i, r := range results {
		ids[i] = r.Experiment
	}
	return oneSetting(ids, results)
}

// oneSetting returns an error for results of different runs. places are their folders.
func oneSetting(places []string, results []*Result) error {
	for i, r := range results {
		if one := results[0]; r.Seed != one.Seed || r.Profile != one.Profile || r.Backend != one.Backend {
			return fmt.Errorf("%s was run with %s, but %s with %s: run all with the same", places[0], one.setting(),
				places[i], r.setting())
		}
	}
	return nil
}

// setting is the command-line flags of a result's run.
func (r *Result) setting() string {
	return fmt.Sprintf("-seed %d -profile %s -backend %s", r.Seed, r.Profile, r.Backend)
}

// collect returns the files of a baseline by their path in it. Ledger and pages are written anew, since those in the
// folder may be stale.
func (c Catalogue) collect(from map[string]string, results []*Result) (map[string][]byte, error) {
	files, err := c.summaries(results)
	if err != nil {
		return nil, err
	}
	for _, r := range results {
		if err := r.readFiles(from[r.Experiment], files); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// readFiles adds the files of a result in the folder dir by their path in it, except for those that never enter a
// comparison.
func (r *Result) readFiles(dir string, files map[string][]byte) error {
	from := filepath.Join(dir, r.Experiment)
	text, err := os.ReadFile(filepath.Join(from, runName))
	if err != nil {
		return atomicdir.Error("read", filepath.Join(from, runName), err)
	}
	files[path.Join(r.Experiment, runName)] = text
	for _, f := range slices.Concat(r.Tables, r.Figures) {
		if files[path.Join(r.Experiment, f.Name)], err = f.read(from); err != nil {
			return err
		}
	}
	return nil
}
