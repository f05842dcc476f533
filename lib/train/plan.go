package train

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/random"
)

// Loss builds the loss of the weights in scope: [batch], or its mean, a scalar. batch holds rows [batch, ...] of each
// column of the data. r is the noise of this step. Inside a compiled loop it may read only these, so tables and labels
// must be columns or variables.
type Loss func(scope *model.Scope, batch []*Node, r *random.Source) *Node

// Level is the loss with one value for every sample, such as a known floor. It panics unless the value is finite.
func Level(value float64) Loss {
	return func(_ *model.Scope, batch []*Node, _ *random.Source) *Node {
		if math.IsNaN(value) || math.IsInf(value, 0) {
			panic(fmt.Errorf("a floor of %g under the loss; give a finite number", value))
		}
		return Const(batch[0].Graph(), value)
	}
}

// Plan describes one training: loss, data, optimizer and random numbers.
type Plan struct {
	Loss Loss
	Data Data
	Adam Adam
	EMA  EMA        // the average of the weights to sample from; zero: no average is kept
	Key  random.Key // of the first weights, the order of the data and the noise

	Floor Loss // a lower bound of Loss in the mean, on the same batch and noise; nil: not known
	// Step replaces Loss, Adam and Floor for methods with more than one net.
	Step  func(t *StepContext)
	Start *model.Store // initial weights, which are copied; nil: those that Loss initializes
	Every int          // steps between two reports; 0: 100

	// Settings holds what else Loss and Step depend on (network, noise), as JSON. Resume refuses checkpoints made under
	// other settings.
	Settings any

	// Warn receives each of Trainer.Warnings. nil means the default logger of log/slog.
	Warn func(sentence string)

	Hosted bool // step from the host even where a compiled loop would be faster, for debugging
}

// defaultEvery is the default number of steps between two reports. mostEvery bounds it, since each step writes into a
// table with that many rows.
const defaultEvery, mostEvery = 100, 1 << 20

// validate fills in the defaults. It returns an error for settings that Begin does not accept.
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
