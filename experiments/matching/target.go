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
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

// The linear score is learned from data sets of dsmPoints points of N(0, dsmVariance).
const (
	dsmVariance = 2.
	dsmPoints   = 1000
)

// dsmSlopeVariance is the variance of the slope that minimizes J_D on n pairs (x~, eps). Given the x~, the slope is
// normal about 1/(v + sigma^2) with variance v/(sigma^2 (v + sigma^2) sum x~^2), where sum x~^2/(v + sigma^2) is
// chi-square with n degrees of freedom.
func dsmSlopeVariance(sigma float64, n float64) float64 {
	noised := dsmVariance + sigma*sigma
	return dsmVariance / (sigma * sigma * noised * noised * (n - 2))
}

// denoisingMinimizers fits s = -theta x to data sets of N(0, 2) by denoising. The loss is quadratic in theta, so one
// step of Newton's method from 0 reaches the minimum.
func denoisingMinimizers(l *suite.Lab, sigma float64, sets int) ([]float64, error) {
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

// slopeFits are the slopes theta learned from many data sets at one noise level.
type slopeFits struct {
	sigma              float64
	fits               []float64
	mean, variance     metrics.Summary
	far                metrics.Summary // mean squared distance to 1/v
	want, wantVariance float64
}

func fitSlopes(l *suite.Lab, sigma float64, sets int) (f slopeFits, err error) {
	f = slopeFits{sigma: sigma, want: 1 / (dsmVariance + sigma*sigma), wantVariance: dsmSlopeVariance(sigma, dsmPoints)}
	if f.fits, err = denoisingMinimizers(l, sigma, sets); err != nil {
		return f, err
	}
	if f.mean, err = metrics.Mean(f.fits); err != nil {
		return f, err
	}
	if f.variance, err = metrics.Variance(f.fits); err != nil {
		return f, err
	}
	f.far, err = metrics.MeanOf(len(f.fits), func(i int) float64 { return math.Pow(f.fits[i]-1/dsmVariance, 2) })
	return f, err
}

// check compares mean, variance and, at one noise level, the distribution of the slopes with the exact ones.
func (f slopeFits) check(r *suite.Report) error {
	what := fmt.Sprintf(" of the slope that J_D learns from 1000 points of N(0, 2) at sigma = %g", f.sigma)
	r.Add(
		suite.Near{Claim: claims.D002MatchNoisyScore, Metric: "mean" + what, Got: f.mean, Want: f.want,
			Why: kit.WhySE + "; exact: 1/(v + sigma^2), at any number of points"},
		suite.Near{Claim: claims.D000DSMScore, Metric: "variance" + what, Got: f.variance, Want: f.wantVariance,
			Why: kit.WhySE + "; exact: the estimator has a t distribution"})
	if f.sigma != .5 {
		return nil
	}
	exact := distuv.StudentsT{Mu: f.want, Sigma: math.Sqrt(dsmVariance/dsmPoints) /
		(f.sigma * (dsmVariance + f.sigma*f.sigma)), Nu: dsmPoints}
	check, err := kit.KSCheck(claims.D000DSMScore, "law"+what+": distance to Student's t", f.fits, exact.CDF, 0, "")
	if err != nil {
		return err
	}
	r.Add(check)
	return nil
}

// linearScore learns a linear score of N(0, 2) from finite data. Its mean is the score of the noised distribution; its
// variance is the price of the noisy target.
func linearScore(l *suite.Lab, r *suite.Report) (all []slopeFits, err error) {
	sets := l.Size(400, 2000)
	table := suite.Table{Name: "linear", Caption: fmt.Sprintf("Slope theta of the linear score -theta x of N(0, 2) "+
		"that minimizes J_D, from data sets of %d points with one noise each: mean and standard deviation over %d "+
		"data sets beside the exact values. The mean is 1/(v + sigma^2), not 1/v", dsmPoints, sets),
		Header: []string{"sigma", "mean slope", "1/(v+sigma^2)", "standard deviation", "exact",
			"distance to 1/v, root mean square"}}
	for _, sigma := range []float64{.1, .2, .5, 1} {
		f, err := fitSlopes(l, sigma, sets)
		if err != nil {
			return nil, err
		}
		table.Rows = append(table.Rows, []any{sigma, f.mean.Center, f.want, math.Sqrt(f.variance.Center),
			math.Sqrt(f.wantVariance), math.Sqrt(f.far.Center)})
		if err := f.check(r); err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	r.Tables = append(r.Tables, table)
	return all, nil
}

// targetNoise holds the floor of J_D and the bias of its minimizer on the cross at one noise level.
type targetNoise struct {
	sigma, bias, floor float64         // E|s - s_sigma|^2, and 2 J_D of the exact score, by quadrature
	loss, target       metrics.Summary // 2 J_D of the exact score and of the score 0, over samples
}

// noiseOfTheTarget measures, by noise level, the floor of J_D, and the distance between the score that it learns and
// the true one.
func noiseOfTheTarget(l *suite.Lab, r *suite.Report) error {
	slopes, err := linearScore(l, r)
	if err != nil {
		return err
	}
	levels, err := targetNoises(l, []float64{.05, .1, .2, .5, 1})
	if err != nil {
		return err
	}
	table := suite.Table{Name: "floor", Caption: "The cross by noise level: the bias E|s - s_sigma|^2 of the score " +
		"that J_D learns, the size d/sigma^2 of the target, and the floor of 2 J_D, by quadrature and over samples. " +
		"As sigma falls the bias shrinks and the floor grows",
		Header: []string{"sigma", "bias", "bias over E|s|^2", "d/sigma^2", "floor", "floor over samples", "lo", "hi"}}
	floors := []float64{792.074045, 192.6295, 44.228972, 5.528201, .934617} // from an independent quadrature
	for i, n := range levels {
		table.Rows = append(table.Rows, []any{n.sigma, n.bias, n.bias / (2 * halfFisher), 2 / (n.sigma * n.sigma),
			n.floor, n.loss.Center, n.loss.Lo, n.loss.Hi})
		n.check(r, floors[i])
	}
	r.Tables = append(r.Tables, table)
	return noiseFigure(l, r, slopes, levels)
}

// targetNoises measures all noise levels.
func targetNoises(l *suite.Lab, sigmas []float64) (all []targetNoise, err error) {
	fisher, err := kit.FisherInformationOfCross(l, sigmas)
	if err != nil {
		return nil, err
	}
	bias, err := kit.FisherDistancesOfCross(l, sigmas)
	if err != nil {
		return nil, err
	}
	data, err := density.Cross().Sample(l.Backend, l.Key("floor data"), l.Size(50_000, 500_000))
	if err != nil {
		return nil, err
	}
	exec, err := denoisingLosses(l)
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	for i, sigma := range sigmas {
		n := targetNoise{sigma: sigma, bias: bias[i], floor: 2/(sigma*sigma) - fisher[i]}
		out, err := exec.Call(data, sigma)
		if err != nil {
			return nil, err
		}
		if n.loss, err = metrics.Mean(kit.Points(out[0]).X); err != nil {
			return nil, err
		}
		if n.target, err = metrics.Mean(kit.Points(out[1]).X); err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

// denoisingLosses compiles 2 J_D of the exact noised score and of the score 0, [n] each, on the same noise.
func denoisingLosses(l *suite.Lab) (*exec.Exec, error) {
	return exec.New(l.Backend, func(x0, sigma *Node) (loss, target *Node) {
		net := func(x, _, _ *Node) *Node { return density.Cross().Model(diffusion.EDM{}).Score(x, sigma) }
		zero := func(x, _, _ *Node) *Node { return ZerosLike(x) }
		of := func(net diffusion.Net) *Node {
			times := func(diffusion.Process, *Node, *random.Source) *Node { return sigma }
			r := random.New(x0.Graph(), l.Key("floor noise"))
			return MulScalar(diffusion.Denoising(dsmHeads[0].head, diffusion.Plain, times)(diffusion.EDM{}, net,
				diffusion.Batch{X0: x0}, r), 2)
		}
		return of(net), of(zero)
	})
}

// check compares the floor by quadrature with an independent number, and the losses over samples with it.
func (n targetNoise) check(r *suite.Report, floor float64) {
	at := fmt.Sprintf(" at sigma = %g", n.sigma)
	r.Add(
		suite.Equals{Claim: claims.D002DenoisingObjective,
			Metric: "floor of 2 J_D on the cross, d/sigma^2 - E|s_sigma|^2, by quadrature," + at,
			Got:    n.floor, Want: floor, Tol: 6e-7, Why: "six decimals of an independent computation"},
		suite.Near{Claim: claims.D002DenoisingObjective, Metric: "2 J_D of the exact noised score on the cross" +
			at, Got: n.loss, Want: n.floor, Why: kit.WhySE + "; exact by quadrature"},
		suite.Near{Claim: claims.D003NoiseTarget, Metric: "E|eps/sigma|^2" + at + ": the target's size",
			Got: n.target, Want: 2 / (n.sigma * n.sigma), Why: kit.WhySE + "; exact: d/sigma^2"})
	if n.sigma == .2 {
		r.Add(suite.Equals{Claim: claims.D001DSMUnbiased, Metric: "E|s - s_0.2|^2 over E|s|^2: what is left of " +
			"the figure's error when all is learned, with respect to the true score of the cross",
			Got: n.bias / (2 * halfFisher), Want: .647428 / 8.130638, Tol: 1e-6,
			Why: "six decimals of an independent computation", Shows: suite.Qualified})
	}
}
