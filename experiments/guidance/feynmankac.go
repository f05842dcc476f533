package guidance

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
	"scorelab/lib/view"
)

// tiltedLine compares particles in one dimension with the recursion of their own steps, and with p_gamma.
func tiltedLine(l *suite.Lab, r *suite.Report) error {
	table := suite.Table{Name: "particles", Caption: "Particles in one dimension and the exact moments of their " +
		"steps: Euler-Maruyama on the guided SDE, without weights and with (sequential Monte Carlo, 40 populations). " +
		"Effective shares are effective sample sizes as fractions. At scale 10 even the weighted particles miss " +
		"their own mean",
		Header: []string{"scale", "weights", "mean", "its law's", "variance", "its law's", "effective share",
			"of the populations"}}
	for _, gamma := range []float64{2, 3, 10} {
		chain, err := newGaussChain(l, gamma)
		if err != nil {
			return err
		}
		plain, weighted, err := chain.over(rootGrid(lineSteps))
		chain.exec.Finalize()
		if err != nil {
			return err
		}
		for _, c := range []lineParticles{{gamma, false, plain}, {gamma, true, weighted}} {
			row, err := c.measure(l, r)
			if err != nil {
				return err
			}
			table.Rows = append(table.Rows, row)
		}
	}
	r.Tables = append(r.Tables, table)
	return nil
}

const (
	lineSteps  = 200
	lineGroups = 40
)

// lineParticles are particles in one dimension with a guidance scale, with weights or without, and the exact moments
// of their steps.
type lineParticles struct {
	gamma    float64
	weighted bool
	exact    moments
}

// measure runs the particles, checks their moments and returns a row of the table.
func (c lineParticles) measure(l *suite.Lab, r *suite.Report) ([]any, error) {
	p, err := c.run(l)
	if err != nil {
		return nil, err
	}
	mean, err := p.mean(func(i int) float64 { return p.x.X[i] })
	if err != nil {
		return nil, err
	}
	variance, err := p.mean(func(i int) float64 { return math.Pow(p.x.X[i]-c.exact.mean, 2) })
	if err != nil {
		return nil, err
	}
	row := []any{c.gamma, c.weighted, mean.Center, c.exact.mean, variance.Center, c.exact.variance, p.worth, p.agree}
	what, why := "particles of the guided SDE", kit.WhySE+"; exact by the recursion of their steps"
	if c.weighted {
		what, why = "particles with weights", kit.WhySE+", from 40 independent populations, plus 0.01 for the bias "+
			"of a ratio of sums that few samples dominate; exact by the recursion of their steps, which is p_gamma "+
			"up to the error of the steps"
		mean, variance = wider(mean, .01), wider(variance, .01)
	}
	if c.weighted && c.gamma > 3 {
		return row, nil
	}
	r.Add(
		suite.Near{Claim: tiltClaim, Metric: fmt.Sprintf("mean of %s, scale %g", what, c.gamma),
			Got: mean, Want: c.exact.mean, Why: why, Shows: suite.Qualified},
		suite.Near{Claim: tiltClaim, Metric: fmt.Sprintf("variance of %s, scale %g", what, c.gamma),
			Got: variance, Want: c.exact.variance, Why: why, Shows: suite.Qualified})
	return row, nil
}

// run carries the particles from N(0, 1).
func (c lineParticles) run(l *suite.Lab) (populations, error) {
	name := fmt.Sprintf("scale %g, weighted %t", c.gamma, c.weighted)
	n := lineGroups * l.Size(500, 5000)
	if !c.weighted {
		n /= 4
	}
	start, err := kit.Normal([]float64{0}, 1).Sample(l.Backend, l.Key("line start "+name), n)
	if err != nil {
		return populations{}, err
	}
	return particles{
		build: diffusion.Fixed(func() diffusion.Model {
			return lineGuide(guidedProcess).Tilted(guidedProcess, lineAll(guidedProcess), c.gamma)
		}),
		weighted: c.weighted, groups: lineGroups, grid: rootGrid(lineSteps), noise: "line " + name,
	}.from(l, start)
}

// planeScale is the guidance scale on the mixture, that of document 004's pictures.
const planeScale = 3.

// planeSteps bounds the error of 300 steps on the mixture: runs of 300, 400 and 800 steps differ by less.
const planeSteps = .02

// planeNumbers are compared: the mean of x2, and the share of the middle mode by its exact posterior.
type planeNumbers struct{ height, middle float64 }

// middleMode is P(the class's middle mode | x, class), as a graph.
func middleMode(x *Node) *Node {
	only, _ := classOnly()
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
	only, _ := classOnly()
	log := func(m *density.Mixture) *Node { return m.Model(guidedProcess).LogDensity(x, kit.ScalarLike(x, 0)) }
	return Add(MulScalar(log(twoClasses()), 1-gamma), MulScalar(log(only), gamma))
}

// tiltedByQuadrature are the numbers of p_gamma.
func tiltedByQuadrature(l *suite.Lab, gamma float64) (planeNumbers, error) {
	nodes, _, err := density.Grid(-6, 6, 241, 2)
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

// planeGroups is the number of populations on the mixture.
const planeGroups = 20

// planeSamplers are compared on the mixture.
var planeSamplers = []string{"flow", "SDE", "SDE with weights"}

// tiltedPlane compares the samplers on the mixture, where nothing is Gaussian.
func tiltedPlane(l *suite.Lab, r *suite.Report) error {
	want, err := tiltedByQuadrature(l, planeScale)
	if err != nil {
		return err
	}
	own, err := tiltedByQuadrature(l, 1)
	if err != nil {
		return err
	}
	table := suite.Table{Name: "plane", Caption: fmt.Sprintf("The mixture, guided with scale %g: mean of x2 and "+
		"share of the middle mode, with 5 s.e.; p_gamma by quadrature has %.6f and %.6f, the class %.6f and %.6f. "+
		"Only the SDE with weights agrees with p_gamma", planeScale,
		want.height, want.middle, own.height, own.middle),
		Header: []string{"sampler", "mean of x2", "+-", "middle mode", "+-", "effective share", "of the populations"}}
	samples := map[string]populations{}
	for _, name := range planeSamplers {
		p, err := planePopulations(l, name)
		if err != nil {
			return err
		}
		samples[name] = p
		heights, middles, err := p.planeMeans(l)
		if err != nil {
			return err
		}
		table.Rows = append(table.Rows, []any{name, heights.Center, heights.Half(), middles.Center, middles.Half(),
			p.worth, p.agree})
		planeChecks(r, name, want, heights, middles)
	}
	r.Tables = append(r.Tables, table)
	figures, err := distributionFigures(l, samples)
	r.Figures = append(r.Figures, figures...)
	return err
}

// planePopulations are the samples of one of planeSamplers.
func planePopulations(l *suite.Lab, name string) (p populations, err error) {
	size := l.Size(200, 2000)
	if name == "SDE with weights" {
		size *= 5
	}
	s, err := newGuidedSweep(l, diffusion.Flow(diffusion.HeunMethod), "plane "+name, planeGroups*size,
		l.Size(300, 1000))
	if err != nil {
		return p, err
	}
	_, byLabel := exactGuides(guidedProcess)
	if name != "flow" {
		return particles{
			build: diffusion.Fixed(func() diffusion.Model {
				return byLabel.Tilted(guidedProcess, twoClasses().Model(guidedProcess).Denoise, planeScale)
			}),
			weighted: name != "SDE", groups: planeGroups, grid: s.grid, noise: "plane " + name,
		}.from(l, s.start)
	}
	clouds, err := s.run(l, guidingExactly(byLabel), planeScale)
	if err != nil {
		return p, err
	}
	p = populations{x: clouds[0], groups: planeGroups, worth: 1, agree: 1}
	for range p.x.N {
		p.weights = append(p.weights, 1/float64(p.x.N))
	}
	return p, nil
}

// planeChecks compares a sampler's numbers with those of p_gamma, which only the weighted sampler must reach.
func planeChecks(r *suite.Report, name string, want planeNumbers, heights, middles metrics.Summary) {
	if name == "SDE with weights" {
		r.Add(
			suite.Near{Claim: tiltClaim, Metric: "mean of x2 on the mixture, SDE with weights, scale 3",
				Got: wider(heights, planeSteps), Want: want.height, Why: whyPlane, Shows: suite.Qualified},
			suite.Near{Claim: tiltClaim, Metric: "share of the middle mode, SDE with weights, scale 3",
				Got: wider(middles, planeSteps), Want: want.middle, Why: whyPlane, Shows: suite.Qualified})
		return
	}
	r.Add(suite.Between{Claim: tiltClaim, Metric: fmt.Sprintf("mean of x2 on the mixture, guided %s, scale 3; "+
		"p_gamma has %.4f", name, want.height), Got: heights, Lo: want.height + .1, Hi: 3, Alpha: 0,
		Why:   "the claim says that it equals that of p_gamma; a tenth more is at least 5 standard errors",
		Shows: suite.Qualified})
}

const whyPlane = kit.WhySE + ", from 20 independent populations, plus 0.02 for the error of 300 steps; exact by " +
	"quadrature"

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
