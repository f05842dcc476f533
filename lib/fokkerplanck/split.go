package fokkerplanck

// PlaneStepper advances densities in the plane by one fixed step of time: half a step along all rows, a whole one along
// all columns, half a step along the rows (Strang, SIAM J. Numer. Anal. 5, 1968). Its order is 2 with Crank-Nicolson
// and 1 with backward Euler. Mass, positivity and the equilibrium are as for steps on lines. It has scratch space, so
// it is not for concurrent use.
type PlaneStepper struct {
	g          *PlaneGenerator
	rows, cols []*Stepper
	column     []float64
}

// Stepper prepares steps of length dt.
func (g *PlaneGenerator) Stepper(s Scheme, dt float64) (*PlaneStepper, error) {
	st := &PlaneStepper{g: g, column: make([]float64, g.Y.N)}
	for _, row := range g.Rows {
		half, err := row.Stepper(s, dt/2)
		if err != nil {
			return nil, err
		}
		st.rows = append(st.rows, half)
	}
	for _, col := range g.Cols {
		whole, err := col.Stepper(s, dt)
		if err != nil {
			return nil, err
		}
		st.cols = append(st.cols, whole)
	}
	return st, nil
}

// Advance advances p [ny*nx] by the given number of steps, in place.
func (s *PlaneStepper) Advance(p []float64, steps int) error {
	if err := checkValues("density", s.g, p); err != nil {
		return err
	}
	for range steps {
		s.alongRows(p)
		for i, col := range s.cols {
			gather(s.column, p, i)
			col.step(s.column)
			for j, v := range s.column {
				p[j*s.g.X.N+i] = v
			}
		}
		s.alongRows(p)
	}
	return nil
}

func (s *PlaneStepper) alongRows(p []float64) {
	nx := s.g.X.N
	for j, row := range s.rows {
		row.step(p[j*nx : (j+1)*nx])
	}
}
