package suite

import "fmt"

// Shard is part I, 1 .. N, of a suite that N machines run. The zero value is all of it.
type Shard struct{ I, N int }

func (s Shard) String() string {
	if s.N == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.I, s.N)
}

// owner is the shard of n that an experiment belongs to: they are dealt out in the order of the table, whichever of
// them a run asks for.
func (c Catalogue) owner(id string, n int) Shard { return Shard{c.rank(id)%n + 1, n} }

// Part returns those of the experiments that belong to a shard, which may be none.
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
