package kit

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/suite"
)

// NoiseLevels is the variance-exploding path over the noise levels sigma = 0.05 .. 10.
var NoiseLevels = diffusion.VE{SigmaMin: .05, SigmaMax: 10}

// TimeOfSigma is the time at which NoiseLevels has noise sigma.
func TimeOfSigma(sigma float64) float64 {
	return math.Log(sigma/NoiseLevels.SigmaMin) / math.Log(NoiseLevels.SigmaMax/NoiseLevels.SigmaMin)
}

// FisherInformationOfCross is E|s|^2 of the cross at each noise level, by quadrature.
func FisherInformationOfCross(l *suite.Lab, sigmas []float64) ([]float64, error) {
	nodes, cell, err := density.Grid(-1, 1, 401, 2)
	if err != nil {
		return nil, err
	}
	exec, err := exec.New(l.Backend, func(x, t, half *Node) *Node {
		m := density.Cross().Model(NoiseLevels)
		x = Mul(half, x)
		w := Mul(MulScalar(Square(half), cell), Exp(m.LogDensity(x, t)))
		return Stack([]*Node{ReduceAllSum(Mul(w, ReduceSum(Square(m.Score(x, t)), 1))), ReduceAllSum(w)}, 0)
	})
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	fisher := make([]float64, len(sigmas))
	for i, s := range sigmas {
		half := 9 * math.Sqrt(1.9+s*s) // standard deviations of the long axis
		out, err := exec.Call1(nodes, TimeOfSigma(s), half)
		if err != nil {
			return nil, err
		}
		v := tensors.MustCopyFlatData[float64](out)
		if err := density.CheckSum(fmt.Sprintf("the cross at sigma = %g", s), v[1:], 1); err != nil {
			return nil, err
		}
		fisher[i] = v[0]
	}
	return fisher, nil
}

// FisherDistancesOfCross are E_p|score of p - score of p noised by sigma|^2 for the cross p, by quadrature.
func FisherDistancesOfCross(l *suite.Lab, sigmas []float64) ([]float64, error) {
	nodes, cell, err := density.Grid(-12, 12, 481, 2)
	if err != nil {
		return nil, err
	}
	if err := density.CheckOnGrid(l.Backend, density.Cross(), diffusion.EDM{}, nodes, cell, 0); err != nil {
		return nil, err
	}
	exec, err := exec.New(l.Backend, func(x, sigma *Node) *Node {
		m := density.Cross().Model(diffusion.EDM{})
		clean := ScalarLike(x, 0)
		w := MulScalar(Exp(m.LogDensity(x, clean)), cell)
		return ReduceAllSum(Mul(w, ReduceSum(Square(Sub(m.Score(x, clean), m.Score(x, sigma))), 1)))
	})
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	distances := make([]float64, len(sigmas))
	for i, sigma := range sigmas {
		out, err := exec.Call1(nodes, sigma)
		if err != nil {
			return nil, err
		}
		distances[i] = tensors.ToScalar[float64](out)
	}
	return distances, nil
}
