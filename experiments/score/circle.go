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
	sigma             []float64
	even, pulled      []circleMeans
	uniform, weighted noisedCircle
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
	if out.weighted, err = newNoisedCircle(l, weighted); err != nil {
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
		pulled, err := out.weighted.squares(s)
		if err != nil {
			return out, err
		}
		out.sigma, out.even, out.pulled = append(out.sigma, s), append(out.even, even), append(out.pulled, pulled)
		table.Rows = append(table.Rows, []any{s, math.Sqrt(even.normal), even.left / (s * s), math.Sqrt(pulled.normal),
			math.Sqrt(pulled.tangent), pulled.left / (s * s)})
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
