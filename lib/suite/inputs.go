package suite

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"scorelab/internal/atomicdir"
)

// Inputs are everything that a result depends on, by name, with a hash or the value itself: declarations, files,
// modules, settings, the machine.
type Inputs map[string]string

// Changed lists the names of inputs that differ, are new or are gone, in order.
func (in Inputs) Changed(now Inputs) []string {
	var names []string
	for name, before := range in {
		if after, ok := now[name]; !ok || after != before {
			names = append(names, name)
		}
	}
	for name := range now {
		if _, ok := in[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Of returns the inputs of an experiment under some settings: these, its description, and the settings.
func (in Inputs) Of(e Experiment, o Options) Inputs {
	all := Inputs{
		"seed": fmt.Sprint(o.Seed), "profile": string(o.Profile), "backend": o.BackendName,
		"schema":  fmt.Sprint(Schema),
		"streams": cmp.Or(e.Stream, e.ID), "title": e.Title, "question": e.Question,
		"sources": fmt.Sprintf("%q", e.Sources),
	}
	maps.Copy(all, in)
	return all
}

// Kept is a stored result together with what is known of its run.
type Kept struct {
	*Result
	Meta Meta
}

// ReadKept reads the result of an experiment in a folder of results, to use it again. It returns an error for results
// that are missing, damaged or stored without their inputs, as those of a baseline are.
func ReadKept(dir, id string) (*Kept, error) {
	dir = filepath.Join(dir, id)
	r, run, err := readRun(dir)
	if err != nil {
		return nil, err
	}
	if !r.vouched() {
		return nil, r.unvouched(filepath.Dir(dir))
	}
	k := &Kept{Result: r}
	path := filepath.Join(dir, metaName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing, which says what the result depends on", path)
	}
	if err != nil {
		return nil, atomicdir.Error("read", path, err)
	}
	if err := json.Unmarshal(text, &k.Meta); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if k.Meta.Result != hash(run) {
		return nil, fmt.Errorf("%s does not belong to %s", path, runName)
	}
	return k, nil
}

// Holds reports whether a new run could give nothing else: all inputs are the same. A result with a failing check, or
// with one of a claim that has left the table, never holds.
func (c Catalogue) Holds(k *Kept, now Inputs) bool {
	unknown := func(check Check) bool { return c.find(check.Claim) != nil }
	return k != nil && len(now) > 0 && len(k.Meta.Inputs.Changed(now)) == 0 && len(k.Failed()) == 0 &&
		!slices.ContainsFunc(k.Checks, unknown)
}
