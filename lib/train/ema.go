package train

import (
	"fmt"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
)

// EMA keeps an exponential moving average of the trainable weights, and of no other variable. After step k it is d avg
// + (1 - d) weights, where d = d(k) approaches Decay.
type EMA struct {
	Decay float64     // 0: no average is kept
	Start EMASchedule // how d(k) begins; "": Corrected
}

// EMASchedule names a function d(k) of the step k = 1, 2, ...
type EMASchedule string

// The schedules.
const (
	// Corrected is Decay (1 - Decay^(k-1))/(1 - Decay^k). The average is then independent of the initial weights
	// (Kingma and Ba 2015, section 3).
	Corrected EMASchedule = "corrected"
	// Ramped is the smaller of Decay and (1+k)/(10+k), as in TensorFlow's ExponentialMovingAverage.
	Ramped   EMASchedule = "ramped"
	Constant EMASchedule = "constant" // d = Decay at every step: the initial weights decay like all others
)

var schedules = []struct {
	name  EMASchedule
	decay func(k *Node, decay float64) *Node
}{
	{Corrected, func(k *Node, decay float64) *Node {
		gone := func(k *Node) *Node { return OneMinus(Pow(Scalar(k.Graph(), k.DType(), decay), k)) }
		return MulScalar(Div(gone(AddScalar(k, -1)), gone(k)), decay)
	}},
	{Ramped, func(k *Node, decay float64) *Node {
		return MinScalar(Div(AddScalar(k, 1), AddScalar(k, 10)), decay)
	}},
	{Constant, func(k *Node, decay float64) *Node { return MulScalar(OnesLike(k), decay) }},
}

func (a EMA) validate() error {
	if !(a.Decay >= 0 && float32(a.Decay) < 1) { // closer to 1, an average in float32 never changes
		return fmt.Errorf("the average's Decay is %.9g; give a number from 0 to below 1 by at least 1e-7", a.Decay)
	}
	if _, err := a.schedule(); err != nil {
		return err
	}
	return nil
}

func (a EMA) schedule() (func(k *Node, decay float64) *Node, error) {
	name := a.Start
	if name == "" {
		name = Corrected
	}
	var names []string
	for _, schedule := range schedules {
		if schedule.name == name {
			return schedule.decay, nil
		}
		names = append(names, string(schedule.name))
	}
	return nil, fmt.Errorf("no average starts %q; there are %s", a.Start, strings.Join(names, ", "))
}

// average updates the moving average of a step, after the weights have moved.
func (t *StepContext) average(a EMA) {
	if a.Decay == 0 {
		return
	}
	schedule, err := a.schedule()
	if err != nil {
		panic(err)
	}
	decay := schedule(ConvertDType(AddScalar(t.Step, 1), dtypes.Float64), a.Decay)
	for _, w := range t.trainable("/") {
		avg := t.slot("average", w.Path(), w.Shape())
		if t.dry {
			continue
		}
		now := w.NodeValue(t.Step)
		d := ConvertDType(decay, now.DType())
		avg.SetNodeValue(Add(Mul(d, avg.NodeValue(t.Step)), Mul(OneMinus(d), now)))
	}
}
