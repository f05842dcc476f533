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

// tolerated is the factor by which the data's standard deviation, or the distance of their mean from 0, may differ from
// what the loss assumes. A network works well with inputs of standard deviation 1, and still with 5 or 1/5. Beyond, its
// first layer is saturated or nearly linear.
const tolerated = 5

// readable is the largest standard deviation of data for which networks can distinguish the noise levels, and the
// inverse of the smallest. Their input ln SNR is clamped to +-20, so the noise is at most e^(20/2). That is 100 times
// the data if their standard deviation is e^(20/2)/100.
const readable = 220.

// Warnings returns sentences about data whose scale is far from the one that the heads and weightings of the loss
// assume. Such a plan trains, but poorly. The scale is that of the first column of floating-point numbers. It is
// computed from a whole table, or from one batch of fresh data.
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
			"the data have standard deviation %.3g: networks cannot distinguish noise levels "+
				"of that size; scale the data to about 1",
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
			"the data have a mean at distance %.3g from 0, with standard deviation %.3g, "+
				"but heads are made for data about 0: subtract the mean",
			center, spread))
	}
	return list, nil
}

// samples is the first column of floating-point numbers, since labels have no scale. It comes from the whole table, or
// from one batch of fresh data. It is nil if there is none.
func (t *Trainer) samples() (*tensors.Tensor, error) {
	if len(t.columns) > 0 {
		if i := slices.IndexFunc(t.columns, hasScale[*tensors.Tensor]); i >= 0 {
			return t.columns[i], nil
		}
		return nil, nil
	}
	interpreter, err := exec.Interpreter() // a compiler does not pay off for one batch
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

// scaleOf returns two root mean squares over the coordinates of a sample: of their means and of their standard
// deviations. The column must satisfy hasScale.
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

// moments returns center and spread of n rows. The variance is taken about the mean, in two passes.
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
