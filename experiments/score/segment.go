package score

import (
	"fmt"
	"math"

	"scorelab/lib/suite"
)

// segmentEdges are mean squares of the score along the segment [-1, 1] x {0} in the plane, with uniform density,
// against sigma.
type segmentEdges struct{ sigma, tangent []float64 }

// segmentFisher is E s^2 of the uniform law on [-1, 1] noised by sigma, by the trapezoidal rule.
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

// edgeConstant is int phi^2/Phi: the Fisher information that an edge has, in units of density/sigma.
func edgeConstant() float64 {
	const h = .01
	sum := 0.
	for z := -36.; z < 12; z += h {
		phi := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
		sum += phi * phi / (math.Erfc(-z/math.Sqrt2) / 2)
	}
	return sum * h
}

// onSegment: near an end, in units of sigma, the noised law is Phi whatever sigma, so that E|s|^2 has the density
// there, 1/2, times edgeConstant over sigma, from each end. Once the ends do not see each other this is exact.
func onSegment(r *suite.Report) segmentEdges {
	var e segmentEdges
	table := suite.Table{Name: "segment", Caption: "The uniform law on a segment of length 2 in the plane: the score " +
		"along it grows, since it has ends",
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
