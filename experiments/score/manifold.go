package score

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/integrate/quad"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/metrics"
	"scorelab/lib/suite"
)

var manifold = suite.Experiment{
	ID:       "E36-manifold",
	Title:    "The score near a manifold, and the dimension that it gives away",
	Question: "What becomes of the score when the data lies on a curve or a plane and the noise falls?",
	Sources: []string{"002, section 4", "003, Noise Levels and Multi-Scale Scores", "003, Geometric Interpretation, " +
		"table", "004, Why is this viewpoint useful?"},
	Run: runManifold,
}

func runManifold(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "It splits. Across the manifold it grows like 1/sigma and points to the nearest " +
		"point; along it, it settles at the score of the density on the manifold. sigma^2 E|score|^2 counts the " +
		"directions across, and what the one-step denoiser leaves, E|D - x0|^2/sigma^2, those along: the dimension " +
		"of the data at the scale sigma. The denoiser itself tends to the projection. Two sentences need a " +
		"condition: an edge makes the score along the manifold grow too, and only the clean points themselves are " +
		"near equilibrium, their noisy neighbours are not."}
	circles, err := onCircles(l, r)
	if err != nil {
		return nil, err
	}
	defer circles.uniform.finalize()
	defer circles.bent.finalize()
	edge := onSegment(r)
	if err := l.Progress(.3, "a plane in eight dimensions"); err != nil {
		return nil, err
	}
	plane, err := onPlane(l, r)
	if err != nil {
		return nil, err
	}
	if err := l.Progress(.6, "drawing"); err != nil {
		return nil, err
	}
	return r, manifoldFigures(l, r, circles, edge, plane)
}

const (
	supportClaim     = claims.D002ScoreOnManifold
	noisedClaim      = claims.D002NoiseGivesSupport
	nearClaim        = claims.D003NearManifold
	equilibriumClaim = claims.D003RealisticEquilibrium
	oneStepClaim     = claims.D004OneStepDenoising
)

// circlePull is the concentration of the weighted circle's angle; the density along it has the score -2 sin(angle).
const circlePull = 2.

// circleMeans holds mean squares under the noised law of a circle of radius 1, by quadrature.
type circleMeans struct {
	normal, tangent float64 // of the score's components
	left            float64 // E|D - x0|^2, the trace of the mean posterior covariance
	gap             float64 // E|D - projection|^2
}

// noisedCircle evaluates a circle's noised law at any noise level.
type noisedCircle struct{ means, at *exec.Exec }

func (g noisedCircle) finalize() { g.means.Finalize(); g.at.Finalize() }

// circleAngles resolve the weighted circle's law, whose harmonics fall like (pull/2)^j/j!, to rounding.
const circleAngles = 48

func newNoisedCircle(l *suite.Lab, c *density.Circle) (noisedCircle, error) {
	model := c.Model(diffusion.EDM{}) // sigma is the time
	angles := make([][]float64, circleAngles)
	for j := range angles {
		sin, cos := math.Sincos(2 * math.Pi * (float64(j) + .5) / circleAngles)
		angles[j] = []float64{cos, sin}
	}
	means, err := exec.New(l.Backend, func(radii, weights, sigma *Node) *Node {
		n := radii.Shape().Dim(0)
		flat := func(x *Node, columns int) *Node { return Reshape(x, n*circleAngles, columns) }
		every := func(x *Node) *Node { return BroadcastToDims(x, n, circleAngles, x.Shape().Dim(-1)) }
		out := ConstAs(radii, angles)
		normal := flat(every(InsertAxes(out, 0)), 2)
		x := Mul(flat(every(InsertAxes(radii, -1, -1)), 1), normal)
		mass := MulScalar(flat(every(InsertAxes(Mul(weights, radii), -1, -1)), 1), 2*math.Pi/circleAngles)
		mass = Mul(mass, InsertAxes(Exp(model.LogDensity(x, sigma)), -1))
		d := model.Denoise(x, sigma)
		s := model.At(sigma).Score(d, x)
		along := ReduceAndKeep(Mul(s, normal), ReduceSum, 1)
		cov := c.PosteriorCov(diffusion.EDM{}, x, sigma)
		identity := InsertAxes(ConvertDType(Diagonal(x.Graph(), 2), x.DType()), 0)
		mean := func(v *Node) *Node { return ReduceAllSum(Mul(mass, v)) }
		// summed over both coordinates
		return Stack([]*Node{ReduceAllSum(mass), mean(Square(along)), mean(Square(Sub(s, Mul(along, normal)))),
			mean(ReduceSum(Mul(cov, identity), 2)), mean(Square(Sub(d, normal)))}, 0)
	})
	if err != nil {
		return noisedCircle{}, err
	}
	at, err := exec.New(l.Backend, func(x, sigma *Node) *Node { // [batch, 6]
		d := model.Denoise(x, sigma)
		column := func(v *Node) *Node { return InsertAxes(v, -1) }
		return Concatenate([]*Node{d, model.At(sigma).Score(d, x), column(model.LogDensity(x, sigma)),
			column(model.Divergence(x, sigma))}, 1)
	})
	return noisedCircle{means, at}, err
}

// squares are the means at noise sigma: Gauss-Legendre across, the trapezoidal rule around.
func (g noisedCircle) squares(sigma float64) (circleMeans, error) {
	const n = 160
	r, w := make([]float64, n), make([]float64, n)
	quad.Legendre{}.FixedLocations(r, w, math.Max(0, 1-9*sigma), 1+9*sigma)
	out, err := g.means.Call1(r, w, sigma)
	if err != nil {
		return circleMeans{}, err
	}
	v := tensors.MustCopyFlatData[float64](out)
	if math.Abs(v[0]-1) > 1e-9 {
		return circleMeans{}, fmt.Errorf("noised circle at sigma = %g has mass %g by quadrature", sigma, v[0])
	}
	return circleMeans{v[1], v[2], v[3], v[4]}, nil
}

// circlePoint is what the law says at one point.
type circlePoint struct {
	denoised, score [2]float64
	log, divergence float64
}

func (g noisedCircle) point(sigma float64, x ...float64) (circlePoint, error) {
	out, err := g.at.Call1([][]float64{x}, sigma)
	if err != nil {
		return circlePoint{}, err
	}
	v := tensors.MustCopyFlatData[float64](out)
	return circlePoint{[2]float64{v[0], v[1]}, [2]float64{v[2], v[3]}, v[4], v[5]}, nil
}

// circles are the measurements on both circles over noise levels.
type circles struct {
	sigma         []float64
	even, pulled  []circleMeans
	uniform, bent noisedCircle
}

// dimensionStep is the ratio of noise levels in tables and figures: 12 to a decade.
var dimensionStep = math.Pow(10, 1./12)

func onCircles(l *suite.Lab, r *suite.Report) (out circles, err error) {
	uniform, err := density.NewCircle("circle", 1, 0)
	if err != nil {
		return out, err
	}
	weighted, err := density.NewCircle("weighted circle", 1, circlePull)
	if err != nil {
		return out, err
	}
	if out.uniform, err = newNoisedCircle(l, uniform); err != nil {
		return out, err
	}
	if out.bent, err = newNoisedCircle(l, weighted); err != nil {
		return out, err
	}
	table := suite.Table{Name: "circle", Caption: "The circle of radius 1 noised by sigma, uniform and with density " +
		"proportional to exp(2 cos angle): root mean square of the score's parts, and the dimension E|D - " +
		"x0|^2/sigma^2",
		Header: []string{"sigma", "normal, uniform", "dimension, uniform", "normal, weighted", "tangential, weighted",
			"dimension, weighted"}}
	for s := 10.; s > .9e-3; s /= dimensionStep {
		even, err := out.uniform.squares(s)
		if err != nil {
			return out, err
		}
		pulled, err := out.bent.squares(s)
		if err != nil {
			return out, err
		}
		out.sigma, out.even, out.pulled = append(out.sigma, s), append(out.even, even), append(out.pulled, pulled)
		table.Rows = append(table.Rows, []any{s, math.Sqrt(even.normal), even.left / (s * s), math.Sqrt(pulled.normal),
			math.Sqrt(pulled.tangent), pulled.left / (s * s)})
	}
	r.Tables = append(r.Tables, table)
	if err := circleGrowth(r, out); err != nil {
		return out, err
	}
	if err := thickCircle(r, out.uniform); err != nil {
		return out, err
	}
	return out, circleLimits(r, out)
}

// thickness is that of a ring: the circle with Gaussian noise of that standard deviation as its data.
const thickness = .01

// thickDimension is E|D - x0|^2/sigma^2 of the ring. Noised by sigma it is the circle noised by hypot(sigma,
// thickness).
func thickDimension(g noisedCircle, sigma float64) (float64, error) {
	a, err := g.squares(math.Hypot(sigma, thickness))
	return 2 - sigma*sigma*(a.normal+a.tangent), err
}

// thickCircle: data is on a manifold only as far as noise cannot see its thickness.
func thickCircle(r *suite.Report, g noisedCircle) error {
	for _, sigma := range []float64{.001, .1} {
		dimension, err := thickDimension(g, sigma)
		if err != nil {
			return err
		}
		v := sigma*sigma + thickness*thickness
		r.Add(suite.Equals{Claim: supportClaim, Metric: fmt.Sprintf("dimension that the score shows of a circle 0.01 "+
			"thick at sigma = %g", sigma), Got: dimension, Want: 2 - sigma*sigma/v*(1-v/2), Tol: 2 * v * v,
			Why: "the expansion for the circle at the noise of both; which manifold data lies on depends on the " +
				"scale",
			Shows: suite.Qualified})
	}
	return nil
}

// circleGrowth holds the mean squares on the circles against their laws as sigma falls.
func circleGrowth(r *suite.Report, g circles) error {
	small := 0
	for g.sigma[small] > .1 {
		small++
	}
	for _, c := range []struct {
		name string
		of   []circleMeans
	}{{"uniform circle", g.even}, {"weighted circle", g.pulled}} {
		normal, err := metrics.LogSlope(g.sigma[small:], kit.Map(c.of[small:], func(a circleMeans) float64 {
			return math.Sqrt(a.normal)
		}))
		if err != nil {
			return err
		}
		gap, err := metrics.LogSlope(g.sigma[small:], kit.Map(c.of[small:], func(a circleMeans) float64 {
			return math.Sqrt(a.gap)
		}))
		if err != nil {
			return err
		}
		worst := 0.
		for i, s := range g.sigma {
			worst = math.Max(worst, math.Abs(2-s*s*(c.of[i].normal+c.of[i].tangent)-c.of[i].left/(s*s)))
		}
		r.Add(
			suite.Equals{Claim: noisedClaim, Metric: "power of sigma by which the score across the " + c.name +
				" grows, sigma = 0.1 to 0.001", Got: normal.Center, Want: -1, Tol: .02,
				Why: "corrections of relative size sigma^2 bend the line at its upper end", Shows: suite.Qualified},
			suite.Equals{Claim: oneStepClaim, Metric: "power of sigma by which the denoiser tends to the projection " +
				"on the " + c.name, Got: gap.Center, Want: 2, Tol: .02,
				Why: "corrections of relative size sigma^2 bend the line at its upper end"},
			suite.Below{Claim: oneStepClaim, Metric: "|(2 - sigma^2 E|score|^2) - E|D - x0|^2/sigma^2| on the " +
				c.name + ", sigma = 10 to 0.001", Got: worst, Bound: 1e-9,
				Why: "rounding of (D - x)/sigma^2 where |x|/sigma is 10^3"})
	}
	const sigma = .05
	even, err := g.uniform.squares(sigma)
	if err != nil {
		return err
	}
	const finest = .001
	pulled, err := g.bent.squares(finest)
	if err != nil {
		return err
	}
	mean, _ := weightedMoments()
	r.Add(
		suite.Equals{Claim: nearClaim, Metric: "sigma^2 E|score|^2 on the uniform circle at sigma = 0.05, whose " +
			"codimension is 1", Got: sigma * sigma * even.normal, Want: 1 - sigma*sigma/2, Tol: 2 * math.Pow(sigma, 4),
			Why: "1 - sigma^2/2 - (5/4) sigma^4 - ..., from the expansions of the Bessel functions"},
		suite.Equals{Claim: oneStepClaim, Metric: "E|D - x0|^2/sigma^2 on the uniform circle at sigma = 0.05: the " +
			"noise along the circle stays", Got: even.left / (sigma * sigma), Want: 1 + sigma*sigma/2, Tol: 2 *
			math.Pow(sigma, 4), Why: "1 + sigma^2/2 + (5/4) sigma^4 + ...", Shows: suite.Qualified},
		suite.Equals{Claim: nearClaim, Metric: "sigma^2 E|normal score|^2 on the weighted circle at sigma = 0.001, " +
			"whose codimension is 1", Got: finest * finest * pulled.normal, Want: 1, Tol: 10 * finest * finest,
			Why: "corrections of order sigma^2"},
		suite.Equals{Claim: nearClaim, Metric: "E|tangential score|^2 on the weighted circle at sigma = 0.001: " +
			"bounded, that of the density along the circle", Got: pulled.tangent, Want: circlePull * mean, Tol: 10 *
			finest * finest, Why: "E (2 sin angle)^2 = 2 I1(2)/I0(2) by parts; corrections of order sigma^2"})
	return nil
}

// weightedMoments are E cos and E sin^2 of the weighted circle's angle, by the trapezoidal rule.
func weightedMoments() (cos, sin2 float64) {
	total := 0.
	for j := range 64 {
		s, c := math.Sincos(2 * math.Pi * float64(j) / 64)
		w := math.Exp(circlePull * c)
		total, cos, sin2 = total+w, cos+w*c, sin2+w*s*s
	}
	return cos / total, sin2 / total
}

// circleLimits holds single points on and off the circles against their limits.
func circleLimits(r *suite.Report, g circles) error {
	const finest = .001
	var sigmas, logs []float64
	for s := .05; s >= finest; s /= 1.5 {
		a, err := g.uniform.point(s, 1, 0)
		if err != nil {
			return err
		}
		sigmas, logs = append(sigmas, s), append(logs, math.Exp(a.log))
	}
	slope, err := metrics.LogSlope(sigmas, logs)
	if err != nil {
		return err
	}
	const radius = 1.3
	off, err := g.uniform.point(finest, radius, 0)
	if err != nil {
		return err
	}
	on, err := g.uniform.point(finest, 1, 0)
	if err != nil {
		return err
	}
	r.Add(
		suite.Equals{Claim: supportClaim, Metric: "power of sigma by which the density on the circle itself grows: " +
			"none is left to differentiate there either", Got: slope.Center, Want: -1, Tol: .001,
			Why: "minus the codimension; corrections of relative size sigma^2/8", Shows: suite.Qualified},
		suite.Equals{Claim: supportClaim, Metric: "-2 sigma^2 log density at distance 0.3 from the circle, sigma = " +
			"0.001: it tends to distance^2, so that p is 0 and its score undefined",
			Got: -2 * finest * finest * off.log, Want: .09, Tol: 2 * finest * finest * math.Log(1/finest),
			Why: "the rest of the logarithm is smaller than log(1/sigma)"},
		suite.Equals{Claim: noisedClaim, Metric: "sigma^2 score at distance 0.3 from the circle, sigma = 0.001: the " +
			"way to the nearest point", Got: finest * finest * off.score[0], Want: 1 - radius, Tol: finest * finest,
			Why: "curvature shortens it by sigma^2/(2 |x|)"},
		suite.Equals{Claim: oneStepClaim, Metric: "distance of the denoised point from the projection over sigma^2, " +
			"from distance 0.3, sigma = 0.001", Got: (1 - off.denoised[0]) / (finest * finest), Want: 1 / (2 * radius),
			Tol: 1e-5, Why: "1 - I1/I0 = 1/(2 kappa) + 1/(8 kappa^2), and rounding over sigma^2"},
		suite.Equals{Claim: nearClaim, Metric: "sigma^2 div score at a clean point, sigma = 0.001: slope across the " +
			"circle", Got: finest * finest * on.divergence, Want: -1, Tol: 2 * finest * finest,
			Why: "corrections of order sigma^2"},
		suite.Equals{Claim: equilibriumClaim, Metric: "score at a clean point of the uniform circle, sigma = 0.001: " +
			"curvature alone pulls, inwards", Got: on.score[0], Want: -.5, Tol: 1e-5,
			Why: "(I1/I0 - 1)/sigma^2 = -1/2 - sigma^2/8, and rounding over sigma^2", Shows: suite.Qualified})
	noisy, err := g.uniform.squares(finest)
	if err != nil {
		return err
	}
	r.Add(suite.Equals{Claim: equilibriumClaim, Metric: "root mean square of the score where samples at that noise " +
		"are, times sigma", Got: finest * math.Sqrt(noisy.normal+noisy.tangent), Want: 1, Tol: finest * finest,
		Why: "1 - sigma^2/4", Shows: suite.Qualified})
	worst := 0.
	for j := range 8 {
		sin, cos := math.Sincos(.3 + float64(j))
		a, err := g.bent.point(finest, cos, sin)
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
