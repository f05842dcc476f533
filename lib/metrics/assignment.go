package metrics

import "math"

// assignment is a solved linear assignment problem: row i goes to column to[i]. The prices u, v prove that it is
// optimal: u_i + v_j <= cost_ij for every pair, with equality on the assigned ones. So sum u + sum v is a lower bound
// of every assignment and, up to rounding, the cost of this one.
type assignment struct {
	to   []int
	u, v []float64
}

// assign finds the cheapest assignment for a dense [n, n] cost matrix by the algorithm of Jonker and Volgenant
// (Computing 38, 1987). It reduces columns, then rows, and finds shortest augmenting paths for the rows that are left.
// It takes O(n^3) time at worst.
func assign(n int, cost []float64) assignment {
	s := solver{n: n, cost: cost, to: fill(n, -1), from: fill(n, -1), v: make([]float64, n)}
	free := s.reduceColumns()
	free = s.reduceRows(s.reduceRows(free))
	path := newPath(n)
	for _, i := range free {
		s.augment(i, path)
	}
	u := make([]float64, n)
	for i, j := range s.to {
		u[i] = cost[i*n+j] - s.v[j]
	}
	return assignment{s.to, u, s.v}
}

type solver struct {
	n        int
	cost     []float64
	to, from []int     // column of each row, row of each column; -1: none yet
	v        []float64 // prices of the columns
}

func (s *solver) row(i int) []float64 { return s.cost[i*s.n : (i+1)*s.n] }

func (s *solver) match(i, j int) { s.to[i], s.from[j] = j, i }

// reduceColumns sets the price of each column to its lowest cost. The row of that cost gets the column if it has none
// yet. It returns the rows without a column.
func (s *solver) reduceColumns() (free []int) {
	cheapest := fill(s.n, 0)
	copy(s.v, s.row(0))
	for i := range s.n {
		for j, c := range s.row(i) {
			if c < s.v[j] {
				s.v[j], cheapest[j] = c, i
			}
		}
	}
	for j := s.n - 1; j >= 0; j-- {
		if s.to[cheapest[j]] < 0 {
			s.match(cheapest[j], j)
		}
	}
	for i, j := range s.to {
		if j < 0 {
			free = append(free, i)
		}
	}
	return free
}

// reduceRows assigns every free row its cheapest column, at the price that makes it as expensive as the second
// cheapest. The row that loses the column is next if the price fell. Otherwise it is left for later.
func (s *solver) reduceRows(free []int) (left []int) {
	budget := 4 * s.n // rounds, which bring little after that
	for len(free) > 0 {
		i := free[len(free)-1]
		free = free[:len(free)-1]
		if budget--; budget < 0 {
			return append(append(left, i), free...)
		}
		first, second, j, k := math.Inf(1), math.Inf(1), 0, 0
		for l, c := range s.row(i) {
			switch c -= s.v[l]; {
			case c < first:
				second, k = first, j
				first, j = c, l
			case c < second:
				second, k = c, l
			}
		}
		lowered := false
		if s.n > 1 {
			old := s.v[j]
			s.v[j] -= second - first
			lowered = s.v[j] < old
		}
		if !lowered && s.from[j] >= 0 && s.from[k] < 0 {
			j = k // as cheap, and not yet assigned
		}
		holder := s.from[j]
		s.match(i, j)
		if holder < 0 {
			continue
		}
		s.to[holder] = -1
		if lowered {
			free = append(free, holder)
		} else {
			left = append(left, holder)
		}
	}
	return left
}

// path is the working memory of augment.
type path struct {
	dist  []float64 // reduced cost of the shortest path to each column found so far
	via   []int     // the row before each column on it
	todo  []int     // columns not yet scanned
	ready []int     // columns scanned, by distance
}

func newPath(n int) *path {
	return &path{dist: make([]float64, n), via: make([]int, n), todo: make([]int, n), ready: make([]int, 0, n)}
}

// augment assigns the free row a column, along the path of least reduced cost to an unassigned one (Dijkstra's
// algorithm). It updates the prices so that they still prove optimality.
func (s *solver) augment(free int, p *path) {
	p.ready, p.todo = p.ready[:0], p.todo[:s.n]
	row := s.row(free)
	best, at := math.Inf(1), 0
	for j := range p.todo {
		p.todo[j], p.via[j], p.dist[j] = j, free, row[j]-s.v[j]
		if p.dist[j] < best {
			best, at = p.dist[j], j
		}
	}
	for {
		j := p.todo[at]
		last := len(p.todo) - 1
		p.todo[at] = p.todo[last]
		p.todo = p.todo[:last]
		i := s.from[j]
		if i < 0 {
			for _, k := range p.ready {
				s.v[k] += p.dist[k] - best
			}
			s.flip(free, j, p.via)
			return
		}
		p.ready = append(p.ready, j)
		row := s.row(i)
		offset := best - (row[j] - s.v[j])
		best = math.Inf(1)
		for l, k := range p.todo {
			d := p.dist[k]
			if c := row[k] - s.v[k] + offset; c < d {
				d, p.dist[k], p.via[k] = c, c, i
			}
			if d < best {
				best, at = d, l
			}
		}
	}
}

// flip reassigns rows and columns along the path that ends in column j.
func (s *solver) flip(free, j int, via []int) {
	for {
		i := via[j]
		next := s.to[i]
		s.match(i, j)
		if i == free {
			return
		}
		j = next
	}
}

func fill(n, value int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = value
	}
	return out
}
