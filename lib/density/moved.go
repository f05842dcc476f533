package density

import (
	"fmt"
	"math"
)

// checkMove returns an error for a map of R^d that is no change of unit and origin.
func checkMove(name string, d int, scale float64, shift []float64) error {
	if !(scale > 0) || math.IsInf(scale, 0) {
		return fmt.Errorf("%s cannot be scaled by %g; give a positive number", name, scale)
	}
	if len(shift) != d {
		return fmt.Errorf("%s in %d dimensions cannot be shifted by %d numbers; give %d", name, d, len(shift), d)
	}
	for i, v := range shift {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%s cannot be shifted by %g along axis %d; give a finite number", name, v, i)
		}
	}
	return nil
}

// Moved is the distribution of scale x + shift: the mixture in another unit, about another origin. The scale must be
// positive and the shift [d] finite.
func (m *Mixture) Moved(scale float64, shift []float64) (Target, error) {
	if err := checkMove("mixture "+m.name, m.dim, scale, shift); err != nil {
		return nil, err
	}
	components := make([]Component, m.size())
	for k, c := range m.components {
		mean, cov := make([]float64, m.dim), make([][]float64, m.dim)
		for i := range mean {
			mean[i] = scale*c.Mean[i] + shift[i]
			cov[i] = make([]float64, m.dim)
			for j, v := range c.Cov[i] {
				cov[i][j] = scale * scale * v
			}
		}
		components[k] = Component{c.Weight, mean, cov, c.Class}
	}
	return NewMixture(m.name+" moved", components...)
}

// Moved is the distribution of scale x + shift: a circle again, about another point. The scale must be positive and the
// shift [2] finite.
func (c *Circle) Moved(scale float64, shift []float64) (Target, error) {
	if err := checkMove("circle "+c.name, 2, scale, shift); err != nil {
		return nil, err
	}
	moved, err := NewCircle(c.name+" moved", scale*c.radius, c.pull)
	if err != nil {
		return nil, err
	}
	for i := range moved.center {
		moved.center[i] = scale*c.center[i] + shift[i]
	}
	return moved, nil
}
