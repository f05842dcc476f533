package flow

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/diffusion"
	"scorelab/lib/suite"
)

// scoreMaximizes multiplies the score of N(0, 0.25) by 1 + delta, and compares what the bound loses with the weighted
// squared error of the score. It then compares the weights with those of document 004's objective.
func scoreMaximizes(l *suite.Lab, r *suite.Report) error {
	const variance, steps = .25, 1000
	m, vp := kit.Normal([]float64{0}, variance), diffusion.VP{}
	grid, err := diffusion.Uniform(1, 0, steps)
	if err != nil {
		return err
	}
	path := vpNoise(grid)
	bounds := func(delta float64) ([]boundBudget, error) {
		model := m.Model(vp)
		exact := model.Denoise
		model.Denoise = func(x, t *Node) *Node { // alpha D = x + sigma^2 score
			d := exact(x, t)
			return Add(d, MulScalar(Sub(d, Div(x, vp.At(t).Alpha)), delta))
		}
		q, err := newBoundQuadrature(l, m, vp, model)
		if err != nil {
			return nil, err
		}
		defer q.finalize()
		return q.over(grid)
	}
	right, err := bounds(0)
	if err != nil {
		return err
	}
	// In DDPM's letters the term is beta^2/(2 v alpha (1 - abar)) E|eps error|^2 (Ho et al. 2020, equation 12), the
	// error of eps is sigma delta score, and E|score|^2 = 1/S.
	lost := make([]float64, len(kit.DDPMVariances))
	for i := range steps {
		for k, v := range kit.DDPMVariances {
			lost[k] += noiseWeight(path[i], path[i+1], v.Variance) * path[i].Noise / path[i].Total(variance)
		}
	}
	for _, delta := range []float64{-.2, .2} {
		wrong, err := bounds(delta)
		if err != nil {
			return err
		}
		for k, v := range kit.DDPMVariances {
			r.Add(suite.Equals{Claim: claims.D004ELBOIsScore, Metric: fmt.Sprintf("nats that the bound loses with "+
				"the score times %g, N(0, 0.25), 1000 steps, %s", 1+delta, v.Name),
				Got: wrong[k].bound - right[k].bound, Want: delta * delta * lost[k], Tol: 1e-9,
				Why: "exact: the weighted squared error of the score, by Pythagoras; rounding of a thousand terms"})
		}
	}
	// In the limit: half the integral of beta E|score error|^2 (Song, Durkan, Murray and Ermon 2021).
	integral := 0.
	const cells = 10_000
	for i, at := range vpNoise(middles(cells)) {
		integral += (.1 + 19.9*middles(cells)[i]) / at.Total(variance) / cells / 2
	}
	r.Add(suite.Equals{Claim: claims.D004ELBOIsScore, Metric: "the same at 1000 steps over half the integral of beta " +
		"E|score error|^2, variance beta", Got: lost[0] / integral, Want: 1, Tol: .02,
		Why: "theory: the limit of many steps; with the largest beta 0.02, a chain of 1000 steps may differ by " +
			"that much"})
	return objectiveWeights(l, r)
}

// middles are the midpoints of n cells of [0, 1].
func middles(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = (float64(i) + .5) / float64(n)
	}
	return out
}

// objectiveWeights shifts the predicted noise by 1 at every step of document 000's chain: the loss of a term of the
// bound is then its weight of the squared error. Document 004's objective has the weight 1/(2 (1 - abar)) at every
// step.
func objectiveWeights(l *suite.Lab, r *suite.Report) error {
	vp, grid, err := kit.DDPMChain()
	if err != nil {
		return err
	}
	m := kit.Normal([]float64{0}, .25)
	var terms [2][]float64
	for shift := range terms {
		model := m.Model(vp)
		exact := model.Denoise
		model.Denoise = func(x, t *Node) *Node { return Sub(exact(x, t), MulScalar(vp.At(t).Ratio(), float64(shift))) }
		q, err := newBoundQuadrature(l, m, vp, model)
		if err != nil {
			return err
		}
		defer q.finalize()
		budgets, err := q.over(grid)
		if err != nil {
			return err
		}
		terms[shift] = budgets[0].steps
	}
	path := kit.DDPMPath()
	excess := func(i int) float64 { return (terms[1][i] - terms[0][i]) * 2 * path[i].Noise }
	odds := func(beta float64) float64 { return beta / (1 - beta) }
	r.Add(suite.Equals{Claim: claims.D004ELBOIsScore, Metric: "weight of the noise's squared error in the bound over " +
		"that in 004's objective, step 1000 against step 1, variance beta", Got: excess(0) / excess(kit.DDPMSteps-1),
		Want: odds(kit.DDPMHigh) / odds(kit.DDPMLow), Tol: 1e-9 * odds(kit.DDPMHigh) / odds(kit.DDPMLow),
		Why: "beta/(1 - beta) (Ho et al. 2020, equation 12); " + kit.WhyRounding, Shows: suite.Qualified})
	return nil
}

// noiseWeight is the weight of E|eps error|^2 in a term of the bound, in DDPM's letters (Ho et al. 2020, equation 12).
func noiseWeight(from, to kit.NoiseAt, v diffusion.ReverseVariance) float64 {
	alpha := from.Signal / to.Signal
	beta := from.Noise - alpha*to.Noise
	variance := beta
	if v == diffusion.PosteriorVariance && to.Noise > 0 {
		variance *= to.Noise / from.Noise
	}
	return beta * beta / (2 * variance * alpha * from.Noise)
}
