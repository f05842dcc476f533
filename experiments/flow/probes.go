package flow

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

// crossLikelihood repeats the comparison in the plane, with the divergence in closed form and by reverse passes.
func crossLikelihood(l *suite.Lab, r *suite.Report) error {
	const tol = 1e-8
	x2 := density.Cross()
	x, _, err := density.Grid(-2.5, 2.5, 11, 2)
	if err != nil {
		return err
	}
	exact, err := kit.LogDensity(l, x2, diffusion.VP{}, dataTime, x)
	if err != nil {
		return err
	}
	plan := flowOf(x2, tol)
	closed, err := plan.LogLikelihood(l.Backend, x, diffusion.ExactPrior)
	if err != nil {
		return err
	}
	plan.Build = diffusion.Fixed(func() diffusion.Model {
		m := x2.Model(diffusion.VP{})
		m.Divergence = nil
		return m
	})
	passes, err := plan.LogLikelihood(l.Backend, x, diffusion.ExactPrior)
	if err != nil {
		return err
	}
	r.Add(
		suite.Below{Claim: claims.D003ExactLikelihood, Metric: "error of log p of the cross on an 11 x 11 lattice, " +
			"tolerance 1e-08", Got: kit.LargestDifference(closed.Nats, exact), Bound: 100 * tol, Why: whySolver},
		suite.Below{Claim: claims.D003ExactLikelihood, Metric: "the same with the divergence by two reverse passes",
			Got: kit.LargestDifference(passes.Nats, exact), Bound: 100 * tol, Why: whySolver})
	return nil
}

// probed is a batch of log densities of the cross with Hutchinson's estimate: log densities and changes of volume in
// nats, and probes [n, 2].
type probed struct {
	nats, volume []float64
	v            metrics.Points
}

// probeCross estimates at points [n, 2], with one probe for each.
func probeCross(l *suite.Lab, probe func(r *random.Source, like *Node) *Node, tol float64, x *tensors.Tensor) (
	out probed, err error) {
	plan := flowOf(density.Cross(), tol)
	plan.Sampler = diffusion.FlowLikelihood{Method: diffusion.DormandPrince{RTol: tol}, Probe: probe}
	plan.Noise = l.Key("probes")
	for s, err := range plan.Trace(l.Backend, x, 1) {
		if err != nil {
			return out, err
		}
		if s.Step == 0 {
			continue
		}
		out.v = kit.Points(s.Carry[len(s.Carry)-1])
		if out.volume, err = diffusion.ChangeOfVolume(s); err != nil {
			return out, err
		}
		if out.nats, err = plan.LogPrior(l.Backend, s.X, diffusion.ExactPrior); err != nil {
			return out, err
		}
	}
	for i, v := range out.volume {
		out.nats[i] += v
	}
	return out, nil
}

// probedPoints are where the log density of the cross is estimated.
var probedPoints = [][]float64{{.5, .5}, {1.2, -.8}, {0, -1}}

const probedTolerance = 1e-6

// repeated is k rows of each of the points, [k points, 2].
func repeated(k int) *tensors.Tensor {
	var flat []float64
	for _, p := range probedPoints {
		flat = append(flat, slices.Repeat(p, k)...)
	}
	return tensors.FromFlatDataAndDimensions(flat, k*len(probedPoints), 2)
}

// probedLikelihood checks Hutchinson's estimate of the log density. The path does not depend on the probe v. So with S
// the symmetric part of the velocity's Jacobian, integrated along the path, the estimate has v.Sv in place of tr S;
// its variance follows as in E09.
func probedLikelihood(l *suite.Lab, r *suite.Report) error {
	n := l.Size(2000, 20_000)
	exact, err := kit.LogDensity(l, density.Cross(), diffusion.VP{}, dataTime, repeated(1))
	if err != nil {
		return err
	}
	forms, err := probeForms(l)
	if err != nil {
		return err
	}
	table := suite.Table{Name: "probes", Caption: "Log density of the cross, in nats, by Hutchinson's estimate with " +
		"one probe: mean with 5 s.e., exact value, and exact standard deviation of one estimate",
		Header: []string{"x1", "x2", "probe", "mean", "lo", "hi", "exact", "exact sd"}}
	const shown = 1
	estimates := map[string][]float64{}
	for _, p := range kit.Probes {
		got, err := probeCross(l, p.Draw, probedTolerance, repeated(n))
		if err != nil {
			return err
		}
		for k, x := range probedPoints {
			mine := got.at(k, n)
			mean, err := metrics.Mean(mine.nats)
			if err != nil {
				return err
			}
			where := fmt.Sprintf("%s probes, the cross at (%g, %g)", p.Name, x[0], x[1])
			r.Add(
				suite.Below{Claim: claims.D002Hutchinson, Metric: "volume along a probe less v.Sv, in units of 1 + " +
					"|v|^2, " + where, Got: forms[k].worst(mine), Bound: 100 * probedTolerance, Why: whySolver},
				kit.NearReference{Claim: claims.D002Hutchinson, Metric: "mean log p with " + where,
					Got: mean, Want: exact[k], SE: 20 * probedTolerance,
					Why: kit.WhySE +
						" and a hundred tolerances, since a Rademacher probe is exact where S is diagonal"})
			table.Rows = append(table.Rows, []any{x[0], x[1], p.Name, mean.Center, mean.Lo, mean.Hi, exact[k],
				math.Sqrt(forms[k].variance(p.Name == "normal"))})
			if k == shown {
				estimates[p.Name] = mine.nats
			}
		}
	}
	r.Tables = append(r.Tables, table)
	f, err := probesFigure(probedPoints[shown], exact[shown], estimates)
	r.Figures = append(r.Figures, f)
	if err != nil {
		return err
	}
	return lineProbes(l, r)
}

// at are the n estimates at the k-th point.
func (p probed) at(k, n int) probed {
	d := p.v.D
	return probed{p.nats[k*n : (k+1)*n], p.volume[k*n : (k+1)*n],
		metrics.Points{N: n, D: d, X: p.v.X[k*n*d : (k+1)*n*d]}}
}

// form is the symmetric matrix S of a point, whose trace is the change of volume.
type form struct{ s11, s22, s12 float64 }

// probeForms recovers S at each point from three probes: e1, e2 and their sum.
func probeForms(l *suite.Lab) ([]form, error) {
	points := len(probedPoints)
	basis, err := probeCross(l, func(_ *random.Source, like *Node) *Node {
		return Reshape(ConstAs(like, slices.Repeat([]float64{1, 0, 0, 1, 1, 1}, points)), 3*points, 2)
	}, probedTolerance, repeated(3))
	if err != nil {
		return nil, err
	}
	forms := make([]form, points)
	for k := range forms {
		s11, s22 := basis.volume[3*k], basis.volume[3*k+1]
		forms[k] = form{s11, s22, (basis.volume[3*k+2] - s11 - s22) / 2}
	}
	return forms, nil
}

// worst is the largest distance of a volume from v.Sv, in units of 1 + |v|^2.
func (f form) worst(p probed) float64 {
	worst := 0.
	for i, volume := range p.volume {
		v := p.v.Row(i)
		quadratic := f.s11*v[0]*v[0] + 2*f.s12*v[0]*v[1] + f.s22*v[1]*v[1]
		worst = math.Max(worst, math.Abs(volume-quadratic)/(1+v[0]*v[0]+v[1]*v[1]))
	}
	return worst
}

// variance is that of v.Sv, for a Rademacher probe or a normal one.
func (f form) variance(normal bool) float64 {
	variance := 4 * f.s12 * f.s12
	if normal {
		variance += 2 * (f.s11*f.s11 + f.s22*f.s22)
	}
	return variance
}

// lineProbes checks that a Rademacher probe is exact in one dimension, where v^2 = 1.
func lineProbes(l *suite.Lab, r *suite.Report) error {
	g1 := density.Bimodal()
	x, _, err := density.Grid(-3, 3, 29, 1)
	if err != nil {
		return err
	}
	exact, err := kit.LogDensity(l, g1, diffusion.VP{}, dataTime, x)
	if err != nil {
		return err
	}
	plan := flowOf(g1, 1e-7)
	plan.Sampler = diffusion.FlowLikelihood{Method: diffusion.DormandPrince{RTol: 1e-7},
		Probe: (*random.Source).Rademacher}
	got, err := plan.LogLikelihood(l.Backend, x, diffusion.ExactPrior)
	if err != nil {
		return err
	}
	r.Add(suite.Below{Claim: claims.D002Hutchinson, Metric: "error of log p of G1 with one Rademacher probe, " +
		"tolerance 1e-07", Got: kit.LargestDifference(got.Nats, exact), Bound: 1e-5, Why: whySolver})
	return l.Progress(.8, "divergences")
}
