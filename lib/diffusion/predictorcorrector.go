package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// PredictorCorrector follows each step of a predictor by a number of Langevin steps on the density at the end of the
// span. They pull the samples toward the distribution that they should have there (Song et al. 2021, algorithms 2 to
// 5). A step evaluates the score 1 + steps times if the predictor evaluates it once.
//
// The corrector of Song et al. has the length 2 (snr |z|/|score|)^2, with norms averaged over the batch. So a sample
// depends on its neighbors. This corrector uses the value of that length where the score is all noise, |z|/|score| =
// sigma: delta = 2 (snr sigma)^2. Their own code does so for annealed Langevin. Where the data is wider than the noise,
// their steps are longer. Their factor alpha_i on VP is left out; it is 1 - beta_i in the code and tends to 1 on fine
// grids.
//
// The corrector's length does not shrink with the span. So the scheme has no order. On fine grids it has the bias of
// the unadjusted chain, see AnnealedLangevin: a variance v converges to a value between v and v/(1 - snr^2). The chain
// is stable for snr < 1; Song et al. use 0.16 for CIFAR-10.
func PredictorCorrector(predictor OneStep, steps int, snr float64) OneStep {
	return func(m Model, s Span, x *Node, r *random.Source) *Node {
		must(predictor != nil, "PredictorCorrector: there is no predictor; give ReverseEulerMaruyama, say")
		must(snr > 0 && snr < 1,
			"PredictorCorrector: the signal-to-noise ratio is %g; give one between 0 and 1, where its steps are stable",
			snr)
		return langevinAt(m, s.To, steps, 2*snr*snr, predictor(m, s, x, r), r)
	}
}
