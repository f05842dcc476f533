package diffusion

import (
	"fmt"
	"math"
)

// Settings check themselves. The code that builds a graph from them calls the checks: plans, likelihoods,
// CoefficientsAt and objectives. A setting with its own type has Validate. A setting that is a function (Weighting,
// TimeSampler, Head) checks itself when the first graph is built with it. Graph-building code panics with the error,
// and the code that compiles the graph returns it: before the first step of a training or of a sampler.

// checkProcess reports a missing process, a setting of it that is out of its range, or an invalid horizon.
func checkProcess(p Process) error {
	if p == nil {
		return fmt.Errorf("there is no process; give one of the table Processes, such as VP{}")
	}
	if err := p.Validate(); err != nil {
		return err
	}
	lo, hi := p.Horizon()
	if !(0 <= lo && lo <= hi && finite(hi)) {
		return fmt.Errorf("%T: the horizon runs from %g to %g; give 0 <= tMin <= tMax, finite", p, lo, hi)
	}
	return nil
}

// mustBeValid returns the process itself, for graph-building code. It panics with the error of checkProcess.
func mustBeValid(p Process) Process {
	if err := checkProcess(p); err != nil {
		panic(err)
	}
	return p
}

// must panics with a sentence unless its condition holds, for graph-building code. Conditions are written so that NaN
// fails them.
func must(holds bool, format string, args ...any) {
	if !holds {
		panic(fmt.Errorf(format, args...))
	}
}

// finite is false for NaN too.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// positive is above 0 and finite.
func positive(x float64) bool { return x > 0 && finite(x) }
