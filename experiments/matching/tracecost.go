package matching

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/ml/model"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/network"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

var traceCost = suite.Experiment{
	ID:     "trace-cost",
	Stream: "E21-trace-cost",
	Title:  "The cost of a trace",
	Question: "How many passes through the network does each objective take, how noisy is the cheap estimate, and " +
		"which objective learns most for the same work?",
	Sources: []string{"001, Implicit Score Matching", "002, section 3"},
	Run:     runTraceCost,
}

func runTraceCost(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "The exact trace takes d backward passes through the network, Hutchinson's estimate " +
		"one, and denoising none, counted in the graphs. In evaluations of the network, a training step then costs 9 " +
		"at d = 2 and 600 at d = 256 with the exact trace, but at most 6 with Hutchinson's estimate and 3 with " +
		"denoising. For a Gaussian chain, the standard deviation of the estimate grows like sqrt(d) and the trace " +
		"like d, so the exact trace gains less in higher dimensions. In 8 dimensions sliced score matching reaches " +
		"nearly the error of the exact trace in the same steps, at less than a quarter of the work."}
	counts, err := countPasses(l, r)
	if err != nil {
		return nil, err
	}
	noise, err := traceNoise(l, r)
	if err != nil {
		return nil, err
	}
	eight, err := learnInEight(l, r)
	if err != nil {
		return nil, err
	}
	return r, costFigure(r, counts, noise, eight)
}

// costedObjective is an objective, with the evaluations of the network and the backward passes through it that its loss
// takes, before the gradient in the weights.
type costedObjective struct {
	name        string
	claim       suite.ClaimID
	evaluations int
	back        func(d int) int
	loss        diffusion.Objective
	color       figure.Color
	dashed      bool // in figures, where another objective costs and learns nearly the same
}

func noPass(int) int { return 0 }

var costed = []costedObjective{
	{"exact trace", claims.D001TraceCostly, 1, func(d int) int { return d }, diffusion.Implicit(onData), figure.Blue,
		false},
	{"Hutchinson", claims.D002Hutchinson, 1, func(int) int { return 1 },
		diffusion.SlicedVR(onData, (*random.Source).Rademacher), figure.Vermillion, false},
	{"finite differences", claims.D002Hutchinson, 2, noPass,
		diffusion.SlicedFD(onData, (*random.Source).Sphere, .01), figure.Gray, true},
	{"denoising", claims.D001ScalableDenoising, 1, noPass,
		diffusion.Denoising(dsmHeads[0].head, diffusion.Plain, diffusion.FixedTime(.3)), figure.Green, false},
}

// countedDims are the dimensions at which passes are counted, and the noise of a trace is measured.
var countedDims = []int{2, 4, 8, 16, 32, 64, 128, 256}

// passCount counts the passes and the work of one objective in one dimension.
type passCount struct {
	back     int     // backward passes of the loss through the network
	work     float64 // of the gradient in the weights, in evaluations of the network
	asStated bool    // the evaluations are as stated, and the rest is a whole number of passes
}

// countPasses counts passes and work of every objective in every dimension.
func countPasses(l *suite.Lab, r *suite.Report) (counts [][]passCount, err error) {
	table := suite.Table{Name: "passes", Caption: "Backward passes through a network of width 256 that the loss " +
		"takes, and work of a training step (the gradient in the weights) in evaluations of the network, counted in " +
		"the graph. Only the exact trace grows with d",
		Header: []string{"d", "objective", "evaluations", "passes back", "work of a step"}}
	counts, off := make([][]passCount, len(costed)), make([]int, len(costed))
	for _, d := range countedDims {
		for i, c := range costed {
			n, err := c.count(l, d)
			if err != nil {
				return nil, err
			}
			if !n.asStated || n.back != c.back(d) {
				off[i]++
			}
			counts[i] = append(counts[i], n)
			table.Rows = append(table.Rows, []any{d, c.name, c.evaluations, n.back, n.work})
			if d == 256 {
				r.Add(suite.Equals{Claim: c.claim, Metric: fmt.Sprintf("passes back through the network that the "+
					"loss takes in 256 dimensions: %s", c.name), Got: float64(n.back), Want: float64(c.back(d)), Tol: 0,
					Why: "a count"})
			}
		}
	}
	for i, c := range costed {
		r.Add(suite.Equals{Claim: c.claim, Metric: "dimensions from 2 to 256 where evaluations and passes back are " +
			"not as stated: " + c.name, Got: float64(off[i]), Want: 0, Tol: 0, Why: "a count"})
	}
	r.Tables = append(r.Tables, table)
	return counts, l.Progress(.2, "the noise of a trace")
}

// count builds the objective and its gradient in d dimensions, and counts matrix products. An evaluation of the network
// and a backward pass each have one per layer.
func (c costedObjective) count(l *suite.Lab, d int) (n passCount, err error) {
	const batch = 16
	net := network.MLP{Hidden: []int{256, 256}, Key: l.Key("counted")}
	err = kit.BuildOnly(l, batch, d, func(scope *model.Scope, x *Node) {
		calls := 0
		bound := net.Net(scope)
		counted := func(x, logSNR, label *Node) *Node {
			calls++
			return bound(x, logSNR, label)
		}
		alone := kit.MatmulsOf(bound(x, kit.ScalarLike(x, 0), nil))
		loss := ReduceAllMean(c.loss(diffusion.EDM{}, counted, diffusion.Batch{X0: x},
			random.New(x.Graph(), l.Key("counted"))))
		sweeps := kit.MatmulsOf(loss).Count - c.evaluations*alone.Count
		n.asStated = calls == c.evaluations && sweeps%alone.Count == 0
		n.back = sweeps / alone.Count
		n.work = kit.MatmulsOf(Gradient(loss, kit.WeightsIn(scope, x.Graph())...)...).Work / alone.Work
	})
	return n, err
}
