package train

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/exec"
)

// tolerated is how many times the data's standard deviation, or the distance of their mean from 0, may differ from what
// the loss assumes. A network reads inputs of unit variance well, of 5 or 1/5 still; beyond, its first layer is
// saturated or blind.
const tolerated = 5

// readable is the largest standard deviation about which networks tell noise levels apart, and the inverse of the
// smallest: what they read, ln SNR, ends at +-20, which leaves noise of 100 times the data where they have
// e^(20/2)/100.
const readable = 220.

// Warnings are sentences about a plan that trains, but hardly to what was meant: its samples, the first column of the
// data that holds floating-point numbers, are far from the scale for which the heads and weightings of the loss were
// made. It looks at all of a table, and at one batch of data that are drawn afresh.
func (t *Trainer) Warnings() (list []string, err error) {
	if len(t.assumed) == 0 {
		return nil, nil
	}
	x, err := t.samples()
	if err != nil {
		return nil, fmt.Errorf("drawing a batch to look at its scale: %w", err)
	}
	if x == nil {
		return nil, nil
	}
	center, spread := scaleOf(x)
	if spread == 0 {
		return []string{"the data are one point: there is no scale for the head of the loss"}, nil
	}
	far := spread > readable || spread < 1/readable
	if far {
		list = append(list, fmt.Sprintf(
			"the data have standard deviation %.3g: networks cannot tell noise levels "+
				"of that size apart; scale the data to about 1",
			spread))
	}
	for _, sd := range t.assumed {
		if !far && (spread > tolerated*sd || spread < sd/tolerated) {
			list = append(list, fmt.Sprintf(
				"the data have standard deviation %.3g, but the head or the weighting "+
					"of the loss is made for %.3g: give it %.3g, or scale the data",
				spread, sd, spread))
		}
	}
	if center > tolerated*max(spread, slices.Max(t.assumed)) {
		list = append(list, fmt.Sprintf(
			"the data lie about a mean at distance %.3g from 0, with standard deviation %.3g, "+
				"but heads are made for data about 0: subtract the mean",
			center, spread))
	}
	return list, nil
}

// samples is the first column of floating-point numbers, as labels have no scale: of the whole table, or of one batch
// of data that are drawn afresh. It is nil if there is none.
func (t *Trainer) samples() (*tensors.Tensor, error) {
	if len(t.columns) > 0 {
		if i := slices.IndexFunc(t.columns, hasScale[*tensors.Tensor]); i >= 0 {
			return t.columns[i], nil
		}
		return nil, nil
	}
	interpreter, err := exec.Interpreter() // for one batch no compiler is worth starting
	if err != nil {
		return nil, err
	}
	x, err := exec.Once(interpreter, func(k0, k1, step *Node) *Node {
		columns := t.plan.Data.draw(nil, nil, [2]*Node{k0, k1}, step)
		return columns[max(0, slices.IndexFunc(columns, hasScale[*Node]))]
	}, t.order[0], t.order[1], int32(0))
	if err != nil || !hasScale(x) {
		return nil, err
	}
	return x, nil
}

// hasScale reports whether scaleOf reads a column.
func hasScale[T interface{ DType() dtypes.DType }](column T) bool {
	dtype := column.DType()
	return dtype == dtypes.Float64 || dtype == dtypes.Float32
}

// scaleOf is, over the numbers of a sample, the root mean square of their means and of their standard deviations, for a
// column that hasScale.
func scaleOf(x *tensors.Tensor) (center, spread float64) {
	n := x.Shape().Dim(0)
	x.MustConstFlatData(func(flat any) {
		switch f := flat.(type) {
		case []float64:
			center, spread = moments(f, n)
		case []float32:
			center, spread = moments(f, n)
		}
	})
	return center, spread
}

// moments are those of n rows. The variance is taken about the mean, in two passes.
func moments[T float32 | float64](flat []T, n int) (center, spread float64) {
	d := len(flat) / n
	mean := make([]float64, d)
	for i, v := range flat {
		mean[i%d] += float64(v) / float64(n)
	}
	for i, v := range flat {
		spread += math.Pow(float64(v)-mean[i%d], 2) / float64(len(flat))
	}
	for _, m := range mean {
		center += m * m / float64(d)
	}
	return math.Sqrt(center), math.Sqrt(spread)
}
