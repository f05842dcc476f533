package diffusion

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// The step by hand goes from one time to the other on VP's path, at x, with draws z and z2.
const handFrom, handTo, handX, handZ, handZ2 = .5, .3, .8, -.7, .4

// vpAt returns VP's coefficients by hand, and the rate of its noise.
func vpAt(t float64) (alpha, sigma, beta float64) {
	integral := .1*t + 19.9*t*t/2
	return math.Exp(-integral / 2), math.Sqrt(1 - math.Exp(-integral)), .1 + 19.9*t
}

// denoiserByHand is E[x0 | x] of Gaussian data.
func denoiserByHand(t, x float64) float64 {
	a, s, _ := vpAt(t)
	return dataMean + a*dataVariance/(a*a*dataVariance+s*s)*(x-a*dataMean)
}

func scoreByHand(t, x float64) float64 {
	a, s, _ := vpAt(t)
	return -(x - a*dataMean) / (a*a*dataVariance + s*s)
}

// flowSteps adds the steps of Runge-Kutta methods on the probability flow, dx/dt = -beta/2 (x + score).
func flowSteps(want map[string]float64) {
	const from, to, x, by = handFrom, handTo, handX, handFrom - handTo
	velocity := func(t, x float64) float64 {
		_, _, beta := vpAt(t)
		return -beta / 2 * (x + scoreByHand(t, x))
	}
	k1 := velocity(from, x)
	k2 := velocity((from+to)/2, x-by/2*k1)
	k3 := velocity((from+to)/2, x-by/2*k2)
	k4 := velocity(to, x-by*k3)
	want["flow-euler"] = x - by*k1
	want["flow-midpoint"] = x - by*k2
	want["flow-heun"] = x - by/2*(k1+velocity(to, x-by*k1))
	want["flow-rk4"] = x - by/6*(k1+2*k2+2*k3+k4)
}

// levelSteps adds steps in the noise level l = sigma/alpha, where y = x/alpha moves by dy/dl = eps.
func levelSteps(want map[string]float64) {
	const from, to, x = handFrom, handTo, handX
	a, s, _ := vpAt(from)
	a1, s1, _ := vpAt(to)
	eps := func(t, y float64) float64 {
		a, s, _ := vpAt(t)
		x := a * y
		return (x - a*denoiserByHand(t, x)) / s
	}
	l, l1 := s/a, s1/a1
	e1 := eps(from, x/a)
	e2 := eps(to, x/a+(l1-l)*e1)
	lMid := math.Sqrt(l * l1) // 1 + l^2 = exp(.1 t + 9.95 t^2)
	mid := (math.Sqrt(.01+4*9.95*math.Log1p(lMid*lMid)) - .1) / (2 * 9.95)
	eMid := eps(mid, x/a+(lMid-l)*e1)
	want["ddim"] = a1*denoiserByHand(from, x) + s1*(x-a*denoiserByHand(from, x))/s
	want["edm-heun"] = a1 * (x/a + (l1-l)*(e1+e2)/2)
	want["dpm-solver-2"] = a1 * (x/a + (l1-l)*eMid)
}

// noisySteps adds the steps of Euler-Maruyama, the exact transition and Langevin dynamics.
func noisySteps(want map[string]float64) {
	const from, to, x, z, z2, by = handFrom, handTo, handX, handZ, handZ2, handFrom - handTo
	a, s, betaFrom := vpAt(from)
	a1, s1, beta := vpAt(to) // forward steps start at the earlier time
	up := a / a1
	score0 := -(x - dataMean) / dataVariance    // at t = 0
	level := func(x, size, z float64) float64 { // a step of Langevin dynamics on the density at the end
		delta := size * s1 * s1
		return x + delta*scoreByHand(to, x) + math.Sqrt(2*delta)*z
	}
	reverseEM := x + by*betaFrom*(x/2+scoreByHand(from, x)) + math.Sqrt(betaFrom*by)*z
	want["reverse-em"] = reverseEM
	want["forward-em"] = x - beta*by/2*x + math.Sqrt(beta*by)*z
	want["forward-transition"] = up*x + math.Sqrt(s*s-up*up*s1*s1)*z
	want["gradient-ascent"] = x + by*score0
	want["langevin"] = x + by*score0 + math.Sqrt(2*by)*z
	// Langevin dynamics on the level at the end, with the first draw for the predictor and the second for the
	// corrector.
	want["predictor-corrector"] = level(reverseEM, 2*.16*.16, z2)
	want["annealed-langevin"] = level(level(a1/a*x, .1, z), .1, z2)
}

// ancestralSteps adds DDPM in its own notation: alpha_t = (a/a1)^2, beta_t = 1 - alpha_t.
func ancestralSteps(want map[string]float64) {
	const x, z = handX, handZ
	a, s, _ := vpAt(handFrom)
	a1, s1, _ := vpAt(handTo)
	up, denoised := a/a1, denoiserByHand(handFrom, x)
	tilde := (1 - up*up) * s1 * s1 / (s * s)
	want["ancestral"] = (x-(1-up*up)/s*(x-a*denoised)/s)/up + math.Sqrt(tilde)*z
	want["ancestral-kernel"] = (x-(1-up*up)/s*(x-a*denoised)/s)/up + math.Sqrt(1-up*up)*z
	want["ddim-eta"] = a1*denoised + math.Sqrt(s1*s1-tilde/4)*(x-a*denoised)/s + math.Sqrt(tilde)/2*z
}

// TestOneStepByHand checks one step of every sampler by hand, on N(0.6, 0.49) data along VP. Measured orders do not
// detect a consistent scheme that is evaluated at the wrong end of its step.
func TestOneStepByHand(t *testing.T) {
	want := map[string]float64{}
	flowSteps(want)
	levelSteps(want)
	noisySteps(want)
	ancestralSteps(want)
	b := backendtest.Interpreter(t)
	for _, spec := range Samplers {
		value, known := want[spec.Name]
		switch spec.Sampler.(type) {
		case Multistep, UniPC:
			value, known = want["ddim"], true // without history; for later steps see parity_test.go
		}
		if !known {
			if !math.IsNaN(spec.Order) { // those have a separate test
				t.Errorf("%s has no step by hand: add it here", spec.Name)
			}
			continue
		}
		start, end := handFrom, handTo
		if spec.Kind != ReverseKind {
			start, end = handTo, handFrom
		}
		build := gaussian(VP{}, dataMean, dataVariance)
		out, err := ExecOnce(b, func(start, end *Node) *Node {
			g := start.Graph()
			m, at := build(nil, nil), Const(g, [][]float64{{handX}})
			noise := random.Replay(Const(g, [][]float64{{handZ}}), Const(g, [][]float64{{handZ2}}))
			next, _ := spec.Sampler.Step(m, Span{From: start, To: end, Index: Const(g, int32(0))}, at,
				spec.Sampler.Init(m, at, noise), noise)
			return next
		}, start, end)
		if err != nil {
			t.Fatal(err)
		}
		near(t, spec.Name, handTo, tensors.MustCopyFlatData[float64](out)[0], value, 1e-14)
	}
}
