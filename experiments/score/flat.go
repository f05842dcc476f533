package score

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"gonum.org/v1/gonum/mat"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
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

// ambient is the dimension of the space that the plane lies in.
const ambient = 8

// planeIn8 is the cross on a plane in R^8: measurements at each noise level.
type planeIn8 struct {
	sigma                  []float64
	normal, tangent, left  []metrics.Summary // sigma^2 E|s|^2 across and along, E|D - x0|^2/sigma^2
	spectrumAt             []float64
	spectrum               [][]float64 // sigma^2 times the eigenvalues of E[s s^T] about one point, falling
	exactTangent, exactDim []float64
	curveAt, curve         []float64 // the exact dimension over finer levels
}

// planeFrame is an orthonormal basis of R^8 in general position: two columns along the plane, six across.
func planeFrame() (along, across [][]float64) {
	a := mat.NewDense(ambient, ambient, nil)
	for i := range ambient {
		for j := range ambient {
			a.Set(i, j, math.Sin(float64(3*i*i+5*j+2*i*j+1)))
		}
	}
	var qr mat.QR
	qr.Factorize(a)
	var q mat.Dense
	qr.QTo(&q)
	for i := range ambient {
		row := q.RawRowView(i)
		along, across = append(along, row[:2]), append(across, row[2:])
	}
	return along, across
}

// planeScore is the noised score of the cross on the plane: in the plane the denoiser is the cross's own, across it 0.
func planeScore(x, along, sigma *Node) (denoised, score *Node) {
	plane := density.X2().Model(diffusion.EDM{})
	denoised = DotGeneral(plane.Denoise(Dot(x, along).Product(), sigma), []int{1}, nil, along, []int{1}, nil)
	return denoised, plane.At(sigma).Score(denoised, x)
}

func onPlane(l *suite.Lab, r *suite.Report) (planeIn8, error) {
	f := planeIn8{sigma: []float64{.05, .1, .2, .5, 1, 2}}
	n := l.Size(20_000, 200_000)
	data, err := density.X2().Sample(l.Backend, l.Key("data"), n)
	if err != nil {
		return f, err
	}
	for s := kit.NoiseLevels.SigmaMin; s < kit.NoiseLevels.SigmaMax; s *= 1.4 {
		f.curveAt = append(f.curveAt, s)
	}
	fisher, err := kit.FisherInformationOfCross(l, append(slices.Clone(f.sigma), f.curveAt...))
	if err != nil {
		return f, err
	}
	for i, s := range f.curveAt {
		f.curve = append(f.curve, 2-s*s*fisher[len(f.sigma)+i])
	}
	along, across := planeFrame()
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		x0 := in[0]
		t, q := ConstAs(x0, along), ConstAs(x0, across)
		clean := DotGeneral(x0, []int{1}, nil, t, []int{1}, nil)
		random := random.New(x0.Graph(), l.Key("noise")) // each level draws its own
		square := func(v *Node) *Node { return ReduceSum(Square(v), 1) }
		var squares []*Node
		for _, level := range f.sigma {
			sigma := kit.ScalarLike(x0, level)
			denoised, score := planeScore(Add(clean, Mul(sigma, random.Normal(clean))), t, sigma)
			squares = append(squares, square(Dot(Mul(sigma, score), q).Product()),
				square(Dot(Mul(sigma, score), t).Product()), square(Div(Sub(denoised, clean), sigma)))
		}
		return squares
	}, data)
	if err != nil {
		return f, err
	}
	for i, sigma := range f.sigma {
		var means [3]metrics.Summary
		for k := range means {
			if means[k], err = metrics.Mean(out[3*i+k]); err != nil {
				return f, err
			}
		}
		tangent := sigma * sigma * fisher[i]
		f.normal, f.tangent, f.left = append(f.normal, means[0]), append(f.tangent, means[1]), append(f.left, means[2])
		f.exactTangent, f.exactDim = append(f.exactTangent, tangent), append(f.exactDim, 2-tangent)
		at := fmt.Sprintf(", the cross on a plane in R^8, sigma = %g", sigma)
		r.Add(
			suite.Near{Claim: nearClaim, Metric: "sigma^2 E|normal score|^2" + at, Got: means[0], Want: ambient - 2,
				Why: kit.WhySE + "; the codimension, at any noise"},
			suite.Near{Claim: nearClaim, Metric: "sigma^2 E|tangential score|^2" + at, Got: means[1], Want: tangent,
				Why: kit.WhySE + "; that of the cross itself, by quadrature"},
			suite.Near{Claim: oneStepClaim, Metric: "E|D - x0|^2/sigma^2" + at, Got: means[2], Want: 2 - tangent,
				Why: kit.WhySE + "; the dimension less sigma^2 E|tangential score|^2", Shows: suite.Qualified})
	}
	if err := planeSpectra(l, r, &f); err != nil {
		return f, err
	}
	table := suite.Table{Name: "plane", Caption: "The cross on a plane in R^8: mean squares with intervals, and the " +
		"eigenvalues of sigma^2 E[s s^T] about one point", Header: []string{"sigma", "quantity", "measured", "lo", "hi",
		"exact"}}
	for i, sigma := range f.sigma {
		for _, q := range []struct {
			name  string
			got   metrics.Summary
			exact float64
		}{{"normal", f.normal[i], ambient - 2}, {"tangential", f.tangent[i], f.exactTangent[i]},
			{"dimension", f.left[i], f.exactDim[i]}} {
			table.Rows = append(table.Rows, []any{sigma, q.name, q.got.Center, q.got.Lo, q.got.Hi, q.exact})
		}
	}
	r.Tables = append(r.Tables, table)
	return f, nil
}

// planeSpectra reads the dimension off samples of the score about one point of the plane (Stanczuk, Batzolis, Deveney
// and Schonlieb 2022): across the plane sigma^2 E[s s^T] has the eigenvalue 1, along it sigma^2 times what the score
// has there.
func planeSpectra(l *suite.Lab, r *suite.Report, f *planeIn8) error {
	n := l.Size(20_000, 200_000)
	along, _ := planeFrame()
	f.spectrumAt = []float64{.01, .02, .05, .1, .2, .5, 1, 2}
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		t := ConstAs(in[0], along)
		clean := BroadcastToDims(DotGeneral(in[0], []int{1}, nil, t, []int{1}, nil), n, ambient)
		random := random.New(clean.Graph(), l.Key("about a point"))
		return kit.Map(f.spectrumAt, func(level float64) *Node {
			sigma := kit.ScalarLike(clean, level)
			_, score := planeScore(Add(clean, Mul(sigma, random.Normal(clean))), t, sigma)
			score = Mul(sigma, score)
			return DivScalar(DotGeneral(score, []int{0}, nil, score, []int{0}, nil), float64(n))
		})
	}, [][]float64{{.5, .4}})
	if err != nil {
		return err
	}
	for k, sigma := range f.spectrumAt {
		moments := mat.NewDense(ambient, ambient, out[k])
		var symmetric mat.SymDense
		symmetric.ReuseAsSym(ambient)
		for i := range ambient {
			for j := i; j < ambient; j++ {
				symmetric.SetSym(i, j, moments.At(i, j))
			}
		}
		var eig mat.EigenSym
		if !eig.Factorize(&symmetric, false) {
			return fmt.Errorf("no eigenvalues of the scores' moments at sigma = %g", sigma)
		}
		values := eig.Values(nil)
		falling, large := make([]float64, ambient), 0
		for i, v := range values {
			falling[ambient-1-i] = v
			if v > .5 {
				large++
			}
		}
		f.spectrum = append(f.spectrum, falling)
		if sigma <= .1 {
			r.Add(suite.Equals{Claim: nearClaim, Metric: fmt.Sprintf("eigenvalues above 1/2 of sigma^2 E[score "+
				"score^T] about a point of the plane in R^8, sigma = %g", sigma), Got: float64(large), Want: ambient -
				2, Tol: 0,
				Why: "six are 1 to 4 %, the spread of sample covariances of this size; two are below 0.2"})
		}
	}
	return nil
}
