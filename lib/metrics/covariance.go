package metrics

// Covariance is the unbiased [D, D] sample covariance of at least 2 points. The standard error of entry (j, k) is the
// root of
//
//	Var c_jk = (m_jjkk - c_jk^2)/n + (c_jk^2 + c_jj c_kk)/(n(n-1))
//
// with the central moment m_jjkk = E (x_j-mu_j)^2 (x_k-mu_k)^2 (Kendall & Stuart, The Advanced Theory of Statistics I,
// on k-statistics), with the sample's moments for the distribution's.
func Covariance(p Points) ([][]Summary, error) {
	if err := p.checkAtLeast(2, "points"); err != nil {
		return nil, err
	}
	c := newSecond(p)
	out := make([][]Summary, p.D)
	for j := range out {
		out[j] = make([]Summary, p.D)
		for k := range out[j] {
			fourth := 0.0
			for i := range p.N {
				x := c.centered.Row(i)
				fourth += x[j] * x[j] * x[k] * x[k] / c.n
			}
			cjk := c.cov[j][k]
			v := (fourth-cjk*cjk)/c.n + (cjk*cjk+c.cov[j][j]*c.cov[k][k])/(c.n*(c.n-1))
			var err error
			if out[j][k], err = WithError(cjk, root2(v), p.N).finite("the covariance"); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// TraceCovariance is the trace of the unbiased sample covariance C of at least 2 points, E |x - mu|^2. Its standard
// error is the root of
//
//	Var tr C = (E |x-mu|^4 - (tr C)^2)/n + 2 |C|_F^2/(n(n-1)),
//
// the sum of the covariances of the diagonal of [Covariance].
func TraceCovariance(p Points) (Summary, error) {
	if err := p.checkAtLeast(2, "points"); err != nil {
		return Summary{}, err
	}
	c := newSecond(p)
	trace, frobenius, fourth := 0.0, 0.0, 0.0
	for j, row := range c.cov {
		trace += row[j]
		for _, cjk := range row {
			frobenius += cjk * cjk
		}
	}
	for i := range p.N {
		q := 0.0
		for _, x := range c.centered.Row(i) {
			q += x * x
		}
		fourth += q * q / c.n
	}
	v := (fourth-trace*trace)/c.n + 2*frobenius/(c.n*(c.n-1))
	return WithError(trace, root2(v), p.N).finite("the variance")
}

// second holds the centered points and their second moments.
type second struct {
	n        float64
	centered Points
	cov      [][]float64 // [D, D]
}

func newSecond(p Points) second {
	s := second{n: float64(p.N), centered: p.centered(), cov: make([][]float64, p.D)}
	for j := range s.cov {
		s.cov[j] = make([]float64, p.D)
	}
	for i := range p.N {
		x := s.centered.Row(i)
		for j := range x {
			for k := range x {
				s.cov[j][k] += x[j] * x[k] / (s.n - 1)
			}
		}
	}
	return s
}
