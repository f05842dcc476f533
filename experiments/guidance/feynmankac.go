package guidance

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
	"scorelab/lib/view"
)

// populations are samples with weights, in groups that are independent of each other.
type populations struct {
	x       metrics.Points
	weights []float64 // sum to 1
	groups  int
	worth   float64 // mean over populations of their effective size, over their size
	agree   float64 // effective number of populations, over their number
}

// newPopulations reads them off a snapshot; without weights all are equal.
func newPopulations(s diffusion.Snapshot, groups int, weighted bool) (p populations, err error) {
	p.x, p.groups = kit.Points(s.X), groups
	logs := make([]float64, p.x.N)
	if weighted {
		if logs, err = diffusion.LogWeights(s); err != nil {
			return p, err
		}
	}
	top, sum := slices.Max(logs), 0.
	for _, l := range logs {
		sum += math.Exp(l - top)
	}
	size := p.x.N / groups
	whole := make([]float64, groups) // logarithms of the populations' weights
	for i, l := range logs {
		p.weights = append(p.weights, math.Exp(l-top)/sum)
		whole[i/size] += p.weights[i]
	}
	for g := range groups {
		p.worth += diffusion.EffectiveSize(logs[g*size:(g+1)*size]) / float64(size*groups)
	}
	p.agree = diffusion.EffectiveSize(kit.Map(whole, math.Log)) / float64(groups)
	return p, nil
}

// mean estimates E f from the values of f, with the error that the populations show among each other.
func (p populations) mean(f func(i int) float64) (metrics.Summary, error) {
	sums, weights := make([]float64, p.groups), make([]float64, p.groups)
	size := p.x.N / p.groups
	for i, w := range p.weights {
		sums[i/size] += w * f(i)
		weights[i/size] += w
	}
	return metrics.Ratio(sums, weights)
}

// drawn are n points for a picture, in proportion to their weights, evenly over all populations.
func (p populations) drawn(n int) metrics.Points {
	out := metrics.Points{N: n, D: p.x.D}
	sum, i := p.weights[0], 0
	for k := range n {
		for at := (float64(k) + .5) / float64(n); sum < at && i+1 < p.x.N; {
			i++
			sum += p.weights[i]
		}
		out.X = append(out.X, p.x.Row(i)...)
	}
	return out
}

// tiltedLine holds particles on the line against the recursions of their own steps, and against p_gamma.
func tiltedLine(l *suite.Lab, r *suite.Report) error {
	const steps, groups = 200, 40
	size := l.Size(500, 5000)
	grid := lawGrid(steps)
	table := suite.Table{Name: "particles", Caption: "Particles on the line, and the law that their steps have: " +
		"Euler-Maruyama on the guided SDE, as it is and with weights (sequential Monte Carlo, 40 populations). At " +
		"scale 10 none of them keeps the samples that p_gamma needs",
		Header: []string{"scale", "weights", "mean", "its law's", "variance", "its law's", "effective share",
			"of the populations"}}
	for _, gamma := range []float64{2, 3, 10} {
		chain, err := newGaussChain(l, gamma)
		if err != nil {
			return err
		}
		plain, weighted, err := chain.over(grid)
		chain.exec.Finalize()
		if err != nil {
			return err
		}
		for _, law := range []struct {
			exact    moments
			weighted bool
		}{{plain, false}, {weighted, true}} {
			name := fmt.Sprintf("scale %g, weighted %t", gamma, law.weighted)
			n := groups * size
			if !law.weighted {
				n /= 4
			}
			start, err := kit.Normal([]float64{0}, 1).Sample(l.Backend, l.Key("line start "+name), n)
			if err != nil {
				return err
			}
			build := diffusion.Fixed(func() diffusion.Model {
				return lineGuide(guidedProcess).Tilted(guidedProcess, lineAll(guidedProcess), gamma)
			})
			p, err := particles(l, build, law.weighted, groups, grid, start, "line "+name)
			if err != nil {
				return err
			}
			mean, err := p.mean(func(i int) float64 { return p.x.X[i] })
			if err != nil {
				return err
			}
			variance, err := p.mean(func(i int) float64 { return math.Pow(p.x.X[i]-law.exact.mean, 2) })
			if err != nil {
				return err
			}
			table.Rows = append(table.Rows, []any{gamma, law.weighted, mean.Center, law.exact.mean, variance.Center,
				law.exact.variance, p.worth, p.agree})
			what, why := "particles of the guided SDE", kit.WhySE+"; exact by the recursion of their steps"
			if law.weighted {
				what, why = "particles with weights", kit.WhySE+", from 40 independent populations, and 0.01 for the "+
					"bias of a ratio of sums of which few samples make the most; exact by the recursion of their "+
					"steps, whose law is p_gamma but for the steps' error"
				mean, variance = wider(mean, .01), wider(variance, .01)
			}
			if law.weighted && gamma > 3 {
				continue
			}
			r.Add(
				suite.Near{Claim: tiltClaim, Metric: fmt.Sprintf("mean of %s, scale %g", what, gamma),
					Got: mean, Want: law.exact.mean, Why: why, Shows: suite.Qualified},
				suite.Near{Claim: tiltClaim, Metric: fmt.Sprintf("variance of %s, scale %g", what, gamma),
					Got: variance, Want: law.exact.variance, Why: why, Shows: suite.Qualified})
		}
	}
	r.Tables = append(r.Tables, table)
	return nil
}

// particles carries samples down the guided SDE.
func particles(l *suite.Lab, build diffusion.Build, weighted bool, groups int, grid []float64, start *tensors.Tensor,
	name string) (populations, error) {
	var sampler diffusion.Sampler = diffusion.OneStep(diffusion.ReverseEulerMaruyama)
	if weighted {
		sampler = diffusion.FeynmanKac{Move: diffusion.ReverseEulerMaruyama, Population: start.Shape().Dim(0) / groups}
	}
	plan := diffusion.Plan{Build: build, Sampler: sampler, Grid: grid, Noise: l.Key(name)}
	var last diffusion.Snapshot
	for s, err := range plan.Trace(l.Backend, start, len(grid)-1) {
		if err != nil {
			return populations{}, err
		}
		last = s
	}
	return newPopulations(last, groups, weighted)
}

// planeScale is the strength at which the laws on the mixture are compared: that of document 004's pictures.
const planeScale = 3.

// planeSteps is what 300 steps may be off by on the mixture: runs of 300, 400 and 800 steps differ by less.
const planeSteps = .02

// planeNumbers are what is compared: the mean of x2, and the share of the middle mode by its exact posterior.
type planeNumbers struct{ height, middle float64 }

// middleMode is P(the class's middle mode | x, class), as a graph.
func middleMode(x *Node) *Node {
	only, _ := guidedOnly()
	components := slices.Clone(only.Components())
	for k := range components {
		components[k].Class = k
	}
	modes, err := density.NewMixture("modes of the class", components...)
	if err != nil {
		panic(err)
	}
	return Exp(modes.ClassLogProb(guidedProcess, 1, x, kit.ScalarLike(x, 0)))
}

// tiltedDensity is the log density of p_gamma of the mixture, up to a constant, as a graph.
func tiltedDensity(x *Node, gamma float64) *Node {
	only, _ := guidedOnly()
	log := func(m *density.Mixture) *Node { return m.Model(guidedProcess).LogDensity(x, kit.ScalarLike(x, 0)) }
	return Add(MulScalar(log(guidedLaw()), 1-gamma), MulScalar(log(only), gamma))
}

// tiltedByQuadrature are the numbers of p_gamma.
func tiltedByQuadrature(l *suite.Lab, gamma float64) (planeNumbers, error) {
	nodes, _, err := density.Lattice(-6, 6, 241, 2)
	if err != nil {
		return planeNumbers{}, err
	}
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		x := in[0]
		log := tiltedDensity(x, gamma)
		w := Exp(Sub(log, ReduceAllMax(log)))
		w = Div(w, ReduceAllSum(w))
		height := Reshape(Slice(x, AxisRange(), AxisElem(1)), x.Shape().Dim(0))
		return []*Node{ReduceAllSum(Mul(w, height)), ReduceAllSum(Mul(w, middleMode(x)))}
	}, nodes)
	if err != nil {
		return planeNumbers{}, err
	}
	return planeNumbers{out[0][0], out[1][0]}, nil
}

// tiltedPlane compares the three laws on the mixture, where nothing is Gaussian.
func tiltedPlane(l *suite.Lab, r *suite.Report) error {
	want, err := tiltedByQuadrature(l, planeScale)
	if err != nil {
		return err
	}
	own, err := tiltedByQuadrature(l, 1)
	if err != nil {
		return err
	}
	const groups = 20
	steps := l.Size(300, 1000)
	_, byLabel := exactGuides(guidedProcess)
	build := diffusion.Fixed(func() diffusion.Model {
		return byLabel.Tilted(guidedProcess, guidedLaw().Model(guidedProcess).Denoise, planeScale)
	})
	table := suite.Table{Name: "plane", Caption: fmt.Sprintf("The mixture, guided with scale %g: mean of x2 and "+
		"share of the middle mode; p_gamma by quadrature has %.6f and %.6f, the class itself %.6f and %.6f", planeScale,
		want.height, want.middle, own.height, own.middle),
		Header: []string{"sampler", "mean of x2", "+-", "middle mode", "+-", "effective share", "of the populations"}}
	laws := map[string]populations{}
	for _, name := range []string{"flow", "SDE", "SDE with weights"} {
		size := l.Size(200, 2000)
		if name == "SDE with weights" {
			size *= 5
		}
		s, err := newGuidedSweep(l, diffusion.Flow(diffusion.HeunMethod), "plane "+name, groups*size, steps)
		if err != nil {
			return err
		}
		var p populations
		if name == "flow" {
			clouds, err := s.run(l, guidingExactly(byLabel), planeScale)
			if err != nil {
				return err
			}
			p = populations{x: clouds[0], groups: groups, worth: 1, agree: 1}
			for range p.x.N {
				p.weights = append(p.weights, 1/float64(p.x.N))
			}
		} else if p, err = particles(l, build, name != "SDE", groups, s.grid, s.start, "plane "+name); err != nil {
			return err
		}
		laws[name] = p
		heights, middles, err := p.planeMeans(l)
		if err != nil {
			return err
		}
		table.Rows = append(table.Rows, []any{name, heights.Center, heights.Half(), middles.Center, middles.Half(),
			p.worth, p.agree})
		if name == "SDE with weights" {
			r.Add(
				suite.Near{Claim: tiltClaim, Metric: "mean of x2 on the mixture, SDE with weights, scale 3",
					Got: wider(heights, planeSteps), Want: want.height, Why: whyPlane, Shows: suite.Qualified},
				suite.Near{Claim: tiltClaim, Metric: "share of the middle mode, SDE with weights, scale 3",
					Got: wider(middles, planeSteps), Want: want.middle, Why: whyPlane, Shows: suite.Qualified})
			continue
		}
		r.Add(suite.Between{Claim: tiltClaim, Metric: fmt.Sprintf("mean of x2 on the mixture, guided %s, scale 3; "+
			"p_gamma has %.4f", name, want.height), Got: heights, Lo: want.height + .1, Hi: 3, Alpha: 0,
			Why:   "the claim says that it is that of p_gamma; a tenth more is 5 standard errors and more",
			Shows: suite.Qualified})
	}
	r.Tables = append(r.Tables, table)
	figures, err := lawFigures(l, laws)
	r.Figures = append(r.Figures, figures...)
	return err
}

const whyPlane = kit.WhySE + ", from 20 independent populations, and 0.02 for the error of 300 steps; exact by " +
	"quadrature"

// wider is an estimate with a known error besides chance in its interval.
func wider(s metrics.Summary, by float64) metrics.Summary {
	s.Lo, s.Hi = s.Lo-by, s.Hi+by
	return s
}

// planeMeans are the numbers of populations in the plane.
func (p populations) planeMeans(l *suite.Lab) (height, middle metrics.Summary, err error) {
	out, err := kit.Evaluate(l, func(in []*Node) []*Node { return []*Node{middleMode(in[0])} }, view.Tensor(p.x))
	if err != nil {
		return height, middle, err
	}
	if height, err = p.mean(func(i int) float64 { return p.x.X[2*i+1] }); err != nil {
		return height, middle, err
	}
	middle, err = p.mean(func(i int) float64 { return out[0][i] })
	return height, middle, err
}
