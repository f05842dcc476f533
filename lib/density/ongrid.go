package density

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
)

// LogDensityOnGrid returns the log densities, [time][point], of a distribution in one dimension at points x, noised
// along p to each of the times. It returns an error for more dimensions and for numbers that are not finite.
func LogDensityOnGrid(b compute.Backend, target Target, p diffusion.Process, x []float64, times ...float64) (
	[][]float64,
	error) {
	if target.Dim() != 1 {
		return nil, fmt.Errorf("%s has %d dimensions, not the one of a line", target.Name(), target.Dim())
	}
	for _, list := range [][]float64{x, times} {
		for i, v := range list {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("log density of %s: point or time %d is %g; give finite numbers", target.Name(),
					i,
					v)
			}
		}
	}
	exec, err := exec.New(b, func(x, t *Node) *Node { return target.Model(p).LogDensity(x, t) })
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	column := tensors.FromFlatDataAndDimensions(x, len(x), 1)
	logs := make([][]float64, len(times))
	for k, t := range times {
		out, err := exec.Call1(column, t)
		if err != nil {
			return nil, fmt.Errorf("log density of %s at t = %g: %w", target.Name(), t, err)
		}
		logs[k] = tensors.MustCopyFlatData[float64](out)
	}
	return logs, nil
}
