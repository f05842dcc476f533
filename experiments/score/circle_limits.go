package score

import (
	"fmt"
	"math"

	"scorelab/experiments/kit"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

// thickness is the standard deviation of the Gaussian noise that turns the circle into a ring, the data.
const thickness = .01

// thickDimension is E|D - x0|^2/sigma^2 of the ring. Noised by sigma it is the circle noised by hypot(sigma,
// thickness).
func thickDimension(g noisedCircle, sigma float64) (float64, error) {
	a, err := g.squares(math.Hypot(sigma, thickness))
	return 2 - sigma*sigma*(a.normal+a.tangent), err
}

// thickCircle checks that the ring has dimension 2 at noise below its thickness, and 1 at noise above.
func thickCircle(r *suite.Report, g noisedCircle) error {
	for _, sigma := range []float64{.001, .1} {
		dimension, err := thickDimension(g, sigma)
		if err != nil {
			return err
		}
		v := sigma*sigma + thickness*thickness
		r.Add(suite.Equals{Claim: supportClaim, Metric: fmt.Sprintf("dimension that the score shows of a circle 0.01 "+
			"thick at sigma = %g", sigma), Got: dimension, Want: 2 - sigma*sigma/v*(1-v/2), Tol: 2 * v * v,
			Why: "expansion for the circle at noise hypot(sigma, 0.01); the dimension of the data depends on the " +
				"scale",
			Shows: suite.Qualified})
	}
	return nil
}

// circleGrowth compares the powers of sigma by which mean squares on the circles grow with the exact ones.
func circleGrowth(r *suite.Report, g circles) error {
	small := 0
	for g.sigma[small] > .1 {
		small++
	}
	power := func(of []circleMeans, square func(a circleMeans) float64) (float64, error) {
		fit, err := metrics.LogSlope(g.sigma[small:], kit.Map(of[small:], func(a circleMeans) float64 {
			return math.Sqrt(square(a))
		}))
		return fit.Center, err
	}
	for _, c := range []struct {
		name string
		of   []circleMeans
	}{{"uniform circle", g.onUniform}, {"weighted circle", g.onWeighted}} {
		normal, err := power(c.of, func(a circleMeans) float64 { return a.normal })
		if err != nil {
			return err
		}
		gap, err := power(c.of, func(a circleMeans) float64 { return a.gap })
		if err != nil {
			return err
		}
		worst := 0.
		for i, s := range g.sigma {
			worst = math.Max(worst, math.Abs(2-s*s*(c.of[i].normal+c.of[i].tangent)-c.of[i].left/(s*s)))
		}
		r.Add(
			suite.Equals{Claim: noisedClaim, Metric: "power of sigma by which the score across the " + c.name +
				" grows, sigma = 0.1 to 0.001", Got: normal, Want: -1, Tol: .02,
				Why: "corrections of relative size sigma^2 bend the line at its upper end", Shows: suite.Qualified},
			suite.Equals{Claim: oneStepClaim, Metric: "power of sigma by which the denoiser tends to the projection " +
				"on the " + c.name, Got: gap, Want: 2, Tol: .02,
				Why: "corrections of relative size sigma^2 bend the line at its upper end"},
			suite.Below{Claim: oneStepClaim, Metric: "|(2 - sigma^2 E|score|^2) - E|D - x0|^2/sigma^2| on the " +
				c.name + ", sigma = 10 to 0.001", Got: worst, Bound: 1e-9,
				Why: "rounding of (D - x)/sigma^2 where |x|/sigma is 10^3"})
	}
	return nil
}

// circleMoments compares mean squares on the circles with their expansions in sigma, at one noise level each.
func circleMoments(r *suite.Report, g circles) error {
	const sigma = .05
	uniform, err := g.uniform.squares(sigma)
	if err != nil {
		return err
	}
	weighted, err := g.weighted.squares(finest)
	if err != nil {
		return err
	}
	mean, _ := weightedMoments()
	r.Add(
		suite.Equals{Claim: nearClaim, Metric: "sigma^2 E|score|^2 on the uniform circle at sigma = 0.05, whose " +
			"codimension is 1", Got: sigma * sigma * uniform.normal, Want: 1 - sigma*sigma/2, Tol: 2 *
			math.Pow(sigma, 4),
			Why: "1 - sigma^2/2 - (5/4) sigma^4 - ..., from the expansions of the Bessel functions"},
		suite.Equals{Claim: oneStepClaim, Metric: "E|D - x0|^2/sigma^2 on the uniform circle at sigma = 0.05: the " +
			"noise along the circle stays", Got: uniform.left / (sigma * sigma), Want: 1 + sigma*sigma/2, Tol: 2 *
			math.Pow(sigma, 4), Why: "1 + sigma^2/2 + (5/4) sigma^4 + ...", Shows: suite.Qualified},
		suite.Equals{Claim: nearClaim, Metric: "sigma^2 E|normal score|^2 on the weighted circle at sigma = 0.001, " +
			"whose codimension is 1", Got: finest * finest * weighted.normal, Want: 1, Tol: 10 * finest * finest,
			Why: "corrections of order sigma^2"},
		suite.Equals{Claim: nearClaim, Metric: "E|tangential score|^2 on the weighted circle at sigma = 0.001: " +
			"bounded, that of the density along the circle", Got: weighted.tangent, Want: circlePull * mean, Tol: 10 *
			finest * finest, Why: "E (2 sin angle)^2 = 2 I1(2)/I0(2) by parts; corrections of order sigma^2"})
	return nil
}

// weightedMoments returns E cos and E sin^2 of the weighted circle's angle, by the trapezoidal rule.
func weightedMoments() (cos, sin2 float64) {
	total := 0.
	for j := range 64 {
		s, c := math.Sincos(2 * math.Pi * float64(j) / 64)
		w := math.Exp(circlePull * c)
		total, cos, sin2 = total+w, cos+w*c, sin2+w*s*s
	}
	return cos / total, sin2 / total
}

// finest is the noise level at which points on and off the circles are compared with their limits.
const finest = .001

// densityOnCircle checks that the noised density on the circle itself grows like 1/sigma.
func densityOnCircle(r *suite.Report, g noisedCircle) error {
	var sigmas, logs []float64
	for s := .05; s >= finest; s /= 1.5 {
		a, err := g.point(s, 1, 0)
		if err != nil {
			return err
		}
		sigmas, logs = append(sigmas, s), append(logs, math.Exp(a.log))
	}
	slope, err := metrics.LogSlope(sigmas, logs)
	if err != nil {
		return err
	}
	r.Add(
		suite.Equals{Claim: supportClaim, Metric: "power of sigma by which the density on the circle itself grows: " +
			"none is left to differentiate there either", Got: slope.Center, Want: -1, Tol: .001,
			Why: "minus the codimension; corrections of relative size sigma^2/8", Shows: suite.Qualified})
	return nil
}

// offCircle checks a point off the circle: the density vanishes, score and denoiser point to the projection.
func offCircle(r *suite.Report, g noisedCircle) error {
	const radius = 1.3
	off, err := g.point(finest, radius, 0)
	if err != nil {
		return err
	}
	r.Add(
		suite.Equals{Claim: supportClaim, Metric: "-2 sigma^2 log density at distance 0.3 from the circle, sigma = " +
			"0.001: it tends to distance^2, so that p is 0 and its score undefined",
			Got: -2 * finest * finest * off.log, Want: .09, Tol: 2 * finest * finest * math.Log(1/finest),
			Why: "the rest of the logarithm is smaller than log(1/sigma)"},
		suite.Equals{Claim: noisedClaim, Metric: "sigma^2 score at distance 0.3 from the circle, sigma = 0.001: the " +
			"way to the nearest point", Got: finest * finest * off.score[0], Want: 1 - radius, Tol: finest * finest,
			Why: "curvature shortens it by sigma^2/(2 |x|)"},
		suite.Equals{Claim: oneStepClaim, Metric: "distance of the denoised point from the projection over sigma^2, " +
			"from distance 0.3, sigma = 0.001", Got: (1 - off.denoised[0]) / (finest * finest), Want: 1 / (2 * radius),
			Tol: 1e-5, Why: "1 - I1/I0 = 1/(2 kappa) + 1/(8 kappa^2), and rounding over sigma^2"})
	return nil
}

// cleanPoints checks that the score stays bounded at a clean point of the circle, and not at its noisy neighbors.
func cleanPoints(r *suite.Report, g noisedCircle) error {
	on, err := g.point(finest, 1, 0)
	if err != nil {
		return err
	}
	noisy, err := g.squares(finest)
	if err != nil {
		return err
	}
	r.Add(
		suite.Equals{Claim: nearClaim, Metric: "sigma^2 div score at a clean point, sigma = 0.001: slope across the " +
			"circle", Got: finest * finest * on.divergence, Want: -1, Tol: 2 * finest * finest,
			Why: "corrections of order sigma^2"},
		suite.Equals{Claim: equilibriumClaim, Metric: "score at a clean point of the uniform circle, sigma = 0.001: " +
			"curvature alone pulls, inwards", Got: on.score[0], Want: -.5, Tol: 1e-5,
			Why: "(I1/I0 - 1)/sigma^2 = -1/2 - sigma^2/8, and rounding over sigma^2", Shows: suite.Qualified},
		suite.Equals{Claim: equilibriumClaim, Metric: "root mean square of the score where samples at that noise " +
			"are, times sigma", Got: finest * math.Sqrt(noisy.normal+noisy.tangent), Want: 1, Tol: finest * finest,
			Why: "1 - sigma^2/4", Shows: suite.Qualified})
	return nil
}

// alongWeightedCircle checks that the score along the weighted circle tends to that of the density on it.
func alongWeightedCircle(r *suite.Report, g noisedCircle) error {
	worst := 0.
	for j := range 8 {
		sin, cos := math.Sincos(.3 + float64(j))
		a, err := g.point(finest, cos, sin)
		if err != nil {
			return err
		}
		worst = math.Max(worst, math.Abs(-sin*a.score[0]+cos*a.score[1]+circlePull*sin))
	}
	r.Add(suite.Below{Claim: nearClaim, Metric: "|score along the weighted circle + 2 sin angle| at eight clean " +
		"points, sigma = 0.001", Got: worst, Bound: 1e-5,
		Why: "corrections of order sigma^2, and rounding over sigma^2"})
	return nil
}
