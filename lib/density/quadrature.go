package density

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/diffusion"
)

// Expect is E f(x), f giving [batch], over a law in one or two dimensions, noised along p to time t. f also gets the law's own
// model. It is exact to rounding for smooth f, by the trapezoidal rule: see Lattice.
func Expect(b compute.Backend, law Law, p diffusion.Process, t float64, f func(exact diffusion.Model, x, t *Node) *Node) (float64, error) {
	means, err := expect(b, law, nil, p, t, func(_ *model.Scope, exact diffusion.Model, x, t *Node) []*Node { return []*Node{f(exact, x, t)} })
	if err != nil {
		return 0, err
	}
	return means[0], nil
}

// ScoreErrors are E|s_model - s|^2/E|s|^2 at times along the model's own process, over the noised law whose score is s.
func ScoreErrors(b compute.Backend, law Law, weights *model.Store, p diffusion.Process, build diffusion.Build, times ...float64) ([]float64, error) {
	errors := make([]float64, len(times))
	for i, t := range times {
		means, err := expect(b, law, weights, p, t, func(scope *model.Scope, exact diffusion.Model, x, t *Node) []*Node {
			s := exact.ScoreAt(x, t)
			wrong := Sub(build(scope, nil).ScoreAt(x, t), s)
			return []*Node{ReduceSum(Square(wrong), 1), ReduceSum(Square(s), 1)}
		})
		if err != nil {
			return nil, err
		}
		errors[i] = means[0] / means[1]
	}
	return errors, nil
}

// expect takes the means of several functions at once.
func expect(b compute.Backend, law Law, weights *model.Store, p diffusion.Process, t float64, f func(scope *model.Scope, exact diffusion.Model, x, t *Node) []*Node) ([]float64, error) {
	nodes, ok := map[int]int{1: 4001, 2: 401}[law.Dim()]
	if !ok {
		return nil, fmt.Errorf("means over %s in %d dimensions: quadrature serves 1 and 2", law.Name(), law.Dim())
	}
	if weights == nil {
		weights = model.NewStore()
	}
	alpha, sigma, err := diffusion.PathAt(b, p, t)
	if err != nil {
		return nil, err
	}
	side := 0.
	for i, row := range law.Covariance() {
		const reach = 10 // standard deviations
		side = math.Max(side, alpha*math.Abs(law.Mean()[i])+reach*math.Hypot(alpha*math.Sqrt(row[i]), sigma))
	}
	x, cell, err := Lattice(-side, side, nodes, law.Dim())
	if err != nil {
		return nil, err
	}
	out, err := model.CallOnceN(b, weights, func(scope *model.Scope, in []*Node) []*Node {
		x, t := in[0], in[1]
		exact := law.Model(p)
		p := MulScalar(Exp(exact.LogDensity(x, t)), cell)
		means := f(scope, exact, x, t)
		for i, v := range means {
			means[i] = ReduceAllSum(Mul(p, v))
		}
		return means
	}, x, t)
	if err != nil {
		return nil, fmt.Errorf("means over %s at t = %g: %w", law.Name(), t, diffusion.Cause(err))
	}
	means := make([]float64, len(out))
	for i, v := range out {
		means[i] = tensors.ToScalar[float64](v)
	}
	return means, nil
}
