package density

import (
	"fmt"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
	"scorelab/lib/random"
)

// The rules of Kronrod and Gauss integrate powers up to their degrees exactly.
func TestKronrod(t *testing.T) {
	nodes, fine, coarse := kronrod()
	for power := range 24 {
		var f, c float64
		for i, x := range nodes {
			f, c = f+fine[i]*math.Pow(x, float64(power)), c+coarse[i]*math.Pow(x, float64(power))
		}
		want := 0.
		if power%2 == 0 {
			want = 2 / float64(power+1)
		}
		if math.Abs(f-want) > 1e-15*4 || power < 14 && math.Abs(c-want) > 1e-15*4 {
			t.Errorf("int x^%d is %.17g by Kronrod and %.17g by Gauss, want %.17g", power, f, c, want)
		}
	}
	places, f, c := kronrodBox(2)
	sum := [3]float64{}
	for i := range f {
		x, y := places[2*i], places[2*i+1]
		sum[0], sum[1], sum[2] = sum[0]+f[i], sum[1]+c[i], sum[2]+f[i]*x*x*y*y*y*y
	}
	if math.Abs(sum[0]-4) > 1e-14 || math.Abs(sum[1]-4) > 1e-14 || math.Abs(sum[2]-4./15) > 1e-15 {
		t.Errorf("in the plane 1 and x^2 y^4 have the integrals %v", sum)
	}
}

func ones(_ diffusion.Model, x, _ *Node) *Node { return OnesLike(ReduceSum(x, 1)) }

// waves varies too fast for the boxes of a Gaussian in the plane.
func waves(_ diffusion.Model, x, _ *Node) *Node {
	return Square(Cos(MulScalar(Squeeze(Slice(x, AxisRange(), AxisElem(0)), 1), 100)))
}

func squares(_ diffusion.Model, x, _ *Node) *Node { return ReduceSum(Square(x), 1) }

// E 1 is 1 and E |x|^2 follows from mean and covariance, wherever a distribution lies and however narrow it is. Cases
// are narrow and far, narrow within wide, and a far component of small weight. The tolerance is the rounding of the
// points.
func TestExpectIsPlaced(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	plane := func(a, b float64) [][]float64 { return [][]float64{{a, 0}, {0, b}} }
	targets := []*Mixture{
		must(Normal([]float64{100}, 1e-4)), must(Normal([]float64{1000}, 1e-4)), must(Normal([]float64{5, 5}, 1e-4)),
		must(Normal([]float64{1e7}, 1)), must(Normal([]float64{-1e7, 3}, .25)), must(Normal([]float64{0}, 1e-12)),
		must(Normal([]float64{0, 0}, 1e12)),
		must(NewMixture("narrow in wide", Component{.5, []float64{0}, [][]float64{{1}}, 0},
			Component{.5, []float64{.3}, [][]float64{{1e-12}}, 0})),
		must(NewMixture("thin in wide", Component{.5, []float64{0, 0}, plane(1, 1), 0}, Component{.5, []float64{.3, 0},
			plane(1e-8, 1e-4), 0})),
		must(NewMixture("light and far", Component{1 - 1e-6, []float64{0}, [][]float64{{1}}, 0},
			Component{1e-6, []float64{1e6}, [][]float64{{1}}, 0})),
		must(NewMixture("slanted", Component{1, []float64{30, -40}, [][]float64{{1, .9999}, {.9999, 1}}, 0})),
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for i, target := range targets {
			if b.Name() != "go" && i%4 != 2 { // XLA takes a second for each graph
				continue
			}
			one, err := Expect(b, target, diffusion.EDM{}, 0, ones)
			where := target.Support(1, 0)
			if tol := 1e-12 + where.rounding(); !(math.Abs(one-1) <= tol) || err != nil {
				t.Errorf("%s about %v: E 1 is %.15g, %v", target.Name(), target.Mean(), one, err)
			}
			want := 0.
			for j, m := range target.Mean() {
				want += m*m + target.Covariance()[j][j]
			}
			got, err := Expect(b, target, diffusion.EDM{}, 0, squares)
			if tol := 1e-12 + where.rounding(); !(math.Abs(got/want-1) <= tol) || err != nil {
				t.Errorf("%s about %v: E |x|^2 is %.15g, %v, want %.15g", target.Name(), target.Mean(), got, err, want)
			}
		}
	})
}

// For a circle under little noise E |x|^2 is radius^2 + 2 sigma^2.
func TestExpectOnThinRings(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	b := backendtest.Interpreter(t)
	for _, sigma := range []float64{2, .1, .01} {
		got, err := Expect(b, must(NewCircle("ring", 1, 0)), diffusion.EDM{}, sigma, squares)
		if want := 1 + 2*sigma*sigma; !(math.Abs(got/want-1) <= 1e-12) || err != nil {
			t.Errorf("sigma = %g: E |x|^2 is %.15g, %v, want %.15g", sigma, got, err, want)
		}
	}
}

// Kinks are split until they are small: E |x| under N(0, 1) is sqrt(2/pi).
func TestExpectSplitsKinks(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	target := must(Normal([]float64{.1}, 1))
	got, err := Expect(backendtest.Interpreter(t), target, diffusion.EDM{}, 0,
		func(_ diffusion.Model, x, _ *Node) *Node {
			return Abs(ReduceSum(x, 1))
		})
	want := math.Sqrt(2/math.Pi)*math.Exp(-.005) + .1*math.Erf(.1/math.Sqrt2)
	if !(math.Abs(got-want) <= 1e-9) || err != nil { // cubatureTolerance
		t.Errorf("E |x| is %.12g, %v, want %.12g", got, err, want)
	}
}

// misplaced is a distribution whose support is not where its mass is.
type misplaced struct{ *Mixture }

func (m misplaced) Support(alpha, sigma float64) Support {
	return must(Normal([]float64{.5}, 1)).Support(alpha, sigma)
}

func TestExpectFaults(t *testing.T) {
	needle := must(NewMixture("needle", Component{1, []float64{0, 0}, [][]float64{{1, 1 - 1e-8}, {1 - 1e-8, 1}}, 0}))
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, c := range []struct {
			target Target
			time   float64
			f      func(m diffusion.Model, x, t *Node) *Node
			want   string
		}{
			{must(NewCircle("ring", 1, 0)), 0, ones, "the distribution has no density at this time"},
			{must(NewCircle("ring", 1, 0)), 1e-3, ones, "more than 16384 boxes"},
			{needle, 0, ones, "more than 16384 boxes"},
			{must(Normal([]float64{1e16}, 1)), 0, ones, "shift the distribution toward 0"},
			{misplaced{must(Normal([]float64{0}, 1))}, 0, ones, ""},
			{misplaced{must(Normal([]float64{6}, 1))}, 0, ones, "the integral of the density is 0.99"},
			{misplaced{must(Normal([]float64{50}, 1))}, 0, ones, "the integral of the density is "},
			{must(Normal([]float64{0, 0}, 1)), 0, waves, "has not converged"},
			{Bimodal(), 0, func(_ diffusion.Model, x, _ *Node) *Node { return Log(ReduceSum(x, 1)) },
				"is not finite near"},
			{Bimodal(), math.NaN(), ones, "t = NaN"},
			{Bimodal(), math.Inf(1), ones, "t = +Inf"},
		} {
			got, err := Expect(b, c.target, diffusion.EDM{}, c.time, c.f)
			switch {
			case c.want == "" && err == nil:
			case err == nil || c.want == "" || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(),
				"\n"):
				t.Errorf("%s at t = %g: %v, %v, want an error with %q", c.target.Name(), c.time, got, err, c.want)
			}
		}
	})
}

// A grid must cover the mass and resolve it, at each time.
func TestCheckLattice(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, c := range []struct {
			lo, hi float64
			n      int
			times  []float64
			want   string
		}{
			{-8, 8, 161, []float64{0, .5}, ""},
			{-8, 8, 161, []float64{0, .5, 4}, "G1 at t = 4: the integral of the density is 0.9"},
			{-2, 8, 161, []float64{0}, "not 1 to within 1e-08"},
			{-8, 8, 21, []float64{0}, "not 1 to within 1e-08"},
			{100, 101, 161, []float64{0}, "the density is 0, not 1"},
			{-8, 8, 161, []float64{math.NaN()}, "the density is NaN, not 1"},
		} {
			x, cell, err := Grid(c.lo, c.hi, c.n, 1)
			if err != nil {
				t.Fatal(err)
			}
			err = CheckOnGrid(b, Bimodal(), diffusion.EDM{}, x, cell, c.times...)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%d points of [%g, %g]: %v, want %q", c.n, c.lo, c.hi, err, c.want)
			}
		}
	})
}

// Moved distributions have moved moments. A map that is no change of unit and origin is refused.
func TestMoved(t *testing.T) {
	for _, spec := range Densities {
		d := spec.Target.Dim()
		m := move{1e3, 2}
		far := m.of(t, spec.Target)
		for i, mean := range spec.Target.Mean() {
			if want := m.scale*mean + m.shift(d)[i]; math.Abs(far.Mean()[i]-want) > 1e-12*1e4 {
				t.Errorf("%s: mean %d is %g, want %g", spec.Name, i, far.Mean()[i], want)
			}
			for j, v := range spec.Target.Covariance()[i] {
				if math.Abs(far.Covariance()[i][j]-1e6*v) > 1e-12*1e7 {
					t.Errorf("%s: covariance (%d,%d) is %g, want %g", spec.Name, i, j, far.Covariance()[i][j], 1e6*v)
				}
			}
		}
		for _, c := range []struct {
			scale float64
			shift []float64
			want  string
		}{
			{0, make([]float64, d), "scaled by 0"}, {-1, make([]float64, d), "scaled by -1"},
			{math.NaN(), make([]float64, d), "scaled by NaN"},
			{math.Inf(1), make([]float64, d), "scaled by +Inf"},
			{1, make([]float64, d+1), fmt.Sprintf("shifted by %d numbers", d+1)},
			{1, append(make([]float64, d-1), math.NaN()), "shifted by NaN"},
			{1, append(make([]float64, d-1), math.Inf(-1)), "shifted by -Inf"},
		} {
			if _, err := spec.Target.Moved(c.scale, c.shift); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: got %v, want an error with %q", spec.Name, err, c.want)
			}
		}
	}
}

func TestSampleAndLineFaults(t *testing.T) {
	b := backendtest.Interpreter(t)
	for _, n := range []int{0, -1} {
		for _, target := range []Target{Bimodal(), must(NewCircle("ring", 1, 0))} {
			if _, err := target.Sample(b, random.NewKey(1), n); err == nil || !strings.Contains(err.Error(),
				"draw at least 1") {
				t.Errorf("%d samples of %s: %v", n, target.Name(), err)
			}
		}
	}
	for _, v := range []float64{math.NaN(), math.Inf(1)} {
		if _, err := LogDensityOnGrid(b, Bimodal(), diffusion.OU{}, []float64{0, v}, 1); err == nil ||
			!strings.Contains(err.Error(),
				"finite") {
			t.Errorf("point %g: %v", v, err)
		}
		if _, err := LogDensityOnGrid(b, Bimodal(), diffusion.OU{}, []float64{0}, v); err == nil || !strings.Contains(
			err.Error(),
			"finite") {
			t.Errorf("time %g: %v", v, err)
		}
	}
}
