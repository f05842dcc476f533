package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// Span is one step: From one time To the next, both scalars, and the Index (int32) of the step. Steps (int32) is the
// number of steps of the grid; nil means unknown.
type Span struct {
	From, To, Index, Steps *Node

	way way // of the grid that the step is on
}

// Rising returns a span of a grid that rises, for code that calls a sampler without a plan; see Falling.
func Rising(from, to, index *Node) Span { return Span{From: from, To: to, Index: index, way: 1} }

// Falling returns a span of a grid that falls. Samplers refuse spans against their direction. They cannot tell the
// direction of spans that are made in another way.
func Falling(from, to, index *Node) Span { return Span{From: from, To: to, Index: index, way: -1} }

// way is the direction of a grid's times: 1 if they rise, -1 if they fall, and 0 if it is unknown.
type way int

func wayOf(grid []float64) way {
	switch {
	case len(grid) < 2:
		return 0
	case grid[1] > grid[0]:
		return 1
	}
	return -1
}

// mustFall refuses a grid that rises, for samplers that only lead from noise to data.
func (s Span) mustFall(sampler string) {
	must(s.way <= 0, "%s leads from noise to data: give a grid that falls, such as Uniform(tMax, tMin, n); this one "+
		"rises",
		sampler)
}

// mustRise refuses a grid that falls.
func (s Span) mustRise(sampler, why string) {
	must(s.way >= 0, "%s %s: give a grid that rises; this one falls", sampler, why)
}

// Length is |To - From|.
func (s Span) Length() *Node { return Abs(Sub(s.To, s.From)) }

// Sampler is a step, never a loop: Plan owns the loops. Init makes what the sampler carries between steps (nil for
// most). Step moves x over the span and returns the new carry, in the same shapes.
type Sampler interface {
	Init(m Model, x *Node, r *random.Source) (carry []*Node)
	Step(m Model, s Span, x *Node, carry []*Node, r *random.Source) (next *Node, nextCarry []*Node)
}

// OneStep is a sampler that carries nothing.
type OneStep func(m Model, s Span, x *Node, r *random.Source) *Node

// Init implements Sampler.
func (OneStep) Init(Model, *Node, *random.Source) []*Node { return nil }

// Step implements Sampler.
func (f OneStep) Step(m Model, s Span, x *Node, _ []*Node, r *random.Source) (*Node, []*Node) {
	return f(m, s, x, r), nil
}

// Coupled is a sampler in which samples depend on each other, within populations of consecutive samples in the batch.
// Plans that carry samples in blocks keep populations whole.
type Coupled interface {
	Sampler
	// Among returns the sampler with the population size for n samples filled in, and that size.
	Among(n int) (Sampler, int, error)
}

// Repeater is a sampler that crosses a span in as many attempts as it needs. The drivers repeat Step until Done is
// true, and then report its Fault. All attempts at a span draw the same noise. Done must become true at some time, if
// only because samples give up.
type Repeater interface {
	Sampler
	Done(s Span, carry []*Node) *Node // a boolean scalar: no sample needs another attempt at this span
	Fault(s Snapshot) error           // the error of the first sample that gave up, in one line; nil: none
}

// Kind is the distribution that a sampler follows, and so the reference of its conformance test.
type Kind int

const (
	ForwardKind Kind = iota // the process itself, from data to noise: t grows
	ReverseKind             // from noise to data: t falls
	StaticKind              // a chain on the fixed density at one noise level
)

// SamplerSpec registers a sampler, with what a user needs to choose it. docs/samplers.md is generated from these.
//
// Order is the order of the global error in mean and variance (weak order) as the step shrinks. The conformance test
// measures it. math.Inf(1) means exact at any step. math.NaN() means that the scheme is not affine in x on Gaussian
// data; it has no order to be measured that way, but a separate test.
type SamplerSpec struct {
	Name        string
	Sampler     Sampler
	Kind        Kind
	Order       float64
	Stochastic  bool
	Evaluations int    // of the model in a step after the first steps; Adaptive: as many as its tolerance needs
	EndsAtData  bool   // a grid may end where sigma = 0
	Go          string // the Go expression that makes it
	Source      string // paper and equation
	Also        string // other names
	Not         string // what it is easily confused with
}

// Adaptive means that a step makes as many evaluations as its tolerance needs.
const Adaptive = -1
