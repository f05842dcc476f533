package suite

import "fmt"

// Shard is part I, 1 .. N, of a suite that N machines run. The zero value is the whole suite.
type Shard struct{ I, N int }

func (s Shard) String() string {
	if s.N == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.I, s.N)
}

// owner is the shard of n that an experiment belongs to. Experiments are assigned in turn in the order of the table,
// independently of the pattern of a run.
func (c Catalogue) owner(id string, n int) Shard { return Shard{c.rank(id)%n + 1, n} }

// Part returns the experiments that belong to a shard, possibly none.
func (c Catalogue) Part(s Shard, experiments []Experiment) (mine []Experiment) {
	if s.N == 0 {
		return experiments
	}
	for _, e := range experiments {
		if c.owner(e.ID, s.N) == s {
			mine = append(mine, e)
		}
	}
	return mine
}
