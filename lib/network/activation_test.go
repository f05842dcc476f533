package network

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
)

// Every activation matches known values, and so do its first and second derivatives.
func TestActivations(t *testing.T) {
	xs := []float64{-30, -3, -.7, .2, 1.5, 4, 30}
	logistic := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	density := func(x float64) float64 { return math.Exp(-x*x/2) / math.Sqrt(2*math.Pi) }
	normalCDF := func(x float64) float64 { return .5 * math.Erfc(-x/math.Sqrt2) }
	byHand := map[string]func(x float64) [3]float64{
		"swish": func(x float64) [3]float64 {
			s := logistic(x)
			d := s * (1 - s)
			return [3]float64{x * s, s + x*d, 2*d + x*d*(1-2*s)}
		},
		"tanh": func(x float64) [3]float64 {
			y := math.Tanh(x)
			return [3]float64{y, 1 - y*y, -2 * y * (1 - y*y)}
		},
		"softplus": func(x float64) [3]float64 {
			s := logistic(x)
			return [3]float64{math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))), s, s * (1 - s)}
		},
		"gelu": func(x float64) [3]float64 {
			return [3]float64{x * normalCDF(x), normalCDF(x) + x*density(x), (2 - x*x) * density(x)}
		},
		"sine": func(x float64) [3]float64 { return [3]float64{math.Sin(x), math.Cos(x), -math.Sin(x)} },
		"relu": func(x float64) [3]float64 {
			if x < 0 {
				return [3]float64{}
			}
			return [3]float64{x, 1, 0}
		},
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		out := MustExecOnceN(b, func(x *Node) []*Node {
			var all []*Node
			for _, a := range Activations {
				y := a.Apply(x)
				first := Gradient(ReduceAllSum(y), x)[0]
				second := Gradient(ReduceAllSum(Mul(first, OnesLike(x))), x)[0]
				all = append(all, y, first, second)
			}
			return all
		}, xs)
		for i, a := range Activations {
			for order := range 3 {
				got := tensors.MustCopyFlatData[float64](out[3*i+order])
				for k, x := range xs {
					want := byHand[a.Name](x)[order]
					if !(math.Abs(got[k]-want) <= 1e-13*(1+math.Abs(want))) {
						t.Errorf("%s, derivative %d at %g: %g, want %g", a.Name, order, x, got[k], want)
					}
				}
			}
		}
	})
}
