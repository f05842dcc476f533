package score

import (
	"fmt"
	"math"

	"scorelab/lib/suite"
)

// segmentEdges are mean squares of the score along the segment [-1, 1] x {0} in the plane, where the data are uniform,
// by noise level.
type segmentEdges struct{ sigma, tangent []float64 }

// segmentFisher is E s^2 of the uniform distribution on [-1, 1] with noise sigma, by the trapezoidal rule.
func segmentFisher(sigma float64) float64 {
	const reach, perSigma = 9., 40.
	n := int((2 + 2*reach*sigma) / sigma * perSigma)
	n = max(n, 4000)
	h := (2 + 2*reach*sigma) / float64(n)
	sum := 0.
	for i := range n + 1 {
		a := (-1 - reach*sigma + h*float64(i) + 1) / sigma // distances from the ends in sigmas
		b := a - 2/sigma
		// p = (Phi(a) - Phi(b))/2; on the left half from the lower tails, by symmetry on the right
		if a+b > 0 {
			a, b = -b, -a
		}
		p := (math.Erfc(-a/math.Sqrt2) - math.Erfc(-b/math.Sqrt2)) / 4
		slope := (math.Exp(-a*a/2) - math.Exp(-b*b/2)) / (2 * sigma * math.Sqrt(2*math.Pi))
		if p > 0 {
			sum += slope * slope / p
		}
	}
	return sum * h
}

// edgeConstant is the Fisher information of one edge in units of density/sigma: the integral of phi^2/Phi.
func edgeConstant() float64 {
	const h = .01
	sum := 0.
	for z := -36.; z < 12; z += h {
		phi := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
		sum += phi * phi / (math.Erfc(-z/math.Sqrt2) / 2)
	}
	return sum * h
}

// onSegment measures the score along the segment. Near an end, in units of sigma, the noised density is Phi/2 at any
// sigma. So each end adds edgeConstant/(2 sigma) to E|s|^2, to rounding once the ends are many sigma apart.
func onSegment(r *suite.Report) segmentEdges {
	var e segmentEdges
	table := suite.Table{Name: "segment", Caption: "The uniform distribution on a segment of length 2 in the " +
		"plane: the score along it grows like sigma^(-1/2), since it has ends",
		Header: []string{"sigma", "E|tangential score|^2", "dimension"}}
	for s := 10.; s > .9e-3; s /= dimensionStep {
		fisher := segmentFisher(s)
		e.sigma, e.tangent = append(e.sigma, s), append(e.tangent, fisher)
		table.Rows = append(table.Rows, []any{s, fisher, 1 - s*s*fisher})
	}
	r.Tables = append(r.Tables, table)
	for _, s := range []float64{.1, .01, .001} {
		r.Add(suite.Equals{Claim: nearClaim, Metric: fmt.Sprintf("sigma E|tangential score|^2 on a segment of length "+
			"2 at sigma = %g: with ends it grows", s), Got: s * segmentFisher(s), Want: edgeConstant(), Tol: 1e-10,
			Why: "trapezoidal rule on smooth integrands; the ends are 20 sigma apart, or more", Shows: suite.Qualified})
	}
	return e
}
