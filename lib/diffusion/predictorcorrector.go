package diffusion

import (
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/random"
)

// PredictorCorrector follows each step of a predictor by so many steps of Langevin dynamics on the density at its end,
// which pull the samples toward the law that they should have there (Song et al. 2021, algorithms 2 to 5). It evaluates
// the score 1 + steps times where the predictor does once.
//
// Their corrector has the length 2 (snr |z|/|score|)^2, with norms averaged over the batch, so that a sample depends on
// its neighbours. This one has what that is where the score is all noise, |z|/|score| = sigma: delta = 2 (snr sigma)^2,
// as their own code has it for annealed Langevin. Where the data is wider than the noise, theirs are the longer steps.
// Their factor alpha_i on VP, which is 1 - beta_i in the code and tends to 1 on fine grids, is left out.
//
// The corrector's length does not shrink with the span. So the scheme has no order but, on fine grids, the bias of the
// unadjusted chain, see AnnealedLangevin: a variance v settles between v and v/(1 - snr^2). snr < 1 is stable; Song et
// al. use 0.16 for CIFAR-10.
func PredictorCorrector(predictor OneStep, steps int, snr float64) OneStep {
	return func(m Model, s Span, x *Node, r *random.Source) *Node {
		must(predictor != nil, "PredictorCorrector: there is no predictor; give ReverseEulerMaruyama, say")
		must(snr > 0 && snr < 1,
			"PredictorCorrector: the signal-to-noise ratio is %g; give one between 0 and 1, where its steps are stable",
			snr)
		return langevinAt(m, s.To, steps, 2*snr*snr, predictor(m, s, x, r), r)
	}
}
