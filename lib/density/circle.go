package density

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/random"
)

// Circle is a distribution on the circle of radius Radius in the plane. The center is 0 unless it is Moved. The angle
// has the von Mises density exp(Pull cos angle)/(2 pi I0(Pull)) (Mardia and Jupp 2000, section 3.5.4), which is uniform
// at Pull = 0. Without noise it has no density in the plane and no score. With noise, the angle of x0 given x is von
// Mises again, so every closed form is a Bessel function.
type Circle struct {
	name         string
	radius, pull float64
	center       [2]float64
	harmonics    []float64 // E cos(j angle)
	logI0        float64   // of Pull
}

// NewCircle returns the circle of the given radius and pull. It returns an error unless the radius is positive and the
// pull lies in [0, 25].
func NewCircle(name string, radius, pull float64) (*Circle, error) {
	if !(radius > 0) || math.IsInf(radius, 0) {
		return nil, fmt.Errorf("circle %s has radius %g; give a positive one", name, radius)
	}
	// then kappa is large only where x is not 0, so log p has a gradient everywhere
	if !(pull >= 0 && pull <= besselSwitch) {
		return nil, fmt.Errorf("circle %s has the pull %g; give one from 0, for the uniform distribution, to %d", name,
			pull,
			besselSwitch)
	}
	c := &Circle{name: name, radius: radius, pull: pull, harmonics: besselRatios(pull)}
	// exp(Pull cos angle)/I0 = 1 + 2 sum_j E[cos j angle] cos(j angle), at angle = 0
	top := 1.
	for _, r := range c.harmonics[1:] {
		top += 2 * r
	}
	c.logI0 = pull - math.Log(top)
	return c, nil
}

// Name is the name of the distribution in registries and figures.
func (c *Circle) Name() string { return c.name }

// Dim is 2, that of the plane.
func (c *Circle) Dim() int { return 2 }

// Radius is that of the circle.
func (c *Circle) Radius() float64 { return c.radius }

// Pull is the concentration of the angle about 0.
func (c *Circle) Pull() float64 { return c.pull }

// Mean is the mean [2].
func (c *Circle) Mean() []float64 {
	return []float64{c.center[0] + c.radius*c.harmonics[1], c.center[1]}
}

// Covariance is the covariance [2][2].
func (c *Circle) Covariance() [][]float64 {
	square, cos2, cos := c.radius*c.radius, c.harmonics[2], c.harmonics[1]
	return [][]float64{{square * ((1+cos2)/2 - cos*cos), 0}, {0, square * (1 - cos2) / 2}}
}

// AngleCDF is the cumulative distribution function of the angle, on [-pi, pi].
func (c *Circle) AngleCDF(angle float64) float64 {
	// 1/2 + (angle + 2 sum_j E[cos j angle] sin(j angle)/j)/(2 pi), summed by Clenshaw's recurrence.
	cos := 2 * math.Cos(angle)
	b1, b2 := 0., 0.
	for j := len(c.harmonics) - 1; j > 0; j-- {
		b1, b2 = c.harmonics[j]/float64(j)+cos*b1-b2, b1
	}
	return .5 + (angle+2*b1*math.Sin(angle))/(2*math.Pi)
}

// Sample draws n exact samples [n, 2] in float64: uniforms through the inverse of AngleCDF.
func (c *Circle) Sample(b compute.Backend, key random.Key, n int) (*tensors.Tensor, error) {
	if err := checkCount(c.name, n); err != nil {
		return nil, err
	}
	u, err := exec.Once(b, func(g *Graph) *Node {
		return random.New(g, key).Uniform(Zeros(g, shapes.Make(dtypes.Float64, n, 1)))
	})
	if err != nil {
		return nil, err
	}
	p, err := tensors.CopyFlatData[float64](u)
	if err != nil {
		return nil, err
	}
	flat := make([]float64, 0, 2*n)
	for _, p := range p {
		sin, cos := math.Sincos(invert(c.AngleCDF, p, -math.Pi, math.Pi))
		flat = append(flat, c.center[0]+c.radius*cos, c.center[1]+c.radius*sin)
	}
	return tensors.FromFlatDataAndDimensions(flat, n, 2), nil
}

// onCircle is the posterior of x0 given x at one time. The direction of x0 is von Mises with natural parameter alpha
// Radius x/sigma^2 + (Pull, 0).
type onCircle struct {
	c         diffusion.Coeffs // each scalar or [batch, 1]
	x         *Node            // less alpha center
	radius    *Node            // alpha Radius
	parameter *Node            // [batch, 2]
	bessel                     // of the parameter's length, each [batch, 1]
}

func (c *Circle) at(p diffusion.Process, x, t *Node) onCircle {
	if x.Rank() != 2 || x.Shape().Dim(1) != 2 {
		panic(fmt.Errorf("circle %s takes x of shape [batch, 2], not %s", c.name, x.Shape()))
	}
	s := onCircle{c: p.At(t), x: x}
	if c.center != [2]float64{} {
		s.x = Sub(x, Mul(s.c.Alpha, ConstAs(x, [][]float64{c.center[:]})))
	}
	s.radius = MulScalar(s.c.Alpha, c.radius)
	s.parameter = Add(Mul(Div(s.radius, Square(s.c.Sigma)), s.x), ConstAs(x, [][]float64{{c.pull, 0}}))
	s.bessel = besselOf(ReduceAndKeep(Square(s.parameter), ReduceSum, 1))
	return s
}

// fromCenter is E[x0 | x] less the center.
func (s onCircle) fromCenter(c *Circle) *Node { return MulScalar(Mul(s.gain, s.parameter), c.radius) }

// Model is the distribution along a process, with closed forms in every field. It needs sigma > 0.
func (c *Circle) Model(p diffusion.Process) diffusion.Model {
	return diffusion.Model{
		Process: p,
		Denoise: func(x, t *Node) *Node {
			mean := c.at(p, x, t).fromCenter(c)
			if c.center != [2]float64{} {
				mean = Add(mean, ConstAs(x, [][]float64{c.center[:]}))
			}
			return mean
		},
		Score: func(x, t *Node) *Node { // Tweedie's formula, about the center
			s := c.at(p, x, t)
			return s.c.Score(s.fromCenter(c), s.x)
		},
		LogDensity: func(x, t *Node) *Node { return c.logDensity(p, x, t) },
		Divergence: func(x, t *Node) *Node {
			s := c.at(p, x, t)
			v := Square(s.c.Sigma)
			return Squeeze(Div(AddScalar(Mul(Div(Square(s.radius), v), s.spread), -2), v), 1)
		},
	}
}

// logDensity is -(|x|^2 + a^2)/(2 sigma^2) + log I0(kappa) - log I0(Pull) - log(2 pi sigma^2) with a = alpha Radius.
// Where kappa is large, two large terms cancel, so they are combined into one square by hand.
func (c *Circle) logDensity(p diffusion.Process, x, t *Node) *Node {
	s := c.at(p, x, t)
	v := Square(s.c.Sigma)
	squared := ReduceAndKeep(Square(s.x), ReduceSum, 1)
	near := Div(Add(squared, Square(s.radius)), MulScalar(v, -2))

	length := Sqrt(Where(s.large, squared, OnesLike(squared)))
	far := Div(Square(Sub(length, s.radius)), MulScalar(v, -2))
	if c.pull > 0 {
		// kappa - a |x|/sigma^2, from the difference of squares
		scale := Div(s.radius, v)
		first := Slice(s.x, AxisRange(), AxisElem(0))
		lead := AddScalar(MulScalar(Mul(scale, first), 2), c.pull)
		far = Add(far, MulScalar(Div(lead, Add(s.kappa, Mul(scale, length))), c.pull))
	}
	exponent := Add(Where(s.large, far, near), s.logI0)
	return Squeeze(AddScalar(Sub(exponent, Log(v)), -c.logI0-logTwoPi), 1)
}

// Build is Model as a sampling plan takes it.
func (c *Circle) Build(p diffusion.Process) diffusion.Build {
	return diffusion.Fixed(func() diffusion.Model { return c.Model(p) })
}

// PosteriorCov is Cov[x0 | x_t = x], [batch, 2, 2]. Across the mean direction it is Radius^2 I1/(kappa I0), along it
// Radius^2 (1 - I1/(kappa I0) - (I1/I0)^2).
func (c *Circle) PosteriorCov(p diffusion.Process, x, t *Node) *Node {
	s := c.at(p, x, t)
	squared := MaxScalar(ReduceAndKeep(Square(s.parameter), ReduceSum, 1), 1e-30)
	along := Sub(s.spread, MulScalar(s.gain, 2)) // beyond the isotropic part
	outer := Mul(InsertAxes(s.parameter, 2), InsertAxes(s.parameter, 1))
	identity := InsertAxes(ConvertDType(Diagonal(x.Graph(), 2), x.DType()), 0)
	cov := Add(Mul(InsertAxes(s.gain, -1), identity), Mul(InsertAxes(Div(along, squared), -1), outer))
	return MulScalar(cov, c.radius*c.radius)
}
