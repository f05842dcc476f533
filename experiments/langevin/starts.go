package langevin

import (
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

var twoStarts = suite.Experiment{
	ID:       "two-starts",
	Stream:   "E06-two-starts",
	Title:    "Two starts, one limit",
	Question: "Does the limit of Langevin dynamics depend on where it starts?",
	Sources:  []string{"001, A probability path (fourth figure)", "004, Langevin Dynamics Convergence Theorem"},
	Run:      runTwoStarts,
}

const (
	pathStep = .005 // of the figure, which makes 50 of them
	pathEnd  = 10.
)

// journey is the probability path from one start to the target, by its moments and its distance to exact samples.
type journey struct {
	name     string
	color    figure.Color
	times    []float64
	m22      []metrics.Summary
	radius   []metrics.Summary // E|x|^2
	distance []metrics.Summary // sliced W2 to exact samples
	clouds   []metrics.Points
}

func runTwoStarts(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "No. Clouds from N(0, I) and from a uniform square end at the same distribution. " +
		"At t = 10 their distances, to each other and to exact samples, are those of two exact samples. The " +
		"probability paths of document 001's figure stop much earlier. Its 50 steps of 0.005 end at t = 0.25, a " +
		"fortieth of the way. There E[x1^2 x2^2] is 1.67 (target 2.62)."}
	n := l.Size(10_000, 100_000)
	journeys, err := travelFromBoth(l, n)
	if err != nil {
		return nil, err
	}
	// The distance of two exact clouds falls as the root of their size.
	scale := math.Sqrt(1e4 / float64(n))
	if err := sameEnd(r, journeys, scale); err != nil {
		return nil, err
	}
	a, b := journeys[0], journeys[1]
	drawn := slices.Index(a.times, 50*pathStep)
	moment := 5 * math.Sqrt(76.202/float64(n))
	r.Add(suite.Between{Claim: claims.D001PathFigure, Metric: "E[x1^2 x2^2] where the figure stops, t = 0.25, from " +
		"N(0, I); the target has 2.62", Got: a.m22[drawn], Lo: 1.67 - moment, Hi: 1.67 + moment, Alpha: metrics.Miss,
		Why: "5 standard errors under the cross; reference from an independent simulation", Shows: suite.Qualified})
	r.Tables = append(r.Tables, suite.Table{Name: "journeys", Caption: "Sliced W2 distance of each cloud to " +
		"exact samples of the cross, against time",
		Header: []string{"t", a.name, "lo", "hi", b.name, "lo", "hi"},
		Rows: kit.Rows(a.times, kit.Centers(a.distance), kit.Lows(a.distance), kit.Highs(a.distance),
			kit.Centers(b.distance), kit.Lows(b.distance), kit.Highs(b.distance))})
	return r, journeyFigures(l, r, journeys, .0305*scale)
}

// travelFromBoth runs the chain from a Gaussian and from a uniform square.
func travelFromBoth(l *suite.Lab, n int) ([]*journey, error) {
	exact, err := density.Cross().Sample(l.Backend, l.Key("exact"), n)
	if err != nil {
		return nil, err
	}
	gauss, err := kit.Normal([]float64{0, 0}, 1).Sample(l.Backend, l.Key("normal start"), n)
	if err != nil {
		return nil, err
	}
	square, err := kit.UniformSquare(l, "uniform start", 2, n)
	if err != nil {
		return nil, err
	}
	journeys := []*journey{{name: "from N(0, I)", color: figure.Blue}, {name: "from a uniform square",
		color: figure.Vermillion}}
	for i, start := range []*tensors.Tensor{gauss, square} {
		if err := journeys[i].travel(l, start, kit.Points(exact)); err != nil {
			return nil, err
		}
		if err := l.Progress(.4*float64(i+1), journeys[i].name); err != nil {
			return nil, err
		}
	}
	return journeys, nil
}

// sameEnd checks that the clouds end as near to each other, and to exact samples, as two exact samples are.
func sameEnd(r *suite.Report, journeys []*journey, scale float64) error {
	last := len(journeys[0].times) - 1
	between, err := metrics.SlicedW2(journeys[0].clouds[last], journeys[1].clouds[last], metrics.Projections)
	if err != nil {
		return err
	}
	floor := func(metric string, got metrics.Summary) {
		r.Add(suite.Between{Claim: claims.D001AnyStart, Metric: metric, Got: got, Lo: .010 * scale, Hi: .060 * scale,
			Alpha: 1e-5, Why: kit.WhyFloor})
	}
	floor("sliced W2 between the two clouds at t = 10", between)
	for _, j := range journeys {
		floor("sliced W2 to exact samples at t = 10, "+j.name, j.distance[last])
	}
	return nil
}

// travel runs the chain from start, [n, 2], and measures it on the way.
func (j *journey) travel(l *suite.Lab, start *tensors.Tensor, exact metrics.Points) error {
	steps := int(math.Round(pathEnd / pathStep))
	grid, err := diffusion.Uniform(0, pathEnd, steps)
	if err != nil {
		return err
	}
	plan := diffusion.Plan{Build: kit.Static(density.Cross()), Sampler: diffusion.OneStep(diffusion.Langevin),
		Grid:  grid,
		Noise: l.Key(j.name)}
	stops := kit.StepsAt(pathStep, .025, .05, .1, .15, .2, .25, .35, .5, .7, 1, 1.4, 2, 2.8, 4, 5.6, 8, pathEnd)
	for s, err := range plan.Trace(l.Backend, start, stops...) {
		if err != nil {
			return err
		}
		p := kit.Points(s.X)
		m22, err := metrics.M22(p)
		if err != nil {
			return err
		}
		radius, err := metrics.MeanOf(p.N, func(i int) float64 {
			return p.Row(i)[0]*p.Row(i)[0] + p.Row(i)[1]*p.Row(i)[1]
		})
		if err != nil {
			return err
		}
		distance, err := metrics.SlicedW2(p, exact, metrics.Projections)
		if err != nil {
			return err
		}
		j.times, j.m22, j.radius = append(j.times, s.Time), append(j.m22, m22), append(j.radius, radius)
		j.distance, j.clouds = append(j.distance, distance), append(j.clouds, p)
	}
	return nil
}
