package fokkerplanck

import (
	"fmt"
	"math"
)

// Scheme is the discretization of time: (1 - theta dt L) p' = (1 + (1-theta) dt L) p.
type Scheme int

const (
	// BackwardEuler has order 1. It is a Markov chain on the cells for every dt: densities stay positive, and their
	// divergence from the stationary distribution falls. No linear scheme that is positive for every dt has a higher
	// order (Bolley and Crouzeix, RAIRO Anal. Numer. 12, 1978).
	BackwardEuler Scheme = iota
	// CrankNicolson has order 2. It is positive up to [Generator.PositiveStep]. Beyond, smooth densities stay positive
	// where they are not tiny.
	CrankNicolson
)

func (s Scheme) String() string {
	switch s {
	case BackwardEuler:
		return "backward Euler"
	case CrankNicolson:
		return "Crank-Nicolson"
	}
	return fmt.Sprintf("scheme %d", int(s))
}

// theta is the implicit share of a step.
func (s Scheme) theta() float64 { return [...]float64{1, .5}[s] }

// PositiveStep is the largest dt for which a step keeps every density positive, up to rounding. It is infinite for
// backward Euler. For Crank-Nicolson the explicit half must not take more mass from a cell than it has.
func (g *Generator) PositiveStep(s Scheme) float64 {
	fastest := 0.0
	for i := range g.N {
		fastest = max(fastest, g.leaving(i))
	}
	return 1 / ((1 - s.theta()) * fastest)
}

// Stepper advances densities by one fixed step of time. It has scratch space, so it is not for concurrent use.
type Stepper struct {
	g        *Generator
	explicit float64   // (1-theta) dt
	lower    []float64 // [n-1] elimination factors of the tridiagonal matrix 1 - theta dt L
	upper    []float64 // [n-1] its upper diagonal
	inverse  []float64 // [n] one over the pivots
}

// Stepper prepares steps of length dt.
func (g *Generator) Stepper(s Scheme, dt float64) (*Stepper, error) {
	if err := checkStep(s, dt); err != nil {
		return nil, err
	}
	implicit := s.theta() * dt
	for i := range g.Up {
		if math.IsInf(implicit*g.Up[i], 0) || math.IsInf(implicit*g.Down[i], 0) {
			return nil, fmt.Errorf("fokkerplanck: in a step of %g more mass passes face %d than float64 can hold; "+
				"use smaller steps", dt, i)
		}
	}
	st := &Stepper{
		g: g, explicit: dt - implicit,
		lower: make([]float64, g.N-1), upper: make([]float64, g.N-1), inverse: make([]float64, g.N),
	}
	// Elimination needs no pivoting (Thomas' algorithm), since columns sum to 1. That sum, kept in rest for the
	// remainder of each column, gives the pivots without a subtraction (Grassmann, Taksar and Heyman, Oper. Res. 33,
	// 1985). So rounding does not grow with the step.
	rest := 1.
	for i := range g.N - 1 {
		up, down := implicit*g.Up[i], implicit*g.Down[i]
		st.inverse[i] = 1 / (rest + up)
		st.lower[i], st.upper[i] = -up*st.inverse[i], -down
		rest = 1 + down*rest*st.inverse[i]
	}
	st.inverse[g.N-1] = 1 / rest
	return st, nil
}

func checkStep(s Scheme, dt float64) error {
	if s != BackwardEuler && s != CrankNicolson {
		return fmt.Errorf("fokkerplanck: there is no scheme %d", int(s))
	}
	if !(dt > 0) || math.IsInf(dt, 0) {
		return fmt.Errorf("fokkerplanck: the step is %g; it must be positive", dt)
	}
	return nil
}

// Advance advances p [n] by the given number of steps, in place.
func (s *Stepper) Advance(p []float64, steps int) error {
	if err := checkValues("density", s.g, p); err != nil {
		return err
	}
	for range steps {
		s.step(p)
	}
	return nil
}

func (s *Stepper) step(p []float64) {
	n := len(p)
	if s.explicit > 0 {
		carried := 0.0 // through the face below
		for i := range n - 1 {
			flux := s.explicit * (s.g.Up[i]*p[i] - s.g.Down[i]*p[i+1])
			p[i] += carried - flux
			carried = flux
		}
		p[n-1] += carried
	}
	for i := 1; i < n; i++ {
		p[i] -= s.lower[i-1] * p[i-1]
	}
	p[n-1] *= s.inverse[n-1]
	for i := n - 2; i >= 0; i-- {
		p[i] = (p[i] - s.upper[i]*p[i+1]) * s.inverse[i]
	}
}
