package reverse

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/suite"
)

// The noise levels that stand for pure noise and for data on the path x = x0 + sigma eps. They are exact to eight
// digits: what remains is 1/(2 sigma^2) of x above, and sigma^2 |s|/2 below.
const (
	allNoise = 1e5
	allData  = 1e-6
)

// flows runs the probability flow of a target under a score that is wrong in a known way: its denoiser is D + w (D'
// - D), where D' is that of another distribution. Each method is compiled once, for all spans and all w.
type flows struct{ exact, euler, heun *exec.Exec }

func newFlows(l *suite.Lab, target, wrong *density.Mixture) (*flows, error) {
	f := &flows{}
	for _, s := range []struct {
		exec   **exec.Exec
		method diffusion.RungeKutta
	}{{&f.exact, diffusion.ClassicMethod}, {&f.euler, diffusion.EulerMethod}, {&f.heun, diffusion.HeunMethod}} {
		var err error
		if *s.exec, err = exec.New(l.Backend, func(x, from, to, w *Node) *Node {
			span := diffusion.Falling(from, to, Const(x.Graph(), int32(0)))
			return diffusion.Flow(s.method)(misled(target, wrong, w), span, x, nil)
		}); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// misled is the model whose denoiser is the share w of the way from that of the target to that of the wrong
// distribution.
func misled(target, wrong *density.Mixture, w *Node) diffusion.Model {
	p := diffusion.EDM{}
	right, other := target.Model(p).Denoise, wrong.Model(p).Denoise
	return diffusion.Model{Process: p, Denoise: func(x, t *Node) *Node {
		d := right(x, t)
		return Add(d, Mul(w, Sub(other(x, t), d)))
	}}
}

func (f *flows) finalize() {
	for _, e := range []*exec.Exec{f.exact, f.euler, f.heun} {
		e.Finalize()
	}
}

// overGrid carries samples over a grid by one method.
func overGrid(method *exec.Exec, x *tensors.Tensor, grid []float64, w float64) (*tensors.Tensor, error) {
	for i := range len(grid) - 1 {
		var err error
		if x, err = method.Call1(x, grid[i], grid[i+1], w); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// exactly integrates the flow from one noise level to another, either way: steps of order 4, ten for a factor e of
// noise, which leave an error below 1e-6.
func (f *flows) exactly(x *tensors.Tensor, from, to, w float64) (*tensors.Tensor, error) {
	if from == to {
		return x, nil
	}
	steps := int(math.Ceil(10 * math.Abs(math.Log(from/to))))
	grid, err := diffusion.Geometric(from, to, steps)
	if err != nil {
		return nil, err
	}
	return overGrid(f.exact, x, grid, w)
}

// pairing is quadrature over the joint distribution of data x0 and the noise z that the exact flow carries it to. A
// sampler without noise of its own is a map of z, and the root mean squared distance of two such maps is a norm. It
// bounds W2 between their samples, since the images of one z are a coupling. The nodes are in the space of data,
// where maps near the exact one are smooth; as functions of z, they change too fast for a grid between two modes.
type pairing struct {
	*flows
	data   *tensors.Tensor // [n, d]
	noise  []float64       // [n, d], flat
	weight []float64       // [n], with sum 1

	levels map[float64]*tensors.Tensor // of level
	wrongs map[float64]*tensors.Tensor // of misledData
}

// newPairing carries data with weights to noise.
func newPairing(f *flows, data *tensors.Tensor, weight []float64) (*pairing, error) {
	top, err := f.exactly(data, allData, allNoise, 0)
	if err != nil {
		return nil, err
	}
	noise := kit.Points(top).X
	for i := range noise {
		noise[i] /= allNoise
	}
	return &pairing{f, data, noise, weight, map[float64]*tensors.Tensor{}, map[float64]*tensors.Tensor{}}, nil
}

// onLattice pairs by the trapezoidal rule over the first quadrant, which determines the rest for a distribution with
// the symmetries of the cross.
func onLattice(l *suite.Lab, f *flows, target *density.Mixture) (*pairing, error) {
	const reach, side, negligible = 9., 71, 1e-12
	nodes, cell, err := density.Grid(0, reach, side, 2)
	if err != nil {
		return nil, err
	}
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		return []*Node{Exp(target.Model(diffusion.OU{}).LogDensity(in[0], kit.ScalarLike(in[0], 0)))}
	}, nodes)
	if err != nil {
		return nil, err
	}
	var flat, weight []float64
	for i, p := range out[0] {
		x := kit.Points(nodes).Row(i)
		w := 4 * cell * p
		for _, v := range x {
			if v == 0 {
				w /= 2
			}
		}
		if w > negligible {
			flat, weight = append(flat, x...), append(weight, w)
		}
	}
	if err := density.CheckSum("pairs of "+target.Name()+" on its quadrant", weight, 1); err != nil {
		return nil, err
	}
	return newPairing(f, tensors.FromFlatDataAndDimensions(flat, len(weight), 2), weight)
}

// from is the start of a sampler that takes N(0, sigma^2 I) for the distribution of x_sigma.
func (p *pairing) from(sigma float64) *tensors.Tensor {
	x := make([]float64, len(p.noise))
	for i, z := range p.noise {
		x[i] = sigma * z
	}
	return tensors.FromFlatDataAndDimensions(x, p.data.Shape().Dimensions...)
}

// level is the image of the data under the exact flow at a noise level.
func (p *pairing) level(sigma float64) (x *tensors.Tensor, err error) {
	if p.levels[sigma] == nil {
		p.levels[sigma], err = p.exactly(p.data, allData, sigma, 0)
	}
	return p.levels[sigma], err
}

// misledData is where a flow ends whose only error is a share of the wrong score.
func (p *pairing) misledData(share float64) (x *tensors.Tensor, err error) {
	if p.wrongs[share] == nil {
		p.wrongs[share], err = p.exactly(p.from(allNoise), allNoise, allData, share)
	}
	return p.wrongs[share], err
}

// squares are |a - b|^2 at each node.
func squares(a, b *tensors.Tensor) []float64 {
	x, y := kit.Points(a), kit.Points(b)
	out := make([]float64, x.N)
	for i := range out {
		for j, v := range x.Row(i) {
			out[i] += (v - y.Row(i)[j]) * (v - y.Row(i)[j])
		}
	}
	return out
}

// distance is the root mean squared distance of two maps' images.
func (p *pairing) distance(a, b *tensors.Tensor) float64 {
	sum := 0.
	for i, d := range squares(a, b) {
		sum += p.weight[i] * d
	}
	return math.Sqrt(sum)
}
