package score

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/integrate/quad"

	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/suite"
)

// circlePull is the concentration of the weighted circle: its angle has a density proportional to exp(2 cos angle), and
// so the score -2 sin(angle) along the circle.
const circlePull = 2.

// circleMeans are mean squares over the noised distribution of a circle of radius 1, by quadrature.
type circleMeans struct {
	normal, tangent float64 // of the score's components
	left            float64 // E|D - x0|^2, the trace of the mean posterior covariance
	gap             float64 // E|D - projection|^2
}

// noisedCircle evaluates the distribution of a circle at any noise level.
type noisedCircle struct{ means, at *exec.Exec }

func (g noisedCircle) finalize() { g.means.Finalize(); g.at.Finalize() }

// circleAngles resolve the density of the weighted circle, whose harmonics fall like (pull/2)^j/j!, to rounding.
const circleAngles = 48

// newNoisedCircle compiles both evaluations of a circle. Callers finalize them.
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

// squares returns the mean squares at noise sigma: Gauss-Legendre quadrature across, the trapezoidal rule around.
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

// circlePoint is the noised distribution at one point: denoiser, score, log density, and divergence of the score.
type circlePoint struct {
	denoised, score [2]float64
	log, divergence float64
}

// point evaluates the noised distribution at x, two coordinates.
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
	sigma                 []float64
	onUniform, onWeighted []circleMeans
	uniform, weighted     noisedCircle
}

// dimensionStep is the ratio of noise levels in tables and figures: 12 to a decade.
var dimensionStep = math.Pow(10, 1./12)

// onCircles measures both circles at all noise levels and compares them with what is exact.
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
	if out.weighted, err = newNoisedCircle(l, weighted); err != nil {
		return out, err
	}
	table := suite.Table{Name: "circle", Caption: "Circles of radius 1 with noise sigma, uniform and with density " +
		"proportional to exp(2 cos angle): root mean square of the normal and tangential score, and dimension E|D - " +
		"x0|^2/sigma^2. The normal score grows like 1/sigma; the dimension tends to 1",
		Header: []string{"sigma", "normal, uniform", "dimension, uniform", "normal, weighted", "tangential, weighted",
			"dimension, weighted"}}
	for s := 10.; s > .9e-3; s /= dimensionStep {
		onUniform, err := out.uniform.squares(s)
		if err != nil {
			return out, err
		}
		onWeighted, err := out.weighted.squares(s)
		if err != nil {
			return out, err
		}
		out.sigma, out.onUniform = append(out.sigma, s), append(out.onUniform, onUniform)
		out.onWeighted = append(out.onWeighted, onWeighted)
		table.Rows = append(table.Rows, []any{s, math.Sqrt(onUniform.normal), onUniform.left / (s * s),
			math.Sqrt(onWeighted.normal), math.Sqrt(onWeighted.tangent), onWeighted.left / (s * s)})
	}
	r.Tables = append(r.Tables, table)
	return out, out.check(r)
}

// check compares the measurements, and single points on and off the circles, with what is exact.
func (g circles) check(r *suite.Report) error {
	if err := circleGrowth(r, g); err != nil {
		return err
	}
	if err := circleMoments(r, g); err != nil {
		return err
	}
	if err := thickCircle(r, g.uniform); err != nil {
		return err
	}
	for _, part := range []func(*suite.Report, noisedCircle) error{densityOnCircle, offCircle, cleanPoints} {
		if err := part(r, g.uniform); err != nil {
			return err
		}
	}
	return alongWeightedCircle(r, g.weighted)
}
