package diffusion

import (
	"errors"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/exec"
	"scorelab/lib/random"
)

// driver is the owner of the loop over steps.
type driver int

const (
	byCapability driver = iota
	compiled            // one XLA While around Step, see compiled.go
	hosted              // the host calls one compiled step after another
)

// capable chooses the driver for a backend.
func capable(b compute.Backend) driver {
	if exec.CompilesLoops(b) {
		return compiled
	}
	return hosted
}

// chain is a plan that is being run.
type chain struct {
	plan  Plan
	b     compute.Backend
	state []*tensors.Tensor // x and the sampler's carry
	step  int
	init  *exec.Exec // of the carry; nil: not needed yet
	exec  *exec.Exec
	drive driver
	// window is the number of times that a graph reads at once, so that grids of any length share a graph.
	window int
	built  bool    // whether the step's graph is built: later failures are numerical
	model  Process // of the model with which the graph was built
	warned bool
}

// start checks the plan and makes the sampler's carry.
func (p Plan) start(b compute.Backend, x *tensors.Tensor) (*chain, error) {
	c, err := p.chain(b, len(p.Grid))
	if err != nil {
		return nil, err
	}
	if err := c.begin(x, p.First); err != nil {
		c.finalize()
		return nil, err
	}
	return c, nil
}

// chain prepares a plan that has no grid and no samples yet. A call of its compiled loop reads window times; a step
// from the host reads the two that it needs.
func (p Plan) chain(b compute.Backend, window int) (*chain, error) {
	if p.Build == nil || p.Sampler == nil {
		return nil, fmt.Errorf("a plan needs Build and Sampler")
	}
	c := &chain{plan: p, b: b, drive: p.driver, window: window}
	if c.drive == byCapability {
		c.drive = capable(b)
	}
	if c.drive == hosted {
		c.window = 2
	}
	if p.Store == nil {
		c.plan.Store = model.NewStore()
	}
	return c, nil
}

// begin resets the chain to before its first step. The first of the samples x has the index first.
func (c *chain) begin(x *tensors.Tensor, first int) error {
	c.plan.First, c.step, c.state = first, 0, []*tensors.Tensor{x}
	if err := c.plan.validate(x); err != nil {
		return err
	}
	if _, stateless := c.plan.Sampler.(OneStep); stateless {
		return nil
	}
	if c.init == nil {
		var err error
		if c.init, err = exec.NewModel(c.b, c.plan.Store, c.initial); err != nil {
			return err
		}
	}
	state, err := c.init.Call(c.arguments(0)...)
	if err != nil {
		return fmt.Errorf("starting the sampler: %w", err)
	}
	c.state = state
	return nil
}

// advance moves the chain to the state after step number to.
func (c *chain) advance(to int) (Snapshot, error) {
	if to <= c.step || to >= len(c.plan.Grid) {
		return Snapshot{}, fmt.Errorf("step %d requested after step %d of %d", to, c.step, len(c.plan.Grid)-1)
	}
	start := c.state[0]
	err := c.run(to)
	if errors.Is(err, exec.ErrHost) {
		c.finalize()
		c.drive, c.window = hosted, 2
		err = c.run(to)
	}
	if err != nil && !c.built {
		return Snapshot{}, err
	}
	c.warn(start)
	s := c.snapshot()
	if f, judges := c.plan.Sampler.(interface{ Fault(Snapshot) error }); judges && err == nil {
		err = f.Fault(s)
	}
	if err == nil {
		err = checkFinite(s.X)
	}
	if err != nil {
		return Snapshot{}, fmt.Errorf("sampling to t = %g, step %d of %d: %w", c.plan.Grid[to], to, len(c.plan.Grid)-1,
			err)
	}
	return s, nil
}

// snapshot is the current state of the chain.
func (c *chain) snapshot() Snapshot {
	return Snapshot{Step: c.step, Time: c.plan.Grid[c.step], X: c.state[0], Carry: c.state[1:], sampler: c.plan.Sampler}
}

func (c *chain) run(to int) error {
	if c.exec == nil {
		graphFn := c.stepOnce
		if c.drive == compiled {
			graphFn = c.loop
		}
		var err error
		if c.exec, err = exec.NewModel(c.b, c.plan.Store, graphFn); err != nil {
			return err
		}
	}
	for c.step < to {
		stop := to
		if base, _ := c.times(); base+c.window <= to {
			stop = base + c.window - 1
		}
		state, err := c.exec.Call(c.arguments(stop)...)
		if err != nil {
			return err
		}
		c.built = true
		c.step, c.state = int(tensors.ToScalar[int32](state[0])), state[1:]
	}
	return nil
}

func (c *chain) finalize() {
	if c.init != nil {
		c.init.Finalize()
		c.init = nil
	}
	if c.exec != nil {
		c.exec.Finalize()
		c.exec, c.built = nil, false
	}
}

// times are the times that a graph reads next: a stretch of the grid from step base on. The last time is repeated where
// the grid ends before the stretch does.
func (c *chain) times() (base int, stretch []float64) {
	grid := c.plan.Grid
	if c.window < len(grid) {
		base = c.step
	}
	stretch = make([]float64, c.window)
	for i := range stretch {
		stretch[i] = grid[min(base+i, len(grid)-1)]
	}
	return base, stretch
}

// arguments are the inputs of every graph of the chain, in the order in which unpack reads them.
func (c *chain) arguments(stop int) []any {
	base, stretch := c.times()
	times := tensors.FromFlatDataAndDimensions(stretch, c.window)
	if c.state[0].DType() == dtypes.Float32 {
		times = tensors.FromFlatDataAndDimensions(narrow(stretch), c.window)
	}
	steps := len(c.plan.Grid) - 1
	args := []any{int32(c.step), int32(stop), int32(base), int32(steps), c.plan.Noise[0], c.plan.Noise[1],
		uint32(c.plan.First), times}
	if c.plan.Replay != nil {
		args = append(args, c.plan.Replay)
	}
	for _, t := range c.plan.Inputs {
		args = append(args, t)
	}
	for _, t := range c.state {
		args = append(args, t)
	}
	return args
}

// frame holds the arguments inside a graph.
type frame struct {
	step, stop, base, steps *Node
	key                     [2]*Node
	first                   *Node
	times                   *Node
	replay                  *Node
	inputs                  []*Node
	x                       *Node
	carry                   []*Node
}

func (c *chain) unpack(in []*Node) frame {
	f := frame{step: in[0], stop: in[1], base: in[2], steps: in[3], key: [2]*Node{in[4], in[5]}, first: in[6],
		times: in[7]}
	in = in[8:]
	if c.plan.Replay != nil {
		f.replay, in = in[0], in[1:]
	}
	tables := len(c.plan.Inputs)
	f.inputs, f.x, f.carry = in[:tables], in[tables], in[tables+1:]
	return f
}

// at is the grid's time of a step. It uses Gather, because the Go backend has no DynamicSlice.
func (f frame) at(step *Node) *Node { return Gather(f.times, Reshape(Sub(step, f.base), 1)) }

func (f frame) random(step *Node) *random.Source {
	if f.replay == nil {
		return random.At(f.key, step, f.first)
	}
	now := Gather(f.replay, Reshape(step, 1)) // [draws, batch, ...]
	var draws []*Node
	for k := range now.Shape().Dim(0) {
		draws = append(draws, Reshape(Slice(now, AxisElem(k)), f.x.Shape().Dimensions...))
	}
	return random.Replay(draws...)
}

// initial is the graph of the sampler's Init. Its draws belong to step -1, which no grid reaches.
func (c *chain) initial(scope *model.Scope, in []*Node) []*Node {
	f := c.unpack(in)
	r := random.Replay()
	if f.replay == nil {
		r = f.random(AddScalar(f.step, -1))
	}
	carry := c.plan.Sampler.Init(c.build(scope, f), f.x, r)
	return append([]*Node{f.x}, carry...)
}

// build makes the plan's model.
func (c *chain) build(scope *model.Scope, f frame) Model {
	m := c.plan.Build(scope, f.inputs)
	mustBeValid(m.Process)
	return m
}

// stepOnce is the graph of one step, or of one attempt at it. It maps the state to the number of steps taken and the
// next state. The loop's body is the same function.
func (c *chain) stepOnce(scope *model.Scope, in []*Node) []*Node {
	f := c.unpack(in)
	m := c.build(scope, f)
	span := Span{From: f.at(f.step), To: f.at(AddScalar(f.step, 1)), Index: f.step, Steps: f.steps,
		way: wayOf(c.plan.Grid)}
	x, carry := c.plan.Sampler.Step(m, span, f.x, f.carry, f.random(f.step))
	x.AssertDims(f.x.Shape().Dimensions...)
	taken := AddScalar(f.step, 1)
	if r, repeats := c.plan.Sampler.(Repeater); repeats {
		taken = Where(r.Done(span, carry), taken, f.step)
	}
	c.model = m.Process
	return append([]*Node{taken, x}, carry...)
}

// warn reports once that a plan samples from noise, but that its start is too small for the process's noise. The
// variance of x_t is at least sigma_t^2, whatever the data. For 64 numbers the mean square is below a quarter of that
// once in 10^12 runs.
func (c *chain) warn(start *tensors.Tensor) {
	const enough, share = 64, .25
	if c.warned || c.step == 0 || wayOf(c.plan.Grid) > 0 || start.Size() < enough || c.model == nil {
		return
	}
	c.warned = true
	interpreter, err := exec.Interpreter()
	if err != nil {
		return
	}
	_, sigma, err := PathAt(interpreter, c.model, c.plan.Grid[0])
	if err != nil {
		return
	}
	mean := 0.
	for _, v := range numbers(start) {
		mean += v * v / float64(start.Size())
	}
	if mean < share*sigma*sigma {
		exec.Warn(c.plan.Warn, fmt.Sprintf("the start has root mean square %.3g, but the process has noise of "+
			"standard deviation %.3g at t = %g: start from standard normals times %.3g",
			math.Sqrt(mean), sigma, c.plan.Grid[0],
			sigma))
	}
}

func narrow(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}
