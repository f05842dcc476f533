package density

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
)

// Expect is E f(x) over a distribution in one or two dimensions, noised along p to time t. f takes the exact model, x
// [batch, d] and t, and returns [batch]. The result is exact to rounding where f is smooth at the size of a box, 1.5
// times the length over which the density varies. Kinks cost accuracy. Expect returns an error if the mass or the mean
// is wrong, and if the integral has not converged to 1e-4 of E |f|. Points are a tenth of that length apart, so a
// narrower peak between them goes unnoticed.
func Expect(b compute.Backend, target Target, p diffusion.Process, t float64, f func(exact diffusion.Model, x,
	t *Node) *Node) (float64, error) {
	means, err := expect(b, target, nil, p, t, func(_ *model.Scope, exact diffusion.Model, x, t *Node) []*Node {
		return []*Node{f(exact, x, t)}
	})
	if err != nil {
		return 0, err
	}
	return means[0], nil
}

// ScoreErrors returns E|s_model - s|^2/E|s|^2 at each of the times along p. Expectations are over the noised
// distribution, whose score is s. Errors are those of Expect.
func ScoreErrors(b compute.Backend, target Target, weights *model.Store, p diffusion.Process, build diffusion.Build,
	times ...float64) ([]float64, error) {
	errors := make([]float64, len(times))
	for i, t := range times {
		means, err := expect(b, target, weights, p, t, func(scope *model.Scope, exact diffusion.Model, x,
			t *Node) []*Node {
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

// expect computes the means of several functions of the same unit at once.
func expect(b compute.Backend, target Target, weights *model.Store, p diffusion.Process, t float64,
	f func(scope *model.Scope, exact diffusion.Model, x, t *Node) []*Node) ([]float64, error) {
	if d := target.Dim(); d > 2 {
		return nil, fmt.Errorf("means over %s in %d dimensions: quadrature serves 1 and 2", target.Name(), d)
	}
	alpha, sigma, err := diffusion.PathAt(b, p, t)
	if err != nil {
		return nil, err
	}
	where := target.Support(alpha, sigma)
	c := cubature{boxes: batchBoxes[target.Dim()], time: t}
	exec, err := exec.NewModel(b, weights, func(scope *model.Scope, in []*Node) []*Node {
		return c.graph(target, p, where.whole(), scope, in, f)
	})
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	c.exec = exec
	means, err := c.integrate(where)
	if err == nil {
		err = checkMoments(target, alpha, where, means)
	}
	if err != nil {
		return nil, fmt.Errorf("means over %s at t = %g: %w", target.Name(), t, err)
	}
	return means[1+target.Dim():], nil
}

// checkMoments compares the mass and the mean, in units of the support, with the exact ones.
func checkMoments(target Target, alpha float64, where Support, means []float64) error {
	tol := 10*cubatureTolerance + where.rounding()
	if err := checkMass(means[0], tol); err != nil {
		return err
	}
	whole := where.whole()
	for i, mean := range target.Mean() {
		want := (alpha*mean - whole.center[i]) / whole.half[i]
		if got := means[1+i]; !(math.Abs(got-want) <= tol) {
			return fmt.Errorf("the mean of coordinate %d is %g by quadrature, not %g: the support misses mass", i,
				whole.center[i]+got*whole.half[i], alpha*mean)
		}
	}
	return nil
}

// batchBoxes is the number of boxes of one call, by dimension: 960 points on a line, 28,800 in the plane.
var batchBoxes = map[int]int{1: 64, 2: 128}

// cubatureTolerance is the difference of the rules of Kronrod and Gauss, relative to the integral of the magnitude, at
// which boxes are no longer split. On functions that are smooth at the size of a box, the error of Kronrod's rule is
// then below 1e-12. It falls with the power 23 of the size, the difference with the power 14.
const cubatureTolerance = 1e-9

// convergedTolerance is the same relative difference at which an integral counts as converged once all boxes are used.
// It bounds the error generously, since differences add up without their signs and Kronrod's rule is closer than
// Gauss's. Networks of 128 relus in the plane reach 2e-5 or less. Waves that the boxes do not resolve stay at 0.1.
const convergedTolerance = 1e-4

// cubature integrates functions over boxes, adaptively.
type cubature struct {
	exec  *exec.Exec
	boxes int // a call
	time  float64
}

// graph returns the integrals over each box by both rules, [boxes, functions] each. The boxes have centers [boxes, d]
// and halves [boxes, d]. The first functions are 1 and the coordinates in units of the whole.
func (c cubature) graph(target Target, p diffusion.Process, whole box, scope *model.Scope, in []*Node,
	f func(scope *model.Scope, exact diffusion.Model, x, t *Node) []*Node) []*Node {
	center, half, t := in[0], in[1], in[2]
	d := target.Dim()
	nodes, fine, coarse := kronrodBox(d)
	places := Reshape(ConstAs(center, nodes), 1, len(fine), d)
	x := Reshape(Add(InsertAxes(center, 1), Mul(InsertAxes(half, 1), places)), c.boxes*len(fine), d)
	exact := target.Model(p)
	density := Exp(exact.LogDensity(x, t))
	values := []*Node{OnesLike(density)}
	for i := range d {
		coordinate := Squeeze(Slice(x, AxisRange(), AxisElem(i)), 1)
		values = append(values, DivScalar(AddScalar(coordinate, -whole.center[i]), whole.half[i]))
	}
	values = append(values, f(scope, exact, x, t)...)
	volume := ReduceAndKeep(half, ReduceMultiply, 1)
	for k, v := range values {
		values[k] = Reshape(Mul(density, v), c.boxes, len(fine), 1)
	}
	all := Concatenate(values, 2)
	sum := func(weights []float64) *Node {
		w := Reshape(ConstAs(all, weights), 1, len(weights), 1)
		return Mul(volume, ReduceSum(Mul(all, w), 1))
	}
	return []*Node{sum(fine), sum(coarse)}
}

// part is a box with the integral of each function over it, and the difference of the two rules.
type part struct {
	box
	value, error []float64
}

// integrate splits the boxes in which the rules differ most until the differences are small or the budget of boxes is
// used up.
func (c cubature) integrate(where Support) ([]float64, error) {
	boxes, err := where.boxes()
	if err != nil {
		return nil, err
	}
	parts, err := c.evaluate(boxes)
	if err != nil {
		return nil, err
	}
	d := len(where.Lo)
	for budget := len(parts) + 1024; budget > 0; {
		split := worst(parts, 1+d, budget>>d)
		if len(split) == 0 {
			break
		}
		var open []box
		for _, i := range split {
			children := []box{parts[i].box}
			for axis := range d {
				children = halved(children, axis)
			}
			open = append(open, children...)
		}
		budget -= len(open)
		children, err := c.evaluate(open)
		if err != nil {
			return nil, err
		}
		for k, i := range split { // the first child takes its parent's place
			parts[i] = children[k<<d]
			parts = append(parts, children[k<<d+1:(k+1)<<d]...)
		}
	}
	return total(parts), converged(parts, 1+d)
}
