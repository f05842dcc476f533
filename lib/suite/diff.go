package suite

import (
	"bytes"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// Difference is one metric that two runs measured differently.
type Difference struct {
	Experiment, Claim, Metric string
	A, B                      *Check // nil: not measured there
	Bands                     float64
}

// Diff is how two folders of results differ.
type Diff struct {
	Differences []Difference
	Experiments int      // in both
	Metrics     int      // in both
	Files       int      // in both, with the same bytes
	FilesDiffer []string // other bytes, or only on one side; without what never enters a comparison
}

// Identical reports whether both hold the same bytes.
func (d *Diff) Identical() bool { return len(d.FilesDiffer) == 0 }

// Diff compares two folders of results, number by number and byte by byte.
func (c Catalogue) Diff(a, b string) (*Diff, error) {
	left, _, err := c.Load(a)
	if err != nil {
		return nil, err
	}
	right, _, err := c.Load(b)
	if err != nil {
		return nil, err
	}
	d := &Diff{}
	for _, e := range c.Experiments {
		l, r := find(left, e.ID), find(right, e.ID)
		if l == nil && r == nil {
			continue
		}
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
	return d, d.bytes(a, b)
}

// bytes compares the files themselves.
func (d *Diff) bytes(a, b string) error {
	left, err := listing(a)
	if err != nil {
		return err
	}
	right, err := listing(b)
	if err != nil {
		return err
	}
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

// listing returns the paths of the results in dir.
func listing(dir string) (names []string, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != dir && entry.Name()[0] == '.':
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir() || entry.Name() == metaName:
			return nil
		}
		name, err := filepath.Rel(dir, path)
		names = append(names, name)
		return err
	})
	return names, err
}

func or(r, none *Result) *Result {
	if r == nil {
		return none
	}
	return r
}
