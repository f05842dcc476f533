package density

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// besselSwitch is the kappa at which the asymptotic series replaces the power series. There the terms of the asymptotic
// series fall to e^-50 before they grow. Below it, besselTerms terms of the power series suffice.
const besselSwitch = 25

const (
	besselTerms     = 42 // of the power series: the last is below 1e-17 of the sum
	asymptoticTerms = 28 // the last is below 1e-17
)

// bessel holds the functions of I0 and I1 that a von Mises distribution of concentration kappa needs. They are accurate
// to rounding at every kappa, and differentiable.
type bessel struct {
	large *Node // whether kappa is beyond besselSwitch
	kappa *Node // where large
	logI0 *Node // log I0(kappa), less kappa where large
	// A/kappa, 1/2 at 0, with A = I1/I0, the length of the mean; the mean is gain times the natural parameter
	gain   *Node
	spread *Node // 1 - A^2, the trace of its covariance
}

// besselOf takes kappa^2, of any shape. It is smooth at 0, where kappa has a kink.
func besselOf(squared *Node) bessel {
	edge := Scalar(squared.Graph(), squared.DType(), besselSwitch*besselSwitch)
	b := bessel{large: GreaterThan(squared, edge)}
	// Each series gets only arguments for which it holds, so that the gradient of the unused one stays finite.
	near := Div(Where(b.large, ZerosLike(squared), squared), edge)
	b.kappa = Sqrt(Where(b.large, squared, Mul(OnesLike(squared), edge)))
	far := MulScalar(Reciprocal(b.kappa), besselSwitch)

	near0, near1 := horner(near, powerSeries(0)), horner(near, powerSeries(1)) // I0, I1/kappa
	series0, series1 := asymptoticSeries(0), asymptoticSeries(1)
	far0, far1 := horner(far, series0), horner(far, series1) // I e^-kappa sqrt(2 pi kappa)
	for k := range series0 {
		series0[k] -= series1[k]
	}
	short := Div(horner(far, series0), far0) // 1 - A, which cancels when kappa is large

	b.gain = Where(b.large, Div(far1, Mul(b.kappa, far0)), Div(near1, near0))
	b.logI0 = Where(b.large, Sub(Log(far0), MulScalar(AddScalar(Log(b.kappa), logTwoPi), .5)), Log(near0))
	b.spread = Where(b.large, Mul(short, Sub(Scalar(short.Graph(), short.DType(), 2), short)),
		OneMinus(Mul(Square(b.gain), squared)))
	return b
}

// powerSeries are the coefficients of I_order(kappa)/kappa^order in powers of (kappa/besselSwitch)^2 (DLMF 10.25.2).
func powerSeries(order int) []float64 {
	a := make([]float64, besselTerms)
	a[0] = math.Pow(2, -float64(order))
	for k := 1; k < len(a); k++ {
		a[k] = a[k-1] * besselSwitch * besselSwitch / 4 / float64(k*(k+order))
	}
	return a
}

// asymptoticSeries are the coefficients of I_order(kappa) exp(-kappa) sqrt(2 pi kappa) in powers of besselSwitch/kappa
// (DLMF 10.40.1).
func asymptoticSeries(order int) []float64 {
	a := make([]float64, asymptoticTerms)
	a[0] = 1
	for k := 1; k < len(a); k++ {
		odd := float64(2*k - 1)
		a[k] = a[k-1] * (odd*odd - float64(4*order*order)) / float64(8*k) / besselSwitch
	}
	return a
}

// horner evaluates the polynomial with the given coefficients, constant first. Arguments in [0, 1] keep its gradient
// within the range of float32.
func horner(x *Node, coefficients []float64) *Node {
	last := len(coefficients) - 1
	sum := MulScalar(OnesLike(x), coefficients[last])
	for k := last - 1; k >= 0; k-- {
		sum = AddScalar(Mul(sum, x), coefficients[k])
	}
	return sum
}

// besselRatios returns I_j(kappa)/I_0(kappa), the mean of cos(j angle) of the von Mises distribution, for j from 0 to
// where it vanishes. It uses Miller's backward recurrence I_(j-1) = I_(j+1) + (2j/kappa) I_j. At kappa = 0 the ratios
// are exactly 1, 0, 0.
func besselRatios(kappa float64) []float64 {
	n := 60 + int(2*kappa)
	ratios := make([]float64, n)
	if kappa == 0 {
		ratios[0] = 1
		return ratios[:3]
	}
	quotient := 0. // I_(j+1)/I_j
	for j := n - 1; j > 0; j-- {
		quotient = 1 / (2*float64(j)/kappa + quotient)
		ratios[j] = quotient // I_j/I_(j-1)
	}
	ratios[0] = 1
	for j := 1; j < n; j++ {
		ratios[j] *= ratios[j-1]
	}
	return ratios
}
