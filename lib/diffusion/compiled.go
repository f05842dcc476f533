package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/exec"
)

// Compiled is a plan for many grids. Its step is compiled once, for grids of any length, where Run of a plan compiles
// anew. It uses the same code as the plan, and so has the same contract. It is not safe for concurrent use. The caller
// frees it with Finalize.
type Compiled struct{ c *chain }

// stretchOfGrid is the number of times that one call of a compiled plan reads.
const stretchOfGrid = 64

// Compile prepares a plan. It does not read the plan's Grid.
func (p Plan) Compile(b compute.Backend) (*Compiled, error) {
	if p.Block != 0 {
		return nil, fmt.Errorf("a compiled plan carries all samples at once: set Block to 0")
	}
	c, err := p.chain(b, stretchOfGrid)
	if err != nil {
		return nil, err
	}
	return &Compiled{c}, nil
}

// Run carries the samples x [batch, ...] over a grid.
func (s *Compiled) Run(grid []float64, x *tensors.Tensor) (*tensors.Tensor, error) {
	end, err := s.End(grid, x)
	if err != nil {
		return nil, err
	}
	if err := checkUnweighted(end); err != nil {
		return nil, err
	}
	return end.X, nil
}

// End carries the samples over a grid. It returns them together with what the sampler carries.
func (s *Compiled) End(grid []float64, x *tensors.Tensor) (Snapshot, error) {
	if wayOf(grid) != wayOf(s.c.plan.Grid) {
		s.c.finalize() // the step's graph checks the sampler's direction when it is built
	}
	s.c.plan.Grid = grid
	if err := s.c.begin(x, s.c.plan.First); err != nil {
		return Snapshot{}, err
	}
	return s.c.advance(len(grid) - 1)
}

// Finalize frees what was compiled.
func (s *Compiled) Finalize() { s.c.finalize() }

// loop is the graph of many steps: a Loop around stepOnce.
func (c *chain) loop(scope *model.Scope, in []*Node) []*Node {
	own := len(in) - len(c.state) // what every step reads and none changes, except for the counter
	end := exec.Loop(c.plan.Store, in, func(in []*Node) []*Node {
		moved := c.stepOnce(scope, in)
		return append(append(moved[:1:1], in[1:own]...), moved[1:]...)
	})
	if c.plan.driver != compiled {
		exec.RefuseConvolution(c.b, in[0].Graph())
	}
	return append(end[:1:1], end[own:]...)
}
