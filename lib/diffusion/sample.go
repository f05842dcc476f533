package diffusion

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/exec"
	"scorelab/lib/random"
)

// Sample draws n samples of a shape: Start, then Run. Their noise follows from Noise and the index of each sample. So
// two calls with First 0 and First n together draw what one call with 2n draws.
func (p Plan) Sample(b compute.Backend, n int, shape ...int) (*tensors.Tensor, error) {
	start, err := p.Start(b, n, shape...)
	if err != nil {
		return nil, err
	}
	return p.Run(b, start)
}

// Start draws n starts [n, shape...], float64, from N(0, sigma(t)^2 I) at the grid's first time. This is the noise of
// the plan's process without what is left of the data at that time, see NoisePrior.
func (p Plan) Start(b compute.Backend, n int, shape ...int) (*tensors.Tensor, error) {
	dims := append([]int{n}, shape...)
	for _, d := range dims {
		if d < 1 || len(shape) == 0 {
			return nil, fmt.Errorf("%d samples of shape %v; give one or more, and the shape of a sample, such as 2, "+
				"or 28, 28, 1",
				n, shape)
		}
	}
	if p.Build == nil {
		return nil, fmt.Errorf("a plan needs Build, the model to sample from")
	}
	if err := CheckGrid(p.Grid); err != nil {
		return nil, err
	}
	if p.Grid[0] < p.Grid[len(p.Grid)-1] {
		return nil, fmt.Errorf("samples begin with noise: the grid must fall, not rise from %g to %g", p.Grid[0],
			p.Grid[len(p.Grid)-1])
	}
	key := p.Noise.Sub("start")
	args := []any{uint32(p.First)}
	for _, t := range p.Inputs {
		args = append(args, t)
	}
	out, err := exec.ModelOnceN(b, p.Store, func(scope *model.Scope, in []*Node) []*Node {
		g, m := in[0].Graph(), p.Build(scope, in[1:])
		sigma := mustBeValid(m.Process).At(Const(g, p.Grid[0])).Sigma
		r := random.NewFrom(in[0], key)
		return []*Node{Mul(sigma, r.Normal(Zeros(g, shapes.Make(dtypes.Float64, dims...))))}
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("the start at t = %g: %w", p.Grid[0], err)
	}
	return out[0], nil
}
