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

// ambient is the dimension of the space around the plane.
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

// planeScore returns the denoiser and the score at x, [n, 8]. The denoiser projects x on the plane and denoises there.
func planeScore(x, along, sigma *Node) (denoised, score *Node) {
	plane := density.Cross().Model(diffusion.EDM{})
	denoised = DotGeneral(plane.Denoise(Dot(x, along).Product(), sigma), []int{1}, nil, along, []int{1}, nil)
	return denoised, plane.At(sigma).Score(denoised, x)
}

// onPlane measures the score of the cross on a plane at each noise level, and its spectrum about one point.
func onPlane(l *suite.Lab, r *suite.Report) (planeIn8, error) {
	f, err := exactPlane(l)
	if err != nil {
		return f, err
	}
	if err := f.sample(l); err != nil {
		return f, err
	}
	f.check(r)
	if err := f.measureSpectra(l, r); err != nil {
		return f, err
	}
	r.Tables = append(r.Tables, f.table())
	return f, nil
}

// exactPlane sets the noise levels and the exact values there, from the Fisher information of the noised cross.
func exactPlane(l *suite.Lab) (planeIn8, error) {
	f := planeIn8{sigma: []float64{.05, .1, .2, .5, 1, 2}}
	for s := kit.NoiseLevels.SigmaMin; s < kit.NoiseLevels.SigmaMax; s *= 1.4 {
		f.curveAt = append(f.curveAt, s)
	}
	fisher, err := kit.FisherInformationOfCross(l, append(slices.Clone(f.sigma), f.curveAt...))
	if err != nil {
		return f, err
	}
	for i, s := range f.sigma {
		tangent := s * s * fisher[i]
		f.exactTangent, f.exactDim = append(f.exactTangent, tangent), append(f.exactDim, 2-tangent)
	}
	for i, s := range f.curveAt {
		f.curve = append(f.curve, 2-s*s*fisher[len(f.sigma)+i])
	}
	return f, nil
}

// sample estimates the mean squares at each noise level over samples of the noised plane.
func (f *planeIn8) sample(l *suite.Lab) error {
	data, err := density.Cross().Sample(l.Backend, l.Key("data"), l.Size(20_000, 200_000))
	if err != nil {
		return err
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
		return err
	}
	for i := range f.sigma {
		for k, to := range []*[]metrics.Summary{&f.normal, &f.tangent, &f.left} {
			mean, err := metrics.Mean(out[3*i+k])
			if err != nil {
				return err
			}
			*to = append(*to, mean)
		}
	}
	return nil
}

// check compares the mean squares with the codimension and with the score of the cross itself.
func (f *planeIn8) check(r *suite.Report) {
	for i, sigma := range f.sigma {
		at := fmt.Sprintf(", the cross on a plane in R^8, sigma = %g", sigma)
		r.Add(
			suite.Near{Claim: nearClaim, Metric: "sigma^2 E|normal score|^2" + at, Got: f.normal[i], Want: ambient - 2,
				Why: kit.WhySE + "; the codimension, at any noise"},
			suite.Near{Claim: nearClaim, Metric: "sigma^2 E|tangential score|^2" + at, Got: f.tangent[i],
				Want: f.exactTangent[i], Why: kit.WhySE + "; the value of the cross itself, by quadrature"},
			suite.Near{Claim: oneStepClaim, Metric: "E|D - x0|^2/sigma^2" + at, Got: f.left[i], Want: f.exactDim[i],
				Why: kit.WhySE + "; the dimension less sigma^2 E|tangential score|^2", Shows: suite.Qualified})
	}
}

// table lists the measured mean squares with their intervals and exact values.
func (f *planeIn8) table() suite.Table {
	table := suite.Table{Name: "plane", Caption: "The cross on a plane in R^8: sigma^2 times the mean square of " +
		"the normal and the tangential score, and the dimension E|D - x0|^2/sigma^2, with 5-s.e. intervals. The " +
		"first is the codimension, 6, at any noise", Header: []string{"sigma", "quantity", "measured", "lo", "hi",
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
	return table
}

// measureSpectra estimates the dimension from samples of the score about one point of the plane (Stanczuk, Batzolis,
// Deveney and Schonlieb 2022): across the plane sigma^2 E[s s^T] has the eigenvalue 1, along it sigma^2 times what the
// score has there.
func (f *planeIn8) measureSpectra(l *suite.Lab, r *suite.Report) error {
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
		falling, err := fallingEigenvalues(out[k])
		if err != nil {
			return fmt.Errorf("moments of the scores at sigma = %g: %w", sigma, err)
		}
		f.spectrum = append(f.spectrum, falling)
		large := 0
		for large < ambient && falling[large] > .5 {
			large++
		}
		if sigma <= .1 {
			r.Add(suite.Equals{Claim: nearClaim, Metric: fmt.Sprintf("eigenvalues above 1/2 of sigma^2 E[score "+
				"score^T] about a point of the plane in R^8, sigma = %g", sigma), Got: float64(large), Want: ambient -
				2, Tol: 0,
				Why: "six are within 4 % of 1, the spread of sample covariances of this size; two are below 0.2"})
		}
	}
	return nil
}

// fallingEigenvalues are those of a symmetric matrix of ambient rows, the largest first.
func fallingEigenvalues(matrix []float64) ([]float64, error) {
	symmetric := mat.NewSymDense(ambient, matrix) // from its upper half
	var eig mat.EigenSym
	if !eig.Factorize(symmetric, false) {
		return nil, fmt.Errorf("no eigenvalues of a symmetric matrix of %d rows", ambient)
	}
	values := eig.Values(nil)
	slices.Reverse(values)
	return values, nil
}
