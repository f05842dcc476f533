package diffusion

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
)

// Table is the schedule of a discrete chain of T steps with variances beta_1 .. beta_T (Ho et al. 2020, equation 2;
// 000, section 3; 002, section 5). Make it with NewTable.
//
// Time counts steps: at t = i, alpha-bar is the product of the first i factors 1 - beta. So t = 0 is data and t = 1 is
// the first noised step, the timestep 0 of diffusers. Between steps, and beyond T, the rate is constant: -ln(1 -
// beta_i) on (i-1, i].
type Table struct {
	rates []float64 // [T]
	sums  []float64 // [T]: the integral of the rate to the start of each step
}

// NewTable makes the schedule of the given betas. It reports the first beta that is outside (0, 1), or so small that
// alpha-bar does not fall. Betas are counted from 1.
func NewTable(betas []float64) (Table, error) {
	if len(betas) == 0 {
		return Table{}, fmt.Errorf("table of betas: there are none")
	}
	var s Table
	sum := 0.0
	for i, beta := range betas {
		if !(0 < beta && beta < 1) {
			return Table{}, fmt.Errorf("table of betas: beta %d of %d is %g; give 0 < beta < 1", i+1, len(betas), beta)
		}
		rate := -math.Log1p(-beta)
		if sum+rate == sum {
			return Table{}, fmt.Errorf("table of betas: beta %d of %d is %g, so small that alpha-bar does not fall "+
				"there", i+1, len(betas), beta)
		}
		s.rates, s.sums = append(s.rates, rate), append(s.sums, sum)
		sum += rate
	}
	return s, nil
}

// Steps returns T.
func (s Table) Steps() int { return len(s.rates) }

// Rate implements Schedule.
func (s Table) Rate(t *Node) (beta, integral *Node) {
	before := ClipScalar(AddScalar(Ceil(t), -1), 0, float64(len(s.rates)-1)) // whole steps before that of t
	step := InsertAxes(ConvertDType(before, dtypes.Int32), -1)
	at := func(table []float64) *Node { return Gather(ConvertDType(Const(t.Graph(), table), t.DType()), step) }
	beta = at(s.rates)
	return beta, Add(at(s.sums), Mul(Sub(t, before), beta))
}

// Horizon implements Schedule: from the first step to the last.
func (s Table) Horizon() (tMin, tMax float64) { return 1, float64(len(s.rates)) }

// Validate implements Schedule.
func (s Table) Validate() error {
	if len(s.rates) == 0 {
		return fmt.Errorf("table of betas: there are none; make it with NewTable")
	}
	return nil
}
