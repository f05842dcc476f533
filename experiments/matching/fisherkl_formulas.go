package matching

import (
	"math"

	"scorelab/lib/metrics"
)

// tilt is half the logarithm of the odds ratio of the weights. The scores are -x + m tanh(mx) and
// -x + m tanh(mx + tilt).
var tilt = math.Log(evenWeight/wrongWeight*(1-wrongWeight)/(1-evenWeight)) / 2

// overSaddle integrates f over u = mx across the minimum between the modes, where f is concentrated.
func overSaddle(f func(u float64) float64) float64 {
	const half, n = 60., 12000
	sum := 0.
	for i := range n {
		sum += f(-half + 2*half*float64(i)/n)
	}
	return sum * 2 * half / n
}

// atSaddle is the contribution of u to the Fisher divergence, without the normal density: 1/(cosh u cosh^2(u + tilt)).
func atSaddle(u float64) float64 { return 1 / (math.Cosh(u) * math.Pow(math.Cosh(u+tilt), 2)) }

// modesFisher is the Fisher divergence in closed form. The density of the data is e^(-m^2/2) cosh(mx) phi(x), so the
// divergence is m^2 e^(-m^2/2) sinh^2(tilt) int phi(x) atSaddle(mx) dx.
func modesFisher(m float64) float64 {
	if m == 0 {
		return 0
	}
	phi := func(x float64) float64 { return math.Exp(-x*x/2) / math.Sqrt(2*math.Pi) }
	sinh := math.Sinh(tilt)
	return m * math.Exp(-m*m/2) * sinh * sinh * overSaddle(func(u float64) float64 { return phi(u/m) * atSaddle(u) })
}

// fisherLimit is the limit of modesFisher for large m, where phi(u/m) is phi(0). With int atSaddle = pi/(cosh(tilt) +
// 1) it is (cosh(tilt) - 1) sqrt(pi/2) m exp(-m^2/2), an upper bound at every m.
func fisherLimit(m float64) float64 {
	return (math.Cosh(tilt) - 1) * math.Sqrt(math.Pi/2) * m * math.Exp(-m*m/2)
}

// farKL is the KL divergence for large m, that of the weights alone.
var farKL = evenWeight*math.Log(evenWeight/wrongWeight) + (1-evenWeight)*math.Log((1-evenWeight)/(1-wrongWeight))

// farSamples is the number of samples that the likelihood needs when the mode of each is certain.
func farSamples() float64 {
	light, heavy := math.Log(evenWeight/wrongWeight), math.Log((1-evenWeight)/(1-wrongWeight))
	return metrics.Width * metrics.Width * ((evenWeight*light*light+(1-evenWeight)*heavy*heavy)/(farKL*farKL) - 1)
}

// scoreSamplesLimit is the number of samples that score matching needs for large m, where the losses differ by
// (m^2/2)(tanh^2(u + tilt) - tanh^2(u)), and only near the minimum between the modes.
func scoreSamplesLimit(m float64) float64 {
	square := overSaddle(func(u float64) float64 {
		a, b := math.Tanh(u+tilt), math.Tanh(u)
		gap := (a - b) * (a + b)
		return math.Cosh(u) * gap * gap
	})
	density := m * math.Exp(-m*m/2) / math.Sqrt(2*math.Pi) * square * m * m / 4
	return metrics.Width * metrics.Width * density / math.Pow(fisherLimit(m)/2, 2)
}
