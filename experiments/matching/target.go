package matching

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"gonum.org/v1/gonum/stat/distuv"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

// Data sets from which a linear score of N(0, 2) is learned.
const (
	dsmVariance = 2.
	dsmPoints   = 1000
)

// dsmSlopeVariance is that of the slope that J_D is least for on n pairs (x~, eps): given the x~ the slope is normal
// about 1/(v + sigma^2) with variance v/(sigma^2 (v + sigma^2) sum x~^2), and sum x~^2/(v + sigma^2) is chi-square with
// n degrees of freedom.
func dsmSlopeVariance(sigma float64, n float64) float64 {
	noised := dsmVariance + sigma*sigma
	return dsmVariance / (sigma * sigma * noised * noised * (n - 2))
}

// denoisingMinimisers fits s = -theta x to data sets of N(0, 2) by denoising, whose loss is quadratic in theta: one
// step of Newton's method from 0 ends in the minimum.
func denoisingMinimisers(l *suite.Lab, sigma float64, sets int) ([]float64, error) {
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		g := in[0].Graph()
		like := Zeros(g, shapes.Make(dtypes.Float64, sets*dsmPoints, 1))
		x := MulScalar(random.New(g, l.Key(fmt.Sprint("linear data ", sigma))).Normal(like), math.Sqrt(dsmVariance))
		slope := func(at float64) *Node {
			theta := AddScalar(Zeros(g, shapes.Make(dtypes.Float64, sets, 1)), at)
			every := Reshape(BroadcastToDims(theta, sets, dsmPoints), sets*dsmPoints, 1)
			loss := diffusion.Denoising(dsmHeads[0].head, diffusion.Plain, diffusion.FixedTime(sigma))(diffusion.EDM{},
				func(x, _, _ *Node) *Node { return Neg(Mul(every, x)) }, diffusion.Batch{X0: x},
				random.New(g, l.Key(fmt.Sprint("linear noise ", sigma))))
			return Gradient(ReduceAllSum(loss), theta)[0]
		}
		atZero, atOne := slope(0), slope(1)
		return []*Node{Div(atZero, Sub(atZero, atOne))}
	}, 0.)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// whatItConvergesTo: a linear score of N(0, 2), learned from finite data: the score of the noised law, and the price of
// the noisy target.
func whatItConvergesTo(l *suite.Lab, r *suite.Report) (figure.Panel, error) {
	sets := l.Size(400, 2000)
	table := suite.Table{Name: "linear", Caption: fmt.Sprintf("The linear score of N(0, 2) that J_D is least for, "+
		"over data sets of %d points with one noise each: exact, and over %d data sets", dsmPoints, sets),
		Header: []string{"sigma", "mean slope", "1/(v+sigma^2)", "standard deviation", "exact",
			"distance to 1/v, root mean square"}}
	var marks figure.ErrorBars
	for _, sigma := range []float64{.1, .2, .5, 1} {
		fits, err := denoisingMinimisers(l, sigma, sets)
		if err != nil {
			return figure.Panel{}, err
		}
		mean, err := metrics.Mean(fits)
		if err != nil {
			return figure.Panel{}, err
		}
		variance, err := metrics.Variance(fits)
		if err != nil {
			return figure.Panel{}, err
		}
		want, wantVariance := 1/(dsmVariance+sigma*sigma), dsmSlopeVariance(sigma, dsmPoints)
		far, err := metrics.MeanOf(len(fits), func(i int) float64 { return math.Pow(fits[i]-1/dsmVariance, 2) })
		if err != nil {
			return figure.Panel{}, err
		}
		table.Rows = append(table.Rows, []any{sigma, mean.Center, want, math.Sqrt(variance.Center),
			math.Sqrt(wantVariance), math.Sqrt(far.Center)})
		marks.X, marks.Y = append(marks.X, sigma), append(marks.Y, math.Sqrt(far.Center))
		marks.Lo, marks.Hi = append(marks.Lo, math.Sqrt(far.Lo)), append(marks.Hi, math.Sqrt(far.Hi))
		what := fmt.Sprintf(" of the slope that J_D learns from 1000 points of N(0, 2) at sigma = %g", sigma)
		r.Add(
			suite.Near{Claim: claims.D002MatchNoisyScore, Metric: "mean" + what, Got: mean, Want: want,
				Why: kit.WhySE + "; exact: 1/(v + sigma^2), at any number of points"},
			suite.Near{Claim: claims.D000DSMScore, Metric: "variance" + what, Got: variance, Want: wantVariance,
				Why: kit.WhySE + "; exact, by the law of the estimator"})
		if sigma == .5 {
			law := distuv.StudentsT{Mu: want, Sigma: math.Sqrt(dsmVariance/dsmPoints) /
				(sigma * (dsmVariance + sigma*sigma)), Nu: dsmPoints}
			check, err := kit.KSCheck(claims.D000DSMScore, "law"+what+": distance to Student's t", fits, law.CDF, 0, "")
			if err != nil {
				return figure.Panel{}, err
			}
			r.Add(check)
		}
	}
	r.Tables = append(r.Tables, table)

	exact, bias, noise := figure.Line{Label: "distance to the true slope", Color: figure.Ink},
		figure.Line{Label: "bias: the noised law's score", Color: figure.Blue, Dashed: true},
		figure.Line{Label: "noise of the target", Color: figure.Vermillion, Dashed: true}
	for s := .05; s <= 1.6; s *= 1.03 {
		b, v := 1/dsmVariance-1/(dsmVariance+s*s), dsmSlopeVariance(s, dsmPoints)
		for _, c := range []struct {
			line  *figure.Line
			value float64
		}{{&exact, math.Sqrt(b*b + v)}, {&bias, b}, {&noise, math.Sqrt(v)}} {
			c.line.X, c.line.Y = append(c.line.X, s), append(c.line.Y, c.value)
		}
	}
	const mle = dsmPoints / (dsmVariance * (dsmPoints - 2))
	implicit := math.Sqrt(2*mle*mle/(dsmPoints-4) + math.Pow(mle-1/dsmVariance, 2))
	marks.Color, marks.Label = figure.Ink, "measured"
	return figure.Panel{Title: "a slope from 1000 points of N(0, 2)", X: figure.Axis{Label: "σ", Log: true, Min: .045,
		Max: 1.8}, Y: figure.Axis{Label: "root mean square error", Log: true, Min: 1e-3, Max: 60},
		Layers: []figure.Layer{bias, noise, exact, marks, figure.HLine{At: implicit, Color: figure.Green,
			Label: "implicit score matching"}}, Legend: figure.TopRight}, nil
}

// noiseOfTheTarget: what J_D cannot fall below, and how far the score that it learns is from the true one, against
// sigma.
func noiseOfTheTarget(l *suite.Lab, r *suite.Report) error {
	linear, err := whatItConvergesTo(l, r)
	if err != nil {
		return err
	}
	sigmas := []float64{.05, .1, .2, .5, 1}
	floors := []float64{792.074045, 192.6295, 44.228972, 5.528201, .934617} // computed apart from this code
	n := l.Size(50_000, 500_000)
	fisher, err := kit.FisherInformationOfCross(l, sigmas)
	if err != nil {
		return err
	}
	bias, err := kit.FisherDistancesOfCross(l, sigmas)
	if err != nil {
		return err
	}
	data, err := density.X2().Sample(l.Backend, l.Key("floor data"), n)
	if err != nil {
		return err
	}
	exec, err := exec.New(l.Backend, func(x0, sigma *Node) (loss, target *Node) {
		net := func(x, _, _ *Node) *Node { return density.X2().Model(diffusion.EDM{}).Score(x, sigma) }
		zero := func(x, _, _ *Node) *Node { return ZerosLike(x) }
		of := func(net diffusion.Net) *Node {
			times := func(diffusion.Process, *Node, *random.Source) *Node { return sigma }
			r := random.New(x0.Graph(), l.Key("floor noise"))
			return MulScalar(diffusion.Denoising(dsmHeads[0].head, diffusion.Plain, times)(diffusion.EDM{}, net,
				diffusion.Batch{X0: x0}, r), 2)
		}
		return of(net), of(zero)
	})
	if err != nil {
		return err
	}
	defer exec.Finalize()
	table := suite.Table{Name: "floor", Caption: "The cross: how far the score that J_D learns is from the true one, " +
		"E_p|s - s_sigma|^2, by quadrature; E|target|^2 = d/sigma^2; and the floor E|s_sigma - target|^2, exact and " +
		"over samples",
		Header: []string{"sigma", "bias", "bias over E|s|^2", "d/sigma^2", "floor", "floor over samples", "lo", "hi"}}
	var marks figure.ErrorBars
	for i, sigma := range sigmas {
		floor := 2/(sigma*sigma) - fisher[i]
		out, err := exec.Call(data, sigma)
		if err != nil {
			return err
		}
		loss, err := metrics.Mean(kit.Points(out[0]).X)
		if err != nil {
			return err
		}
		target, err := metrics.Mean(kit.Points(out[1]).X)
		if err != nil {
			return err
		}
		bias := bias[i]
		table.Rows = append(table.Rows, []any{sigma, bias, bias / (2 * halfFisher), 2 / (sigma * sigma), floor,
			loss.Center, loss.Lo, loss.Hi})
		marks.X, marks.Y, marks.Lo, marks.Hi = append(marks.X, sigma), append(marks.Y, loss.Center),
			append(marks.Lo, loss.Lo), append(marks.Hi, loss.Hi)
		at := fmt.Sprintf(" at sigma = %g", sigma)
		r.Add(
			suite.Equals{Claim: claims.D002DenoisingObjective,
				Metric: "floor of 2 J_D on the cross, d/sigma^2 - E|s_sigma|^2, by quadrature," + at,
				Got:    floor, Want: floors[i], Tol: 6e-7, Why: "six decimals of an independent computation"},
			suite.Near{Claim: claims.D002DenoisingObjective, Metric: "2 J_D of the exact noised score on the cross" +
				at, Got: loss, Want: floor, Why: kit.WhySE + "; exact by quadrature"},
			suite.Near{Claim: claims.D003NoiseTarget, Metric: "E|eps/sigma|^2" + at + ": the target's size",
				Got: target, Want: 2 / (sigma * sigma), Why: kit.WhySE + "; exact: d/sigma^2"})
		if sigma == .2 {
			r.Add(suite.Equals{Claim: claims.D001DSMUnbiased, Metric: "E|s - s_0.2|^2 over E|s|^2: what is left of " +
				"the figure's error when all is learned, with respect to the true score of the cross",
				Got: bias / (2 * halfFisher), Want: .647428 / 8.130638, Tol: 1e-6,
				Why: "six decimals of an independent computation", Shows: suite.Qualified})
		}
	}
	r.Tables = append(r.Tables, table)
	var grid []float64
	for k := range 25 {
		grid = append(grid, .05*math.Pow(1.5/.05, float64(k)/24))
	}
	if fisher, err = kit.FisherInformationOfCross(l, grid); err != nil {
		return err
	}
	if bias, err = kit.FisherDistancesOfCross(l, grid); err != nil {
		return err
	}
	floor := make([]float64, len(grid))
	for k, s := range grid {
		floor[k] = 2/(s*s) - fisher[k]
	}
	curve := figure.Line{X: grid, Y: floor, Label: "variance of the target, floor of 2 J_{D}", Color: figure.Vermillion}
	away := figure.Line{X: grid, Y: bias, Label: "bias of its minimiser, E|s - s_{σ}|^{2}", Color: figure.Blue}
	marks.Color, marks.Label = figure.Ink, "loss of the exact score, measured"
	f, err := kit.PNG("noise", "What a small σ buys and costs. Left: on the cross, the squared distance between the "+
		"true score and the noised one falls, and the variance of the target grows, as σ falls. Right: a linear "+
		"score learned from 1000 points: neither large nor small noise is good, and matching the score without noise "+
		"(implicit) is better than both.",
		figure.Row("", figure.Panel{Title: "the cross", X: figure.Axis{Label: "σ", Log: true, Min: .045, Max: 1.8},
			Y:      figure.Axis{Label: "squared error of a score", Log: true, Min: 1e-3, Max: 3e4},
			Layers: []figure.Layer{curve, away, marks}, Legend: figure.TopRight}, linear))
	r.Figures = append(r.Figures, f)
	return err
}
