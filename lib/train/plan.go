package train

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/random"
)

// Loss is a graph of the weights that it finds in scope: the loss [batch] of each sample, or its mean, a scalar. The
// batch holds rows [batch, ...] of each column of the data; r is the noise of this step. Inside a compiled loop it may
// read nothing but these, so that tables and labels come in as columns or as variables.
type Loss func(scope *model.Scope, batch []*Node, r *random.Source) *Node

// Level is the loss that has one value everywhere: a known floor.
func Level(value float64) Loss {
	return func(_ *model.Scope, batch []*Node, _ *random.Source) *Node {
		if math.IsNaN(value) || math.IsInf(value, 0) {
			panic(fmt.Errorf("a floor of %g under the loss; give a finite number", value))
		}
		return Const(batch[0].Graph(), value)
	}
}

// Plan is one training problem: which loss, on which data, by which optimizer, with which noise.
type Plan struct {
	Loss Loss
	Data Data
	Adam Adam
	EMA  EMA        // what to sample from; zero: no average is kept
	Key  random.Key // of the first weights, the order of the data and the noise

	Floor Loss // what Loss cannot fall below, on the same batch and the same noise; nil: not known
	// a step of one's own, for methods with more than one net, instead of Loss, Adam and Floor
	Step  func(t *StepContext)
	Start *model.Store // weights to begin with, which are copied; nil: those that Loss initializes
	Every int          // steps between two reports; 0: 100

	// what Loss and Step depend on besides (network, noise), as JSON: checkpoints made under others are refused
	Settings any

	// Warn takes a sentence about a plan that trains, and may not be what was meant, see Trainer.Warnings; nil: the
	// default logger of log/slog.
	Warn func(sentence string)

	Hosted bool // step from the host, also where a compiled loop would be faster: for debugging
}

// defaultEvery is the number of steps between two reports, mostEvery the largest: each step writes into a table of so
// many.
const defaultEvery, mostEvery = 100, 1 << 20

// validate reports what Begin cannot work with, and fills in the defaults.
func (p *Plan) validate() error {
	if (p.Loss == nil) == (p.Step == nil) || p.Data == nil {
		return fmt.Errorf("a plan needs Data, and either Loss or Step")
	}
	if p.Step != nil && (p.Adam != Adam{} || p.Floor != nil) {
		return fmt.Errorf("a plan with its own Step has no use for Adam and Floor: Step calls Descend and Record")
	}
	if p.Every < 0 || p.Every > mostEvery {
		return fmt.Errorf("a report every %d steps: give 1 to %d, or 0 for %d", p.Every, mostEvery, defaultEvery)
	}
	if p.Every == 0 {
		p.Every = defaultEvery
	}
	if p.Step == nil {
		p.Step = p.descend
	}
	if err := p.Adam.validate(); err != nil {
		return err
	}
	if err := p.EMA.validate(); err != nil {
		return err
	}
	return p.Data.validate()
}

// descend is the step of a plan with one loss.
func (p *Plan) descend(t *StepContext) {
	loss := t.Mean(p.Loss)
	t.Record(LossCurve, loss)
	if p.Floor != nil {
		t.Record(FloorCurve, StopGradient(t.Mean(p.Floor)))
	}
	t.Descend("/", loss, p.Adam)
}
