package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/exec"
)

// Compiled is a plan for many grids: its step is compiled once, for grids of any length, where Run of a plan compiles
// anew. It takes the plan's own way, and so has the same contract. Not for concurrent use; its user finalizes it.
type Compiled struct{ c *chain }

// stretchOfGrid is the number of times that one call of a compiled plan reads.
const stretchOfGrid = 64

// Compile prepares a plan, whose Grid is not read.
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

// End carries the samples over a grid, and returns with them what the sampler carries.
func (s *Compiled) End(grid []float64, x *tensors.Tensor) (Snapshot, error) {
	if wayOf(grid) != wayOf(s.c.plan.Grid) {
		s.c.finalize() // a sampler is asked whether it goes that way when its step is built
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
	own := len(in) - len(c.state) // what every step reads and none changes, but for the counter
	end := exec.Loop(c.plan.Store, in, func(in []*Node) []*Node {
		moved := c.stepOnce(scope, in)
		return append(append(moved[:1:1], in[1:own]...), moved[1:]...)
	})
	if c.plan.driver != compiled {
		exec.RefuseConvolution(c.b, in[0].Graph())
	}
	return append(end[:1:1], end[own:]...)
}
