package suite

import (
	"bytes"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// Difference is one metric whose measurements differ between two runs.
type Difference struct {
	Experiment string
	Claim      ClaimID
	Metric     string
	A, B       *Check // nil: not measured there
	Bands      float64
}

// Diff is the difference of two folders of results.
type Diff struct {
	Differences []Difference
	Experiments int      // in both
	Metrics     int      // in both
	Files       int      // in both, with the same bytes
	FilesDiffer []string // other bytes, or only on one side; except for files that never enter a comparison
}

// Identical reports whether both hold the same bytes.
func (d *Diff) Identical() bool { return len(d.FilesDiffer) == 0 }

// Diff compares two folders of results, number by number and byte by byte. Pattern restricts it to some experiments. An
// empty one means all experiments and the summaries.
func (c Catalogue) Diff(a, b, pattern string) (*Diff, error) {
	chosen, err := c.Match(pattern)
	if err != nil {
		return nil, err
	}
	left, _, err := c.Load(a)
	if err != nil {
		return nil, err
	}
	right, _, err := c.Load(b)
	if err != nil {
		return nil, err
	}
	d := &Diff{}
	var inA, inB []string
	if pattern == "" {
		inA, inB = summaryNames(a), summaryNames(b)
	}
	for _, e := range chosen {
		l, r := find(left, e.ID), find(right, e.ID)
		if l == nil && r == nil {
			continue
		}
		inA, inB = append(inA, l.paths()...), append(inB, r.paths()...)
		none := &Result{Experiment: e.ID}
		if l != nil && r != nil {
			d.Experiments++
		}
		for _, p := range pairs(or(l, none), or(r, none)) {
			difference := Difference{e.ID, p.key.claim, p.key.metric, p.a, p.b, math.Inf(1)}
			if p.a != nil && p.b != nil {
				d.Metrics++
				distance := math.Abs(p.a.Got.Center - p.b.Got.Center)
				if distance == 0 || math.IsNaN(p.a.Got.Center) && math.IsNaN(p.b.Got.Center) {
					continue
				}
				difference.Bands = distance / band(*p.a, *p.b)
			}
			d.Differences = append(d.Differences, difference)
		}
	}
	return d, d.bytes(a, b, inA, inB)
}

// bytes compares the files of these names in a and in b.
func (d *Diff) bytes(a, b string, left, right []string) error {
	for _, name := range left {
		if !slices.Contains(right, name) {
			d.FilesDiffer = append(d.FilesDiffer, name)
			continue
		}
		x, err := os.ReadFile(filepath.Join(a, name))
		if err != nil {
			return err
		}
		y, err := os.ReadFile(filepath.Join(b, name))
		if err != nil {
			return err
		}
		if bytes.Equal(x, y) {
			d.Files++
		} else {
			d.FilesDiffer = append(d.FilesDiffer, name)
		}
	}
	for _, name := range right {
		if !slices.Contains(left, name) {
			d.FilesDiffer = append(d.FilesDiffer, name)
		}
	}
	slices.Sort(d.FilesDiffer)
	return nil
}

// summaryNames are the summaries in dir.
func summaryNames(dir string) (names []string) {
	for _, name := range summaryFiles {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			names = append(names, name)
		}
	}
	return names
}

// paths are the paths of a result's files, except for those that never enter a comparison. A nil result has none.
func (r *Result) paths() (names []string) {
	if r == nil {
		return nil
	}
	for _, name := range append(r.files(), runName) {
		names = append(names, path.Join(r.Experiment, name))
	}
	return names
}

func or(r, none *Result) *Result {
	if r == nil {
		return none
	}
	return r
}
