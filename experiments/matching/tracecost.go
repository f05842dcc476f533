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
	ID:    "E21-trace-cost",
	Title: "What a trace costs",
	Question: "How many passes through the network does each objective take, how noisy is the cheap one, and which " +
		"learns more for the same work?",
	Sources: []string{"001, Implicit Score Matching", "002, section 3"},
	Run:     runTraceCost,
}

func runTraceCost(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "The exact trace takes d passes back through the network, Hutchinson's estimate one, " +
		"denoising none, counted in the graphs. A step of training then costs 3d + 3 evaluations, 6, or 3. The noise " +
		"of the estimate grows with the root of d, the trace itself with d: the larger the dimension, the less there " +
		"is to gain by computing it exactly. In 8 dimensions sliced score matching learns nearly as much as implicit " +
		"in as many steps, at less than a quarter of the work."}
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

// costedObjective is an objective whose passes are counted: evaluations of the network, and passes back through it,
// before the gradient in the weights.
type costedObjective struct {
	name        string
	claim       suite.ClaimID
	evaluations int
	back        func(d int) int
	loss        diffusion.Objective
	color       figure.Color
}

func none(int) int { return 0 }

var costed = []costedObjective{
	{"exact trace", claims.D001TraceCostly, 1, func(d int) int { return d }, diffusion.Implicit(onData), figure.Blue},
	{"Hutchinson", claims.D002Hutchinson, 1, func(int) int { return 1 },
		diffusion.SlicedVR(onData, (*random.Source).Rademacher), figure.Vermillion},
	{"finite differences", claims.D002Hutchinson, 2, none,
		diffusion.SlicedFD(onData, (*random.Source).Sphere, .01), figure.Gray},
	{"denoising", claims.D001ScalableDenoising, 1, none,
		diffusion.Denoising(dsmHeads[0].head, diffusion.Plain, diffusion.FixedTime(.3)), figure.Green},
}

// countedDims are the dimensions at which passes are counted, and the noise of a trace is measured.
var countedDims = []int{2, 4, 8, 16, 32, 64, 128, 256}

// passCount is what one objective takes in one dimension.
type passCount struct {
	back     int     // passes back through the network that the loss takes
	work     float64 // of the gradient in the weights, in evaluations of the network
	asStated bool    // whether evaluations are as stated, and the rest is a whole number of passes
}

// countPasses counts passes and work of every objective in every dimension.
func countPasses(l *suite.Lab, r *suite.Report) (counts [][]passCount, err error) {
	table := suite.Table{Name: "passes", Caption: "Passes back through a network of width 256 that the loss takes, " +
		"and work of the gradient in the weights in evaluations of the network, counted in the graph",
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

// count builds the objective and its gradient in d dimensions, and counts products of matrices: an evaluation of the
// network and a pass back through it each have one a layer.
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
