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
	ID:       "E16-probability-flow",
	Title:    "The deterministic twin",
	Question: "Does the probability flow carry noise to data without chance, and what does each of its solvers cost?",
	Sources: []string{"003, Probability Flow ODEs", "003, Practical Implications for Diffusion Training",
		"002, section 6"},
	Run: runProbabilityFlow,
}

func runProbabilityFlow(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "It does: on a line the flow keeps every sample at its quantile, so where it should " +
		"end is known to the last digits, and every solver gets there at the order that it declares. One published " +
		"method does not earn its number: DPM-Solver++ 3M halves one weight and converges like order 2. The same " +
		"noise gives the same sample, bit for bit, and the batch around it changes nothing but rounding. No solver " +
		"of this kind makes a bimodal target in ten steps, though its score be exact."}
	for _, part := range []func(*suite.Lab, *suite.Report) error{sameNoise, flowOrders, workPrecision, stepLadder} {
		if err := part(l, r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// sameNoise: a sample is a function of its noise, and of nothing else.
func sameNoise(l *suite.Lab, r *suite.Report) error {
	g1, n := density.G1(), 512
	start, err := kit.FromPrior(l, g1, "same noise", n)
	if err != nil {
		return err
	}
	grid, err := kit.ReverseGrid(20)
	if err != nil {
		return err
	}
	run := func(s diffusion.Sampler, first, count, block int) ([]float64, error) {
		part := tensors.FromFlatDataAndDimensions(tensors.MustCopyFlatData[float64](start)[first:first+count], count, 1)
		end, err := diffusion.Plan{Build: g1.Build(diffusion.VP{}), Sampler: s, Grid: grid, Noise: l.Key("ancestral"),
			First: first, Block: block}.Run(l.Backend, part)
		if err != nil {
			return nil, err
		}
		return kit.Points(end).X, nil
	}
	ddim, ancestral := diffusion.DDIM(0), diffusion.Ancestral(diffusion.PosteriorVariance)
	all, err := run(ddim, 0, n, 0)
	if err != nil {
		return err
	}
	again, err := run(ddim, 0, n, 0)
	if err != nil {
		return err
	}
	r.Add(suite.Below{Claim: claims.D003SameNoise, Metric: "difference of two runs of DDIM from the same noise",
		Got: kit.LargestDifference(all, again), Bound: 0, Why: "bit for bit"})
	if all, err = run(ancestral, 0, n, 0); err != nil {
		return err
	}
	const first, count, block = 300, 1, 64
	alone, err := run(ancestral, first, count, 0)
	if err != nil {
		return err
	}
	r.Add(suite.Below{Claim: claims.D003SameNoise, Metric: "difference of an ancestral sample made alone from the " +
		"same sample in a batch of 512", Got: kit.LargestDifference(all[first:first+count], alone), Bound: 1e-12,
		Why: "rounding: a compiler may order the sums of another batch size differently"})
	whole, err := run(ancestral, 0, n, block)
	if err != nil {
		return err
	}
	part, err := run(ancestral, first, 100, block)
	if err != nil {
		return err
	}
	r.Add(suite.Below{Claim: claims.D003SameNoise, Metric: "the same in blocks of 64, 100 samples against 512",
		Got: kit.LargestDifference(whole[first:first+100], part), Bound: 0,
		Why: "bit for bit: the compiled step has one shape"})
	noise := func(first, n int) ([]float64, error) {
		source := func(x *Node) *Node { return random.New(x.Graph(), l.Key("noise")).Normal(x) }
		out, err := kit.Evaluate(l, func(in []*Node) []*Node {
			return []*Node{source(in[0])}
		}, tensors.FromFlatDataAndDimensions(make([]float64, n), n, 1))
		if err != nil {
			return nil, err
		}
		return out[0][first:], nil
	}
	many, err := noise(0, n)
	if err != nil {
		return err
	}
	few, err := noise(0, 7)
	if err != nil {
		return err
	}
	r.Add(suite.Below{Claim: claims.D003SameNoise, Metric: "difference of the noise of 7 samples from that of the " +
		"first 7 of 512", Got: kit.LargestDifference(many[:7], few), Bound: 0, Why: "bit for bit"})
	return l.Progress(.1, "orders of the solvers")
}
