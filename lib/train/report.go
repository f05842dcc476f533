package train

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
)

// Names of the curves of a plan with a Loss. A descent under another scope than "/" puts its name first, as in
// "generator gradient norm".
const (
	LossCurve  = "loss"
	FloorCurve = "floor"
	NormCurve  = "gradient norm" // before clipping
	RateCurve  = "learning rate"
)

// Report describes the steps since the previous report.
type Report struct {
	From, Step int                  // it covers the steps From+1 to Step
	Curves     map[string][]float64 // one number for each step
	Took       time.Duration
}

// Loss is the curve of the loss.
func (r Report) Loss() []float64 { return r.Curves[LossCurve] }

// Mean is the mean of a curve. It is NaN if no curve has that name.
func (r Report) Mean(curve string) float64 {
	sum := 0.0
	for _, v := range r.Curves[curve] {
		sum += v
	}
	return sum / float64(len(r.Curves[curve]))
}

// report describes the steps after the given one.
func (t *Trainer) report(from int, took time.Duration) (Report, error) {
	r := Report{From: from, Step: t.step, Curves: map[string][]float64{}, Took: took}
	flat, err := tensors.CopyFlatData[float64](t.curves)
	if err != nil {
		return r, err
	}
	for i, name := range t.names {
		curve := make([]float64, 0, t.step-from)
		for step := from; step < t.step; step++ {
			curve = append(curve, flat[t.place(step)+i])
		}
		r.Curves[name] = curve
	}
	return r, nil
}

// place is the index of a step's numbers in the curves.
func (t *Trainer) place(step int) int { return step % t.plan.Every * len(t.names) }

// DivergedError is the error of a step with a number that is not finite. The step was not taken.
type DivergedError struct {
	Step  int // counted from 1
	Curve string
	Value float64
	Rates []string // the learning rates of the step, "learning rate 0.001"
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("training diverged at step %d: the %s is %g at %s; the weights are those after step %d",
		e.Step, e.Curve, e.Value, strings.Join(e.Rates, ", "), e.Step-1)
}

// diverged returns the error of the step that was not taken.
func (t *Trainer) diverged() error {
	flat, err := tensors.CopyFlatData[float64](t.curves)
	if err != nil {
		return err
	}
	e := &DivergedError{Step: t.step + 1}
	for i, name := range t.names {
		value := flat[t.place(t.step)+i]
		if e.Curve == "" && (math.IsNaN(value) || math.IsInf(value, 0)) {
			e.Curve, e.Value = name, value
		}
		if strings.Contains(name, RateCurve) {
			e.Rates = append(e.Rates, fmt.Sprintf("%s %g", name, value))
		}
	}
	return e
}
