package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// Span is one step: From one time To the next, both scalars, and the Index (int32) of the step. Steps (int32) is the
// number of steps of the grid; nil: not known.
type Span struct {
	From, To, Index, Steps *Node

	way way // of the grid that the step is on
}

// Rising is a span of a grid that rises, for whoever drives a sampler by hand; see Falling.
func Rising(from, to, index *Node) Span { return Span{From: from, To: to, Index: index, way: 1} }

// Falling is a span of a grid that falls. Samplers refuse spans against their direction; of those made in another way
// they cannot tell it.
func Falling(from, to, index *Node) Span { return Span{From: from, To: to, Index: index, way: -1} }

// way is the direction of a grid's times: 1 where they rise, -1 where they fall, 0 where it is not known.
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
// most), Step moves x over the span and returns the new carry, in the same shapes.
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

// Coupled is a sampler in which samples depend on each other, within populations that follow each other in the batch.
// Plans that carry samples in blocks keep populations whole.
type Coupled interface {
	Sampler
	// Among is the sampler with populations of the size that it gives them among n samples, and that size.
	Among(n int) (Sampler, int, error)
}

// Repeater is a sampler that crosses a span in as many attempts as it needs: the drivers repeat Step until Done, then
// ask for its Fault. All attempts at a span draw the same noise. Done must come to be true, if only because samples
// give up.
type Repeater interface {
	Sampler
	Done(s Span, carry []*Node) *Node // a boolean scalar: no sample needs another attempt at this span
	Fault(s Snapshot) error           // of the first sample that gave up, in one line; nil: none did
}

// Kind says which law a sampler follows, and so what its conformance test holds it against.
type Kind int

const (
	ForwardKind Kind = iota // the process itself, from data to noise: t grows
	ReverseKind             // from noise to data: t falls
	StaticKind              // a chain on the fixed density at one noise level
)

// SamplerSpec registers a sampler, with what a user wants to know before taking it; docs/samplers.md is made of these.
// Order is that of the global error in mean and variance (weak order) as the step shrinks, measured by the conformance
// test; math.Inf(1) says exact at any step, math.NaN() that the scheme is not affine in x on Gaussian data, and so has
// no order to be measured that way but a test of its own.
type SamplerSpec struct {
	Name        string
	Sampler     Sampler
	Kind        Kind
	Order       float64
	Stochastic  bool
	Evaluations int    // of the model in a step, once it is under way; Adaptive: as many as its tolerance asks for
	EndsAtData  bool   // a grid may end where sigma = 0
	Go          string // how it is written
	Source      string // paper and equation
	Also        string // what others call it
	Not         string // what it is easily taken for, and is not
}

// Adaptive says that a step makes as many evaluations as its tolerance asks for.
const Adaptive = -1
