package metrics

import "math"

// Width is the half-width of every interval of this package in standard errors. For a normal estimator an interval
// of 5 standard errors misses the truth once in 1.7 million times, so a suite of a thousand checks stays quiet.
const Width = 5

// Miss is the probability 2 Phi(-Width) that such an interval misses. Bounds that are not multiples of a standard
// error, like that of [KS], are drawn for the same probability.
const Miss = 5.733031437583866e-07

// Summary is a measured number with its interval [Lo, Hi] and the number N of independent draws behind it.
// A deterministic number has Lo = Center = Hi and N = 1.
type Summary struct {
	Center float64 `json:"got"`
	Lo     float64 `json:"lo"`
	Hi     float64 `json:"hi"`
	N      int     `json:"n"`
}

// Exactly summarises a deterministic number.
func Exactly(x float64) Summary { return Summary{Center: x, Lo: x, Hi: x, N: 1} }

// WithError summarises an estimate with standard error se from n independent draws: Center +- Width se.
func WithError(center, se float64, n int) Summary {
	return Summary{Center: center, Lo: center - Width*se, Hi: center + Width*se, N: n}
}

// Half is the half-width of the interval: 0 for a deterministic number.
func (s Summary) Half() float64 { return math.Max(s.Hi-s.Center, s.Center-s.Lo) }
