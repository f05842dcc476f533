package matching

import (
	"math"

	"scorelab/lib/metrics"
)

// tilt is half the logarithm of the odds by which the weights differ. The scores are -x + m tanh(mx) and
// -x + m tanh(mx + tilt).
var tilt = math.Log(evenWeight/wrongWeight*(1-wrongWeight)/(1-evenWeight)) / 2

// overSaddle integrates over u = mx, from side to side of the saddle between the modes.
func overSaddle(f func(u float64) float64) float64 {
	const half, n = 60., 12000
	sum := 0.
	for i := range n {
		sum += f(-half + 2*half*float64(i)/n)
	}
	return sum * 2 * half / n
}

// atSaddle is what a point at u adds to the Fisher divergence, but for the normal density: 1/(cosh u cosh^2(u + tilt)).
func atSaddle(u float64) float64 { return 1 / (math.Cosh(u) * math.Pow(math.Cosh(u+tilt), 2)) }

// modesFisher is the Fisher divergence written out. With e^(-m^2/2) cosh(mx) phi(x) for the density of the data,
// it is m^2 e^(-m^2/2) sinh^2(tilt) int phi(x) atSaddle(mx) dx.
func modesFisher(m float64) float64 {
	if m == 0 {
		return 0
	}
	phi := func(x float64) float64 { return math.Exp(-x*x/2) / math.Sqrt(2*math.Pi) }
	sinh := math.Sinh(tilt)
	return m * math.Exp(-m*m/2) * sinh * sinh * overSaddle(func(u float64) float64 { return phi(u/m) * atSaddle(u) })
}

// modesLaw is what it comes to for modes far apart, where phi(u/m) is phi(0): int atSaddle = pi/(cosh(tilt) + 1), so
// that it is (cosh(tilt) - 1) sqrt(pi/2) m exp(-m^2/2). It is an upper bound at every m.
func modesLaw(m float64) float64 {
	return (math.Cosh(tilt) - 1) * math.Sqrt(math.Pi/2) * m * math.Exp(-m*m/2)
}

// farKL is the KL divergence of the weights alone.
var farKL = evenWeight*math.Log(evenWeight/wrongWeight) + (1-evenWeight)*math.Log((1-evenWeight)/(1-wrongWeight))

// farSamples is how many samples the likelihood needs when each says of which mode it is.
func farSamples() float64 {
	light, heavy := math.Log(evenWeight/wrongWeight), math.Log((1-evenWeight)/(1-wrongWeight))
	return metrics.Width * metrics.Width * ((evenWeight*light*light+(1-evenWeight)*heavy*heavy)/(farKL*farKL) - 1)
}

// scoreSamplesLaw is how many samples score matching needs when the modes are far apart: the losses differ by
// (m^2/2)(tanh^2(u + tilt) - tanh^2(u)), and only at the saddle.
func scoreSamplesLaw(m float64) float64 {
	square := overSaddle(func(u float64) float64 {
		a, b := math.Tanh(u+tilt), math.Tanh(u)
		gap := (a - b) * (a + b)
		return math.Cosh(u) * gap * gap
	})
	density := m * math.Exp(-m*m/2) / math.Sqrt(2*math.Pi) * square * m * m / 4
	return metrics.Width * metrics.Width * density / math.Pow(modesLaw(m)/2, 2)
}
