package density

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"
	"pgregory.net/rapid"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
)

// angleMeans returns log int exp(kappa (cos a - 1)) da/(2 pi) and the means of cos a and 1 - cos a under that weight.
// The trapezoidal rule is exact to rounding on a periodic function once the nodes resolve the peak.
func angleMeans(kappa float64) (logMass, cos, gap float64) {
	n := 200 + int(40*math.Sqrt(kappa))
	for j := range n {
		half := math.Sin(math.Pi * float64(j-n/2) / float64(n)) // small angles stay exact
		below := 2 * half * half                                // 1 - cos
		w := math.Exp(-kappa*below) / float64(n)
		logMass, cos, gap = logMass+w, cos+w*(1-below), gap+w*below
	}
	return math.Log(logMass), cos / logMass, gap / logMass
}

func TestBesselAgainstQuadrature(t *testing.T) {
	kappas := []float64{0, 1e-9, 24.9999, 25, 25.0001}
	for k := 1e-3; k < 1e9; k *= 1.7 {
		kappas = append(kappas, k)
	}
	out := MustExecOnceN(backendtest.Interpreter(t), func(kappa *Node) []*Node {
		b := besselOf(Square(kappa))
		return []*Node{b.logI0, b.gain, b.spread}
	}, kappas)
	v := func(i int) []float64 { return tensors.MustCopyFlatData[float64](out[i]) }
	logI0, gain, spread := v(0), v(1), v(2)
	for i, k := range kappas {
		logMass, cos, gap := angleMeans(k)
		log := logI0[i]
		if k <= besselSwitch {
			log -= k
		}
		if math.Abs(log-logMass) > 1e-14*(1+math.Min(k, besselSwitch)) {
			t.Errorf("kappa = %g: log I0 - kappa is %.17g, by quadrature %.17g", k, log, logMass)
		}
		if math.Abs(gain[i]*k-cos) > 1e-14 {
			t.Errorf("kappa = %g: A is %.17g, by quadrature %.17g", k, gain[i]*k, cos)
		}
		if want := gap * (1 + cos); math.Abs(spread[i]-want) > 1e-13*want {
			t.Errorf("kappa = %g: 1 - A^2 is %.17g, by quadrature %.17g", k, spread[i], want)
		}
	}
	if gain[0] != .5 || spread[0] != 1 || logI0[0] != 0 {
		t.Errorf("at kappa = 0: gain %g, spread %g, log I0 %g", gain[0], spread[0], logI0[0])
	}
}

// Any circle's noised density and denoiser equal their integrals over the circle.
func TestCircleAgainstQuadrature(t *testing.T) {
	b := backendtest.Interpreter(t)
	rapid.Check(t, func(rt *rapid.T) {
		radius, pull := rapid.Float64Range(.3, 3).Draw(rt, "radius"), rapid.Float64Range(0, 25).Draw(rt, "pull")
		sigma := math.Exp(rapid.Float64Range(-5, 3).Draw(rt, "log sigma"))
		away := rapid.Float64Range(-5, 5).Draw(rt, "standard deviations away")
		angle := rapid.Float64Range(-math.Pi, math.Pi).Draw(rt, "angle")
		r := math.Abs(radius + sigma*away)
		x := []float64{r * math.Cos(angle), r * math.Sin(angle)}
		c, err := NewCircle("random", radius, pull)
		if err != nil {
			rt.Fatal(err)
		}
		out := MustExecOnceN(b, func(x, t *Node) []*Node {
			m := c.Model(diffusion.EDM{})
			return []*Node{m.LogDensity(x, t), m.Denoise(x, t)}
		}, [][]float64{x}, sigma)
		log, denoised := tensors.MustCopyFlatData[float64](out[0])[0], tensors.MustCopyFlatData[float64](out[1])

		nodes := 400 + int(60*math.Sqrt(pull+radius*r/(sigma*sigma)))
		prior := math.Log(2*math.Pi) + pull + func() float64 { l, _, _ := angleMeans(pull); return l }()
		exponent := func(a float64) float64 {
			dx, dy := x[0]-radius*math.Cos(a), x[1]-radius*math.Sin(a)
			return pull*math.Cos(a) - prior - (dx*dx+dy*dy)/(2*sigma*sigma) - math.Log(2*math.Pi*sigma*sigma)
		}
		top := math.Inf(-1)
		each := make([]float64, nodes)
		for j := range each {
			each[j] = exponent(2 * math.Pi * float64(j) / float64(nodes))
			top = math.Max(top, each[j])
		}
		var mass, m1, m2 float64
		for j, e := range each {
			sin, cos := math.Sincos(2 * math.Pi * float64(j) / float64(nodes))
			w := math.Exp(e - top)
			mass, m1, m2 = mass+w, m1+w*cos, m2+w*sin
		}
		want := top + math.Log(mass*2*math.Pi/float64(nodes))
		// The exponent of the quadrature is itself rounded, relative to (radius/sigma)^2.
		if tol := 1e-13 * (1 + math.Abs(want) + radius*radius/(sigma*sigma)); !(math.Abs(log-want) <= tol) {
			rt.Errorf("log density %.15g, by quadrature %.15g", log, want)
		}
		for i, want := range []float64{radius * m1 / mass, radius * m2 / mass} {
			if tol := 1e-12 * radius * (1 + radius/sigma); !(math.Abs(denoised[i]-want) <= tol) {
				rt.Errorf("denoiser, coordinate %d: %.15g, by quadrature %.15g", i, denoised[i], want)
			}
		}
	})
}

func TestCircleIsADensity(t *testing.T) {
	b := backendtest.Interpreter(t)
	c := must(NewCircle("test", 1.2, 3))
	x, cell, err := Grid(-9, 9, 361, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, sigma := range []float64{.15, .5, .8} {
		out := MustExecOnce(b, func(x *Node) *Node {
			p := Exp(c.Model(diffusion.EDM{}).LogDensity(x, Const(x.Graph(), sigma)))
			mean := ReduceSum(Mul(InsertAxes(p, -1), x), 0)
			return Concatenate([]*Node{Reshape(ReduceAllSum(p), 1), mean}, 0)
		}, x)
		v := tensors.MustCopyFlatData[float64](out)
		for i, want := range []float64{1, c.Mean()[0], 0} {
			if got := v[i] * cell; math.Abs(got-want) > 1e-12 {
				t.Errorf("sigma = %g: integral %d of the density is %.15g, want %.15g", sigma, i, got, want)
			}
		}
	}
}

// The distribution function of the angle matches the integral of its density.
func TestCircleAngle(t *testing.T) {
	for _, pull := range []float64{0, .5, 4, 25} {
		c := must(NewCircle("test", 2, pull))
		const n = 4000
		sum, h := 0., 2*math.Pi/n
		logMass, cos, _ := angleMeans(pull)
		prob := func(a float64) float64 { return math.Exp(pull*(math.Cos(a)-1)-logMass) / (2 * math.Pi) }
		sin2 := 0.
		for j := range n {
			a := -math.Pi + h*float64(j)
			if got := c.AngleCDF(a); j%50 == 0 && math.Abs(got-sum) > 1e-14*n {
				t.Errorf("pull %g: CDF(%g) = %g, by quadrature %g", pull, a, got, sum)
			}
			// Simpson's rule on each cell
			sum += h / 6 * (prob(a) + 4*prob(a+h/2) + prob(a+h))
			sin2 += h * prob(a) * math.Sin(a) * math.Sin(a)
		}
		if m := c.Mean(); math.Abs(m[0]-2*cos) > 1e-14 || m[1] != 0 {
			t.Errorf("pull %g: mean %v, want %g and 0", pull, m, 2*cos)
		}
		cov := c.Covariance()
		for i, want := range []float64{4 * (1 - sin2 - cos*cos), 4 * sin2} {
			if math.Abs(cov[i][i]-want) > 1e-13 {
				t.Errorf("pull %g: variance of coordinate %d is %g, want %g", pull, i, cov[i][i], want)
			}
		}
	}
}

func TestNewCircleRejects(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		radius, pull float64
		want         string
	}{
		{0, 0, "radius 0"}, {-1, 0, "radius -1"}, {nan, 0, "radius NaN"}, {math.Inf(1), 0, "radius +Inf"},
		{1, -1, "pull -1"}, {1, 25.1, "from 0, for the uniform distribution, to 25"}, {1, nan, "pull NaN"},
	} {
		if _, err := NewCircle("test", c.radius, c.pull); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want an error with %q", err, c.want)
		}
	}
	_, err := ExecOnce(backendtest.Interpreter(t), func(x *Node) *Node {
		return must(NewCircle("test", 1, 0)).Model(diffusion.EDM{}).Denoise(x, Const(x.Graph(), .5))
	}, [][]float64{{1, 2, 3}})
	if err == nil || !strings.Contains(err.Error(), "circle test takes x of shape [batch, 2], not (Float64)[1, 3]") {
		t.Errorf("got %v", err)
	}
}
