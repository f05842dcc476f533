package diffusion

import (
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
)

// paths are the registered processes, and VP with every registered schedule.
func paths() []ProcessSpec {
	all := slices.Clone(Processes)
	for _, spec := range Schedules {
		all = append(all, ProcessSpec{"schedule " + spec.Name, VP{spec.Schedule}})
	}
	return all
}

// coefficients evaluates a process at the times ts: rows alpha, sigma, alpha', (sigma^2)', f, g^2, log SNR.
func coefficients(t *testing.T, b compute.Backend, p Process, ts []float64) [7][]float64 {
	t.Helper()
	out, err := ExecOnceN(b, func(t *Node) []*Node {
		c := p.At(t)
		f, g2 := c.Rates()
		return []*Node{c.Alpha, c.Sigma, c.DAlpha, c.DVar, f, g2, c.LogSNR()}
	}, ts)
	if err != nil {
		t.Fatal(err)
	}
	var rows [7][]float64
	for i, o := range out {
		rows[i] = tensors.MustCopyFlatData[float64](o)
	}
	return rows
}

// inside is a set of n times within the horizon of a process.
func inside(p Process, n int) []float64 {
	lo, hi := p.Horizon()
	ts := make([]float64, n)
	for i := range ts {
		ts[i] = lo + (hi-lo)*(float64(i)+.5)/float64(n)
	}
	return ts
}

func TestProcessConformance(t *testing.T) {
	for _, spec := range paths() {
		t.Run(spec.Name, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b compute.Backend) {
				p := spec.Process
				if err := p.Validate(); err != nil {
					t.Fatal(err)
				}
				const h = 1e-6
				ts := inside(p, 40)
				lo, hi := p.Horizon()
				at := []float64{0, lo, hi}
				for _, by := range []float64{0, -h, h} {
					for _, v := range ts {
						at = append(at, v+by)
					}
				}
				var edge, now, before, after [7][]float64
				for i, row := range coefficients(t, b, p, at) {
					edge[i], row = row[:3], row[3:]
					now[i], before[i], after[i] = row[:40], row[40:80], row[80:]
				}
				for i, at := range ts {
					alpha, sigma := now[0][i], now[1][i]
					dAlpha := (after[0][i] - before[0][i]) / (2 * h)
					dVar := (after[1][i]*after[1][i] - before[1][i]*before[1][i]) / (2 * h)
					// Central differences: truncation h^2 times a third derivative, rounding 1e-16/h.
					near(t, "alpha'", at, now[2][i], dAlpha, 1e-8*(1+math.Abs(dAlpha)))
					near(t, "(sigma^2)'", at, now[3][i], dVar, 1e-8*(1+math.Abs(dVar)))
					// The forward SDE's moments follow the path: m' = f m, v' = 2 f v + g^2.
					near(t, "mean of the SDE", at, now[4][i]*alpha, now[2][i], 1e-12*(1+math.Abs(dAlpha)))
					near(t, "variance of the SDE", at, 2*now[4][i]*sigma*sigma+now[5][i], now[3][i],
						1e-10*(1+math.Abs(dVar)))
					if now[5][i] < 0 {
						t.Errorf("g^2(%g) = %g is negative", at, now[5][i])
					}
					if i > 0 && now[6][i] >= now[6][i-1] {
						t.Errorf("log SNR rises from %g to %g at t = %g", now[6][i-1], now[6][i], at)
					}
				}
				// At t = 0 there is no noise on the data; at the end noise dominates.
				near(t, "alpha", 0, edge[0][0], 1, 0)
				if edge[6][1] < 3 || edge[6][2] > -3 {
					t.Errorf("log SNR runs from %g to %g over the horizon", edge[6][1], edge[6][2])
				}
			})
		})
	}
}

// TestProcessKnownValues checks values of the papers, computed separately from this code.
func TestProcessKnownValues(t *testing.T) {
	b := backendtest.Default(t)
	for _, c := range []struct {
		p                  Process
		at                 float64
		alpha, sigma2, tol float64
	}{
		{VP{}, 1, math.Sqrt(4.318574906e-5), 1 - 4.318574906e-5, 1e-13}, // exp(-10.05): catalog, row 17
		{VP{}, .5, math.Exp(-(.1*.5 + 19.9*.125) / 2), -math.Expm1(-2.5375), 1e-15},
		{SubVP{}, 1, math.Sqrt(4.318574906e-5), math.Pow(1-4.318574906e-5, 2), 1e-13},
		{VE{}, .5, 1, .5, 1e-14}, // the geometric mean of .01 and 50, squared
		{OU{}, 1, 1 / math.E, 1 - math.Exp(-2), 1e-15},
		{Linear{}, .25, .75, .0625, 0},
	} {
		got := coefficients(t, b, c.p, []float64{c.at})
		near(t, "alpha", c.at, got[0][0], c.alpha, c.tol)
		near(t, "sigma^2", c.at, got[1][0]*got[1][0], c.sigma2, 2*c.tol)
	}
}

func TestProcessRejects(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for want, p := range map[string]Process{
		"linear schedule: beta runs from -1 to 20":          VP{LinearBeta{-1, 20}},
		"linear schedule: beta runs from 0.1 to NaN":        VP{LinearBeta{.1, nan}},
		"linear schedule: beta runs from 20 to 0.1":         SubVP{LinearBeta{20, .1}},
		"VE: sigma runs from 0 to 50":                       VE{0, 50},
		"VE: sigma runs from 2 to 1":                        VE{2, 1},
		"linear schedule: beta runs from 0 to 20":           VP{LinearBeta{0, 20}},
		"linear schedule: beta runs from 0.1 to +In":        VP{LinearBeta{.1, inf}},
		"linear schedule: beta runs from NaN to 20":         SubVP{LinearBeta{nan, 20}},
		"scaled linear schedule: beta runs from -1 to 2":    VP{ScaledLinearBeta{-1, 2}},
		"sigmoid schedule of beta: beta runs from 2 to 1":   VP{SigmoidBeta{2, 1}},
		"cosine schedule: S is -1":                          VP{Cosine{-1}},
		"cosine schedule: S is NaN":                         SubVP{Cosine{nan}},
		"sigmoid schedule: from 3 to -3 with tau 1":         VP{SigmoidAlpha{3, -3, 1}},
		"sigmoid schedule: from -3 to 3 with tau 0":         VP{SigmoidAlpha{-3, 3, 0}},
		"sigmoid schedule: from -3 to 3 with tau 0.01":      VP{SigmoidAlpha{-3, 3, .01}},
		"sigmoid schedule: from NaN to 3 with tau 1":        VP{SigmoidAlpha{nan, 3, 1}},
		"table of betas: there are none; make it with NewT": VP{Table{}},
		"VE: sigma runs from -1 to 50":                      VE{-1, 50},
		"VE: sigma runs from 1 to 1":                        VE{1, 1},
		"VE: sigma runs from 1 to +Inf":                     VE{1, inf},
		"VE: sigma runs from NaN to 1":                      VE{nan, 1},
	} {
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%#v: %v, want %q", p, err, want)
		}
	}
}

// TestViewsAgree checks that the views on a path are those of its Gaussian kernel N(alpha x0, sigma^2 I). Each
// reference is computed in another way: the score by autodiff of the log density, and the velocity by the motion of x_t
// for fixed x0 and eps. Tweedie's formula is compared with the posterior mean of Gaussian data, the noise and the
// probability flow with numbers.
func TestViewsAgree(t *testing.T) {
	const h, dataMean, dataVariance = 1e-5, .3, .7
	x0s, noise, times := [][]float64{{1, -2}, {.5, 3}}, [][]float64{{.3, .1}, {-2, 1}}, [][]float64{{.4}, {.7}}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, spec := range paths() {
			out, err := ExecOnceN(b, func(x0, eps, at *Node) []*Node {
				p := spec.Process
				c := p.At(at)
				x := c.Forward(x0, eps)
				kernel := func(x *Node) *Node {
					return ReduceAllSum(MulScalar(Square(Div(Sub(x, Mul(c.Alpha, x0)), c.Sigma)), -.5))
				}
				slope := MulScalar(Sub(p.At(AddScalar(at, h)).Forward(x0, eps), p.At(AddScalar(at, -h)).Forward(
					x0, eps)), 1/(2*h))
				variance := Add(MulScalar(Square(c.Alpha), dataVariance), Square(c.Sigma))
				off := Div(Sub(x, MulScalar(c.Alpha, dataMean)), variance)
				posterior := AddScalar(MulScalar(Mul(c.Alpha, off), dataVariance), dataMean)
				f, g2 := c.Rates()
				return []*Node{
					Sub(c.Score(x0, x), Gradient(kernel(x), x)[0]),
					DivScalar(Sub(c.Velocity(x0, x), slope), 1e5), // to 1e-6: h^2/6 times third derivatives up to 10^4
					Sub(c.Tweedie(Neg(off), x), posterior),
					Sub(c.Velocity(x0, x), Sub(Mul(f, x), MulScalar(Mul(g2, c.Score(x0, x)), .5))),
					Sub(c.Noise(x0, AddScalar(x, 1)), Add(eps, Reciprocal(c.Sigma))),
				}
			}, x0s, noise, times)
			if err != nil {
				t.Fatal(err)
			}
			for i, o := range out {
				for _, v := range tensors.MustCopyFlatData[float64](o) {
					near(t, spec.Name+" view", float64(i), v, 0, 1e-11)
				}
			}
		}
	})
}

func near(t *testing.T, what string, at, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s at %g: got %v, want %v +- %.2g", what, at, got, want, tol)
	}
}
