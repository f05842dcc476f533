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
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

// crossLikelihood: in the plane, with the divergence in closed form and by reverse passes.
func crossLikelihood(l *suite.Lab, r *suite.Report) error {
	const tol = 1e-8
	x2 := density.X2()
	x, _, err := density.Lattice(-2.5, 2.5, 11, 2)
	if err != nil {
		return err
	}
	exact, err := kit.LogDensity(l, x2, diffusion.VP{}, dataEnd, x)
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

// probed is a batch of log densities of the cross by Hutchinson's estimate: what the volume adds to each, and its
// probe.
type probed struct {
	nats, volume []float64
	v            metrics.Points
}

// probeCross estimates at points [n, 2], one probe for each.
func probeCross(l *suite.Lab, probe func(r *random.Source, like *Node) *Node, tol float64, x *tensors.Tensor) (
	out probed, err error) {
	plan := flowOf(density.X2(), tol)
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

// probedLikelihood: with Hutchinson's estimate the log density is a random number. The path does not depend on the
// probe, so that with S the symmetric part of the velocity's Jacobian, integrated along it, a probe gives v.Sv in place
// of tr S, and the variance is that of E09.
func probedLikelihood(l *suite.Lab, r *suite.Report) error {
	const tol = 1e-6
	n := l.Size(2000, 20_000)
	at := [][]float64{{.5, .5}, {1.2, -.8}, {0, -1}}
	repeat := func(k int) *tensors.Tensor {
		var flat []float64
		for _, p := range at {
			flat = append(flat, slices.Repeat(p, k)...)
		}
		return tensors.FromFlatDataAndDimensions(flat, k*len(at), 2)
	}
	exact, err := kit.LogDensity(l, density.X2(), diffusion.VP{}, dataEnd, repeat(1))
	if err != nil {
		return err
	}
	// Three probes that give S: e1, e2 and their sum.
	basis, err := probeCross(l, func(_ *random.Source, like *Node) *Node {
		return Reshape(ConstAs(like, slices.Repeat([]float64{1, 0, 0, 1, 1, 1}, len(at))), 3*len(at), 2)
	}, tol, repeat(3))
	if err != nil {
		return err
	}
	panel := figure.Panel{Title: fmt.Sprintf("log p of the cross at (%g, %g)", at[1][0], at[1][1]),
		X: figure.Axis{Label: "nats"}, Y: figure.Axis{Label: "density"}, Legend: figure.TopLeft}
	table := suite.Table{Name: "probes", Caption: "The log density of the cross by Hutchinson's estimate, one probe",
		Header: []string{"x1", "x2", "probe", "mean", "lo", "hi", "exact", "exact sd"}}
	for _, p := range kit.Probes {
		got, err := probeCross(l, p.Draw, tol, repeat(n))
		if err != nil {
			return err
		}
		for k, x := range at {
			s11, s22 := basis.volume[3*k], basis.volume[3*k+1]
			s12 := (basis.volume[3*k+2] - s11 - s22) / 2
			variance := 4 * s12 * s12
			if p.Name == "normal" {
				variance += 2 * (s11*s11 + s22*s22)
			}
			worst := 0.
			for i := k * n; i < (k+1)*n; i++ {
				v := got.v.Row(i)
				quadratic := s11*v[0]*v[0] + 2*s12*v[0]*v[1] + s22*v[1]*v[1]
				worst = math.Max(worst, math.Abs(got.volume[i]-quadratic)/(1+v[0]*v[0]+v[1]*v[1]))
			}
			mine := got.nats[k*n : (k+1)*n]
			mean, err := metrics.Mean(mine)
			if err != nil {
				return err
			}
			where := fmt.Sprintf("%s probes, the cross at (%g, %g)", p.Name, x[0], x[1])
			r.Add(
				suite.Below{Claim: claims.D002Hutchinson, Metric: "volume along a probe less v.Sv, in units of 1 + " +
					"|v|^2, " + where, Got: worst, Bound: 100 * tol, Why: whySolver},
				kit.NearReference{Claim: claims.D002Hutchinson, Metric: "mean log p with " + where,
					Got: mean, Want: exact[k], SE: 20 * tol,
					Why: kit.WhySE +
						" and a hundred tolerances, since a Rademacher probe is exact where S is diagonal"})
			table.Rows = append(table.Rows, []any{x[0], x[1], p.Name, mean.Center, mean.Lo, mean.Hi, exact[k],
				math.Sqrt(variance)})
			if k == 1 {
				bars := figure.Histogram(mine, exact[k]-6, exact[k]+6, 61)
				bars.Color, bars.Label, bars.Outline = p.Color, p.Name, p.Name != "normal"
				panel.Layers = append(panel.Layers, bars)
			}
		}
	}
	r.Tables = append(r.Tables, table)
	panel.Layers = append(panel.Layers, figure.VLine{At: exact[1], Label: "exact", Dashed: true})
	f, err := kit.PNG("probes", "Estimates of one log density, each with one probe that is kept along the whole "+
		"path. In the plane a Rademacher probe has two answers.", figure.Single(panel, 560))
	r.Figures = append(r.Figures, f)
	if err != nil {
		return err
	}
	return lineProbes(l, r)
}

// lineProbes: on the line a sign squared is 1, so that a Rademacher probe takes nothing away.
func lineProbes(l *suite.Lab, r *suite.Report) error {
	g1 := density.G1()
	x, _, err := density.Lattice(-3, 3, 29, 1)
	if err != nil {
		return err
	}
	exact, err := kit.LogDensity(l, g1, diffusion.VP{}, dataEnd, x)
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
