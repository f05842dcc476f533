package flow

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

var probabilityFlow = suite.Experiment{
	ID:       "probability-flow",
	Long:     true,
	Stream:   "E16-probability-flow",
	Title:    "The probability flow: sampling without noise",
	Question: "Does the probability flow turn noise into data deterministically, and how fast do its solvers converge?",
	Sources: []string{"003, Probability Flow ODEs", "003, Practical Implications for Diffusion Training",
		"002, section 6"},
	Run: runProbabilityFlow,
}

func runProbabilityFlow(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "Yes. In one dimension the flow keeps every sample at its quantile, so its exact end " +
		"is known. Every solver converges at its declared order. One published method has a lower order than its " +
		"name: DPM-Solver++ 3M has order 2, because one of its weights is half of what order 3 needs. The same noise " +
		"gives the same sample bit for bit; another batch size changes it by rounding only. Ten steps are not enough " +
		"for the bimodal target G1, even with the exact score: W1 is 0.15 for DDIM, 107 times that of 1000 steps."}
	return kit.InTurn(l, r, sameNoise, flowOrders, workPrecision, stepLadder)
}

// noiseRuns runs samplers from the noise of 512 samples, or from a part of it.
type noiseRuns struct {
	l     *suite.Lab
	start *tensors.Tensor // [512, 1]
	grid  []float64
}

// of returns the ends of count samples from the first on; block is the size of a compiled step, 0 for all at once.
func (n noiseRuns) of(s diffusion.Sampler, first, count, block int) ([]float64, error) {
	flat := tensors.MustCopyFlatData[float64](n.start)[first : first+count]
	plan := diffusion.Plan{Build: density.Bimodal().Build(diffusion.VP{}), Sampler: s, Grid: n.grid,
		Noise: n.l.Key("ancestral"), First: first, Block: block}
	end, err := plan.Run(n.l.Backend, tensors.FromFlatDataAndDimensions(flat, count, 1))
	if err != nil {
		return nil, err
	}
	return kit.Points(end).X, nil
}

// sameNoise checks that a sample is a function of its noise alone.
func sameNoise(l *suite.Lab, r *suite.Report) error {
	const n = 512
	start, err := kit.FromPrior(l, density.Bimodal(), "same noise", n)
	if err != nil {
		return err
	}
	grid, err := kit.ReverseGrid(20)
	if err != nil {
		return err
	}
	runs := noiseRuns{l, start, grid}
	all, err := runs.of(diffusion.DDIM(0), 0, n, 0)
	if err != nil {
		return err
	}
	again, err := runs.of(diffusion.DDIM(0), 0, n, 0)
	if err != nil {
		return err
	}
	r.Add(suite.Below{Claim: claims.D003SameNoise, Metric: "difference of two runs of DDIM from the same noise",
		Got: kit.LargestDifference(all, again), Bound: 0, Why: "bit for bit"})
	if err := anyBatch(runs, r, n); err != nil {
		return err
	}
	if err := sameDraws(l, r, n); err != nil {
		return err
	}
	return l.Progress(.1, "orders of the solvers")
}

// anyBatch compares ancestral samples with the same ones made alone, and in blocks.
func anyBatch(runs noiseRuns, r *suite.Report, n int) error {
	const first, count, part, block = 300, 1, 100, 64
	ancestral := diffusion.Ancestral(diffusion.PosteriorVariance)
	var ends [4][]float64
	for i, c := range []struct{ first, count, block int }{{0, n, 0}, {first, count, 0}, {0, n, block},
		{first, part, block}} {
		var err error
		if ends[i], err = runs.of(ancestral, c.first, c.count, c.block); err != nil {
			return err
		}
	}
	all, alone, blocks, some := ends[0], ends[1], ends[2], ends[3]
	r.Add(
		suite.Below{Claim: claims.D003SameNoise, Metric: "difference of an ancestral sample made alone from the " +
			"same sample in a batch of 512", Got: kit.LargestDifference(all[first:first+count], alone), Bound: 1e-12,
			Why: "rounding: for another batch size a compiler may order sums differently"},
		suite.Below{Claim: claims.D003SameNoise, Metric: "the same in blocks of 64, 100 samples against 512",
			Got: kit.LargestDifference(blocks[first:first+part], some), Bound: 0,
			Why: "bit for bit: the compiled step has one shape"})
	return nil
}

// sameDraws checks that the noise of a sample does not depend on the size of the batch.
func sameDraws(l *suite.Lab, r *suite.Report, n int) error {
	noise := func(n int) ([]float64, error) {
		out, err := kit.Evaluate(l, func(in []*Node) []*Node {
			return []*Node{random.New(in[0].Graph(), l.Key("noise")).Normal(in[0])}
		}, tensors.FromFlatDataAndDimensions(make([]float64, n), n, 1))
		if err != nil {
			return nil, err
		}
		return out[0], nil
	}
	many, err := noise(n)
	if err != nil {
		return err
	}
	few, err := noise(7)
	if err != nil {
		return err
	}
	r.Add(suite.Below{Claim: claims.D003SameNoise, Metric: "difference of the noise of 7 samples from that of the " +
		"first 7 of 512", Got: kit.LargestDifference(many[:7], few), Bound: 0, Why: "bit for bit"})
	return nil
}
