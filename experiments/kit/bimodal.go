package kit

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/density"
	"scorelab/lib/exec"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

// S2 is two unit Gaussians far apart, of weights 0.2 and 0.8. Both covariances are I, so the motion of every sampler
// along the line of the modes is independent of the other direction. In that one dimension, Transfer is exact.

// ModeDistance is the distance of each mode of S2 from the middle.
const ModeDistance = 5 * math.Sqrt2

// AlongModes is the distribution of (x1 + x2)/sqrt2 under S2.
func AlongModes() (*density.Mixture, error) {
	return density.FarModes().Marginal([]float64{1 / math.Sqrt2, 1 / math.Sqrt2})
}

// LightModePosterior is P(mode (-5, -5) | u) at u along the line of the modes, when S2 is scaled and noised to modes of
// variance v at +-reach.
func LightModePosterior(reach, u, v float64) float64 { return 1 / (1 + 4*math.Exp(2*reach*u/v)) }

// ModeWeight is the share of samples that are nearer to (-5, -5) than to (5, 5): 0.2 in S2, to 1e-12.
func ModeWeight(p metrics.Points) (metrics.Summary, error) {
	return metrics.MeanOf(p.N, func(i int) float64 {
		if p.Row(i)[0]+p.Row(i)[1] < 0 {
			return 1
		}
		return 0
	})
}

// ByMode is a layer of those of the first limit samples p that end near the heavy mode (0) or the light one (1); end is
// where they end.
func ByMode(p, end metrics.Points, mode, limit int, color figure.Color) figure.Points {
	dots := figure.Points{Color: color, Size: 2.5}
	for i := range limit {
		if x, e := p.Row(i), end.Row(i); (e[0]+e[1] < 0) == (mode == 1) {
			dots.X, dots.Y = append(dots.X, x[0]), append(dots.Y, x[1])
		}
	}
	return dots
}

// UniformHalfSide is half the side of the square [-8, 8]^2, on which chains start uniformly: around both modes, with no
// information on their weights.
const UniformHalfSide = 8

// UniformStart draws n samples [n, 2] of the uniform distribution on that square.
func UniformStart(l *suite.Lab, purpose string, n int) (*tensors.Tensor, error) {
	return UniformSquare(l, purpose, UniformHalfSide, n)
}

// UniformStartOnLine is the uniform start along the line of the modes, a triangle, on about n points that cover at
// least [-side, side]. The kinks of the triangle are among the points, so the trapezoidal rule gives it mass 1.
func UniformStartOnLine(side float64, n int) GridDensity {
	const end = UniformHalfSide * math.Sqrt2
	h := end / math.Round(end*float64(n)/(2*side))
	half := math.Ceil(side / h)
	return NewGridDensity(-half*h, half*h, int(2*half+1), func(u float64) float64 {
		return math.Max(0, end-math.Abs(u)) / (end * end)
	})
}

// UniformSquare draws n samples [n, 2] of the uniform distribution on [-side, side]^2.
func UniformSquare(l *suite.Lab, purpose string, side float64, n int) (*tensors.Tensor, error) {
	return exec.Once(l.Backend, func(g *Graph) *Node {
		u := random.New(g, l.Key(purpose)).Uniform(Zeros(g, shapes.Make(dtypes.Float64, n, 2)))
		return AddScalar(MulScalar(u, 2*side), -side)
	})
}
