package diffusion

import (
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// driver is who owns the loop over steps.
type driver int

const (
	byCapability driver = iota
	compiled            // one XLA While around Step, see loop.go
	hosted              // the host calls one compiled step after the other
)

// capable chooses the driver.
func capable(b compute.Backend) driver {
	if CompilesLoops(b) {
		return compiled
	}
	return hosted
}

// chain is a plan under way.
type chain struct {
	plan  Plan
	b     compute.Backend
	times *tensors.Tensor
	state []*tensors.Tensor // x and the sampler's carry
	step  int
	exec  *model.Exec
	drive driver
}

// start checks the plan and makes the sampler's carry.
func (p Plan) start(b compute.Backend, x *tensors.Tensor) (*chain, error) {
	if err := checkSamples(x); err != nil {
		return nil, err
	}
	if err := p.validate(x); err != nil {
		return nil, err
	}
	if p.Store == nil {
		p.Store = model.NewStore()
	}
	c := &chain{plan: p, b: b, drive: p.driver}
	if c.drive == byCapability {
		c.drive = capable(b)
	}
	c.times = tensors.FromFlatDataAndDimensions(p.Grid, len(p.Grid))
	if x.DType() == dtypes.Float32 {
		c.times = tensors.FromFlatDataAndDimensions(narrow(p.Grid), len(p.Grid))
	}
	return c, c.begin(x, p.First)
}

// begin puts the chain before its first step, with samples of which the first has the given index.
func (c *chain) begin(x *tensors.Tensor, first int) error {
	c.plan.First, c.step, c.state = first, 0, []*tensors.Tensor{x}
	if _, stateless := c.plan.Sampler.(OneStep); stateless {
		return nil
	}
	state, err := model.CallOnceN(c.b, c.plan.Store, c.initial, c.arguments(0)...)
	if err != nil {
		return fmt.Errorf("starting the sampler: %w", Cause(err))
	}
	c.state = state
	return nil
}

// advance moves the chain to the state after the given number of steps.
func (c *chain) advance(to int) (Snapshot, error) {
	if to <= c.step || to >= len(c.plan.Grid) {
		return Snapshot{}, fmt.Errorf("step %d asked for after step %d of %d", to, c.step, len(c.plan.Grid)-1)
	}
	err := c.run(to)
	if errors.Is(err, ErrHost) {
		c.finalize()
		c.drive, c.exec = hosted, nil
		err = c.run(to)
	}
	s := Snapshot{to, c.plan.Grid[to], c.state[0], c.state[1:]}
	if r, repeats := c.plan.Sampler.(Repeater); repeats && err == nil {
		err = r.Fault(s)
	}
	if err == nil {
		err = checkFinite(s.X)
	}
	if err != nil {
		return Snapshot{}, fmt.Errorf("sampling to t = %g, step %d of %d: %w", c.plan.Grid[to], to, len(c.plan.Grid)-1, Cause(err))
	}
	return s, nil
}

// Cause is what went wrong in a graph, without the names of the functions that GoMLX wraps around it.
func Cause(err error) error {
	for next := err; next != nil; next = errors.Unwrap(next) {
		err = next
	}
	return err
}

func (c *chain) run(to int) error {
	if c.exec == nil {
		graphFn := c.stepOnce
		if c.drive == compiled {
			graphFn = c.loop
		}
		var err error
		if c.exec, err = model.NewExec(c.b, c.plan.Store, graphFn); err != nil {
			return err
		}
	}
	for c.step < to {
		stop := to
		if c.drive == hosted {
			stop = c.step + 1
		}
		state, err := c.exec.Call(c.arguments(stop)...)
		if err != nil {
			return err
		}
		c.step, c.state = int(tensors.ToScalar[int32](state[0])), state[1:]
	}
	return nil
}

func (c *chain) finalize() {
	if c.exec != nil {
		c.exec.Finalize()
	}
}

// arguments are the inputs of every graph of the chain, in the order that unpack reads.
func (c *chain) arguments(stop int) []any {
	args := []any{int32(c.step), int32(stop), c.plan.Noise[0], c.plan.Noise[1], uint32(c.plan.First), c.times}
	for _, t := range c.plan.Inputs {
		args = append(args, t)
	}
	for _, t := range c.state {
		args = append(args, t)
	}
	return args
}

// frame is arguments inside a graph.
type frame struct {
	step, stop *Node
	key        [2]*Node
	first      *Node
	times      *Node
	inputs     []*Node
	x          *Node
	carry      []*Node
}

func (c *chain) unpack(in []*Node) frame {
	tables := len(c.plan.Inputs)
	return frame{
		step: in[0], stop: in[1], key: [2]*Node{in[2], in[3]}, first: in[4], times: in[5],
		inputs: in[6 : 6+tables], x: in[6+tables], carry: in[7+tables:],
	}
}

// at is the grid's time of a step. Gather, because the Go backend has no DynamicSlice.
func (f frame) at(step *Node) *Node { return Gather(f.times, Reshape(step, 1)) }

func (f frame) random(step *Node) *Random {
	return RandomAt(f.key, step, f.first)
}

// initial is the graph of the sampler's Init. Its draws belong to a step that no grid reaches.
func (c *chain) initial(scope *model.Scope, in []*Node) []*Node {
	f := c.unpack(in)
	carry := c.plan.Sampler.Init(c.plan.Build(scope, f.inputs), f.x, f.random(AddScalar(f.step, -1)))
	return append([]*Node{f.x}, carry...)
}

// stepOnce is the graph of one step, or of one attempt at it: the state in, the number of steps taken and the state out.
// The loop's body is the same function.
func (c *chain) stepOnce(scope *model.Scope, in []*Node) []*Node {
	f := c.unpack(in)
	m := c.plan.Build(scope, f.inputs)
	if err := m.Validate(); err != nil {
		panic(err)
	}
	span := Span{From: f.at(f.step), To: f.at(AddScalar(f.step, 1)), Index: f.step}
	x, carry := c.plan.Sampler.Step(m, span, f.x, f.carry, f.random(f.step))
	x.AssertDims(f.x.Shape().Dimensions...)
	taken := AddScalar(f.step, 1)
	if r, repeats := c.plan.Sampler.(Repeater); repeats {
		taken = Where(r.Done(span, carry), taken, f.step)
	}
	return append([]*Node{taken, x}, carry...)
}

func narrow(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}
