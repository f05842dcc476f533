package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Process is a Gaussian path x_t = alpha(t) x0 + sigma(t) eps from data at t = 0 to noise.
type Process interface {
	// At gives the coefficients at t: a scalar, or [batch, 1, ...] broadcasting over x.
	At(t *Node) Coeffs
	// Horizon returns the range of times of sampling: the score is finite at tMin, and x is noise at tMax. Plans may
	// leave the range, but not to times below 0. Where a formula ends there, the samples do not stay finite.
	Horizon() (tMin, tMax float64)
	// Validate reports a parameter out of its range.
	Validate() error
}

// ProcessSpec registers a process under the name that users type.
type ProcessSpec struct {
	Name    string
	Process Process
}

// Processes lists every process. A line here enrolls it in the conformance tests.
var Processes = []ProcessSpec{
	{"vp", VP{}},
	{"vp-cosine", VP{Cosine{}}},
	{"sub-vp", SubVP{}},
	{"ve", VE{}},
	{"ou", OU{}},
	{"flow", Linear{}},
	{"edm", EDM{}},
}

// Coeffs are the path law and its rates at one time: alpha, sigma, d alpha/dt and d sigma^2/dt. The rate is that of the
// variance, because d sigma/dt is infinite at t = 0 wherever noise grows like Brownian motion.
type Coeffs struct {
	Alpha, Sigma, DAlpha, DVar *Node

	assumed func(sd float64) // records what a head assumes about the data, if an objective needs it
}

// Forward is the path law x_t = alpha x0 + sigma eps.
func (c Coeffs) Forward(x0, eps *Node) *Node { return Add(Mul(c.Alpha, x0), Mul(c.Sigma, eps)) }

// Rates returns the rates of the forward SDE dx = f x dt + g dB that has this path: f = alpha'/alpha and g^2 =
// (sigma^2)' - 2 f sigma^2 (Song et al. 2021, section 3.3; Karras et al. 2022, equation 32).
func (c Coeffs) Rates() (f, g2 *Node) {
	f = Div(c.DAlpha, c.Alpha)
	return f, Sub(c.DVar, MulScalar(Mul(f, Square(c.Sigma)), 2))
}

// Score is Tweedie's formula solved for the score: (alpha x0 - x) / sigma^2 for x0 = E[x0 | x].
func (c Coeffs) Score(x0, x *Node) *Node { return Div(Sub(Mul(c.Alpha, x0), x), Square(c.Sigma)) }

// Tweedie is E[x0 | x] = (x + sigma^2 score) / alpha (Robbins 1956; Efron 2011).
func (c Coeffs) Tweedie(score, x *Node) *Node {
	return Div(Add(x, Mul(Square(c.Sigma), score)), c.Alpha)
}

// Noise is the noise in x if its data is x0: (x - alpha x0) / sigma.
func (c Coeffs) Noise(x0, x *Node) *Node { return Div(Sub(x, Mul(c.Alpha, x0)), c.Sigma) }

// Velocity is the probability-flow ODE dx/dt = alpha' x0 + sigma' eps (Song et al. 2021, equation 13, in these
// coordinates).
func (c Coeffs) Velocity(x0, x *Node) *Node {
	dSigma := Div(c.DVar, MulScalar(c.Sigma, 2))
	return Add(Mul(c.DAlpha, x0), Mul(dSigma, c.Noise(x0, x)))
}

// Ratio is sigma / alpha, the noise level in units of the data.
func (c Coeffs) Ratio() *Node { return Div(c.Sigma, c.Alpha) }

// maxLogSNR bounds the input of networks: e^20 is beyond the precision of float32 data.
const maxLogSNR = 20

// LogSNR is ln(alpha^2 / sigma^2), clamped to [-20, 20].
func (c Coeffs) LogSNR() *Node {
	return ClipScalar(MulScalar(Log(Div(c.Alpha, c.Sigma)), 2), -maxLogSNR, maxLogSNR)
}
