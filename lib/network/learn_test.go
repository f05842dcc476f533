package network

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
	"scorelab/lib/random"
)

// On N(0, 1) data with noise 1 the exact score is -x/2. The denoising loss is at least (1/sigma^2 - E s^2)/2 = 1/4. A
// network's loss exceeds that by half its mean squared error.
func TestLossOfNetworkAndNet(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		head := diffusion.Unscaled(diffusion.ScoreHead(1))
		o := diffusion.Denoising(head, diffusion.Plain, diffusion.FixedTime(1))
		plain := MLP{Hidden: []int{4}, Activation: "tanh", Key: random.NewKey(3)}
		exact := func(x, _, _ *Node) *Node { return MulScalar(x, -.5) }
		out, err := model.CallOnceN(b, model.NewStore(), func(scope *model.Scope, g *Graph) []*Node {
			x0 := random.New(g, random.NewKey(1)).Normal(Zeros(g, shapes.Make(dtypes.Float32, 40_000, 1)))
			noise := func() *random.Source { return random.New(g, random.NewKey(2)) }
			floor := NetLoss(o, diffusion.EDM{}, exact)(scope, []*Node{x0}, noise())
			loss := Loss(o, diffusion.EDM{}, plain)(scope, []*Node{x0}, noise())
			xt := Add(x0, noise().Normal(x0))
			score := Trained(diffusion.EDM{}, plain, head)(scope, nil).ScoreAt(ConvertDType(xt, dtypes.Float64),
				Scalar(g, dtypes.Float64, 1))
			if score.DType() != dtypes.Float64 {
				t.Errorf("a learned score of float64 samples is %s", score.DType())
			}
			wrong := Sub(score, MulScalar(ConvertDType(xt, dtypes.Float64), -.5))
			return []*Node{ConvertDType(ReduceAllMean(floor), dtypes.Float64), ConvertDType(ReduceAllMean(loss),
				dtypes.Float64), MulScalar(ReduceAllMean(Square(wrong)), .5)}
		})
		if err != nil {
			t.Fatal(err)
		}
		v := make([]float64, 3)
		for i, o := range out {
			v[i] = tensors.ToScalar[float64](o)
		}
		if math.Abs(v[0]-.25) > .01 {
			t.Errorf("floor %g, want 0.25", v[0])
		}
		if v[2] < .01 || math.Abs(v[1]-v[0]-v[2]) > .02 {
			t.Errorf("loss %g, floor %g: the difference should be half the squared error, %g", v[1], v[0], v[2])
		}
	})
}
