package suite

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"scorelab/internal/atomicdir"
)

// Merged describes a merge. Kept is the number of experiments that were there before and stay.
type Merged struct{ Shards, Experiments, Files, Failed, Kept int }

// Merge merges the folders of the shards into one, all at once or not at all. Except for times and machines, the bytes
// are those of a whole run. It returns an error if experiments are missing, if two shards have different results of an
// experiment, or if settings differ. Pattern restricts it to some experiments; the results of the others in out stay.
// An empty pattern means all.
func (c Catalogue) Merge(out string, shards []string, pattern string) (*Merged, error) {
	return c.merge(out, shards, pattern, atomicdir.Writer{})
}

func (c Catalogue) merge(out string, shards []string, pattern string, writer atomicdir.Writer) (*Merged, error) {
	chosen, err := c.Match(pattern)
	if err != nil {
		return nil, err
	}
	if err := distinctFolders(append([]string{out}, shards...)); err != nil {
		return nil, err
	}
	target, err := c.openTarget(out)
	if err != nil {
		return nil, err
	}
	defer target.close()
	n := len(c.Experiments)
	m := merger{Catalogue: c, chosen: chosen, from: make([]string, n), results: make([]*Result, n),
		files: map[string][]byte{}}
	for _, dir := range shards {
		release, err := atomicdir.Guard(dir) // no other process may write during reading
		if err != nil {
			return nil, err
		}
		defer release()
		if err := m.add(dir, chosen); err != nil {
			return nil, err
		}
	}
	if err := m.complete(); err != nil {
		return nil, err
	}
	if err := m.carry(out); err != nil {
		return nil, err
	}
	results := slices.DeleteFunc(m.results, func(r *Result) bool { return r == nil })
	summaries, err := c.summaries(results)
	if err != nil {
		return nil, err
	}
	for name, text := range summaries {
		m.files[name] = text
	}
	if err := target.replace(writer, m.files, "what was there"); err != nil {
		return nil, err
	}
	done := &Merged{Shards: len(shards), Experiments: len(results), Files: len(m.files), Kept: len(results) -
		len(chosen)}
	for _, r := range results {
		if len(r.Failed()) > 0 {
			done.Failed++
		}
	}
	return done, nil
}

// distinctFolders checks that the shards are folders, that all folders differ, and that none is within the first, which
// is replaced.
func distinctFolders(dirs []string) error {
	var known []os.FileInfo
	for i, dir := range dirs {
		info, err := os.Stat(dir)
		if i == 0 && errors.Is(err, fs.ErrNotExist) {
			known = append(known, nil)
			continue
		}
		if err != nil {
			return fmt.Errorf("%w: `scorelab run -shard I/N -out %s` makes a shard", atomicdir.Error("read", dir, err),
				dir)
		}
		for j, other := range known {
			if other != nil && os.SameFile(info, other) {
				return fmt.Errorf("%s and %s are the same folder: give the merged results and each shard one of "+
					"their own", dirs[j], dir)
			}
		}
		if i > 0 && within(dir, dirs[0]) {
			return fmt.Errorf("%s lies in %s, which the merged results replace as a whole: give them a folder of "+
				"their own",
				dir, dirs[0])
		}
		known = append(known, info)
	}
	return nil
}

// within reports whether a folder is another one or below it, after following links.
func within(dir, root string) bool {
	dir, err := atomicdir.Resolve(dir)
	if err != nil {
		return false
	}
	if root, err = atomicdir.Resolve(root); err != nil {
		return false
	}
	rel, err := filepath.Rel(root, dir)
	return err == nil && filepath.IsLocal(rel)
}

// merger is a merge in progress. Its lists follow the table of experiments.
type merger struct {
	Catalogue
	chosen  []Experiment
	from    []string // the folder of each result
	results []*Result
	files   map[string][]byte
	parts   []int // the numbers of shards that the shards state
}

// add adds the results of the wanted experiments in a folder.
func (m *merger) add(dir string, wanted []Experiment) error {
	stored, err := m.Read(dir)
	if err != nil {
		return err
	}
	for _, id := range stored.Strays {
		return fmt.Errorf("%s/%s is of no experiment in the table: remove it", dir, id)
	}
	for _, e := range wanted {
		if err := stored.Damaged[e.ID]; err != nil {
			return err
		}
	}
	for _, r := range stored.Results {
		if !slices.ContainsFunc(wanted, func(e Experiment) bool { return e.ID == r.Experiment }) {
			continue
		}
		if !r.vouched() {
			return r.unvouched(dir)
		}
		files := map[string][]byte{}
		if err := r.readFiles(dir, files); err != nil {
			return err
		}
		i := m.rank(r.Experiment)
		if m.results[i] != nil {
			places := []string{filepath.Join(m.from[i], r.Experiment), filepath.Join(dir, r.Experiment)}
			if err := oneSetting(places, []*Result{m.results[i], r}); err != nil {
				return err
			}
			for _, name := range slices.Sorted(maps.Keys(files)) {
				if !bytes.Equal(files[name], m.files[name]) {
					return fmt.Errorf("%s and %s have %s with other bytes: remove the result that is wrong",
						m.from[i], dir, name)
				}
			}
			continue
		}
		m.results[i], m.from[i] = r, dir
		for name, data := range files {
			m.files[name] = data
		}
		m.meta(dir, r.Experiment)
	}
	return nil
}

// carry takes over the results of all other experiments from the folder that is replaced.
func (m *merger) carry(out string) error {
	if len(m.chosen) == len(m.Experiments) || !atomicdir.Exists(out) {
		return nil
	}
	others := slices.DeleteFunc(slices.Clone(m.Experiments), func(e Experiment) bool {
		return m.results[m.rank(e.ID)] != nil
	})
	if err := m.add(out, others); err != nil {
		return err
	}
	var places []string
	var present []*Result
	for i, r := range m.results {
		if r != nil {
			places, present = append(places, filepath.Join(m.from[i], r.Experiment)), append(present, r)
		}
	}
	return oneSetting(places, present)
}

// meta keeps the description of a run, if there is one, and reads the number of shards from it.
func (m *merger) meta(dir, id string) {
	text, err := os.ReadFile(filepath.Join(dir, id, metaName))
	if err != nil {
		return
	}
	m.files[path.Join(id, metaName)] = text
	var meta Meta
	var shard Shard
	if json.Unmarshal(text, &meta) != nil {
		return
	}
	if _, err := fmt.Sscanf(meta.Shard, "%d/%d", &shard.I, &shard.N); err == nil && shard.N > 0 && !slices.Contains(
		m.parts, shard.N) {
		m.parts = append(m.parts, shard.N)
	}
}

// complete checks that the results are those of one whole run.
func (m *merger) complete() error {
	var places, missing []string
	var present []*Result
	for _, e := range m.chosen {
		i := m.rank(e.ID)
		r := m.results[i]
		if r == nil {
			missing = append(missing, e.ID)
			continue
		}
		places, present = append(places, filepath.Join(m.from[i], e.ID)), append(present, r)
	}
	if err := oneSetting(places, present); err != nil || len(missing) == 0 {
		return err
	}
	setting := ""
	if len(present) > 0 {
		setting = " " + present[0].setting()
	}
	if len(m.parts) != 1 { // not from shards, or from different partitions of the suite
		return fmt.Errorf("no shard has %s: `scorelab run -run '^(%s)$'%s -out DIR` makes a folder to merge, too",
			strings.Join(missing, ", "), strings.Join(missing, "|"), setting)
	}
	var again []string
	for i := range m.parts[0] {
		part := Shard{i + 1, m.parts[0]}
		if slices.ContainsFunc(missing, func(id string) bool { return m.owner(id, part.N) == part }) {
			again = append(again, fmt.Sprintf("`scorelab run -shard %v%s -out DIR`", part, setting))
		}
	}
	return fmt.Errorf("no shard has %s: run %s and merge again", strings.Join(missing, ", "), strings.Join(again, ", "))
}
