package diffusion

import (
	"math"
	"os"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// Two Gaussians are all data and one class. Their densities are known, and so is the classifier up to a constant.
var (
	allMean, allVariance     = .2, 1.3
	classMean, classVariance = .6, .49
)

// plainDenoiser is the denoiser of a Gaussian, without the other fields of a model.
func plainDenoiser(p Process, mean, variance float64) Denoiser {
	return gaussian(p, mean, variance)(nil, nil).Denoise
}

// classLog is log p(class | x_t) up to a constant, by Bayes' rule.
func classLog(p Process) func(x, t *Node) *Node {
	all, class := gaussian(p, allMean, allVariance)(nil, nil), gaussian(p, classMean, classVariance)(nil, nil)
	return func(x, t *Node) *Node { return Sub(class.LogDensity(x, t), all.LogDensity(x, t)) }
}

var someRows = [][]float64{{.3, -1}, {1.2, .4}, {-.5, -.6}, {2, 1}}

func denoised(t *testing.T, b compute.Backend, d Denoiser, x any, time float64) []float64 {
	t.Helper()
	return denoisedAt(t, b, d, x, time)[0]
}

// denoisedAt is denoised for several times.
func denoisedAt(t *testing.T, b compute.Backend, d Denoiser, x any, times ...float64) (all [][]float64) {
	t.Helper()
	compiled := MustNewExec(b, func(x, t *Node) *Node { return d(x, t) })
	defer compiled.Finalize()
	for _, time := range times {
		all = append(all, tensors.MustCopyFlatData[float64](compiled.MustCall(x, time)[0]))
	}
	return all
}

func farthest(a, b []float64) float64 {
	worst := 0.
	for i := range a {
		worst = math.Max(worst, math.Abs(a[i]-b[i]))
		if math.IsNaN(a[i]) || math.IsNaN(b[i]) {
			return math.NaN()
		}
	}
	return worst
}

// TestGuidesAtOne checks that both guides lead to the class's denoiser. With strength 1 every entry of Guides does so,
// whatever the process.
func TestGuidesAtOne(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, process := range Processes {
			p := process.Process
			lo, hi := p.Horizon()
			all, class := plainDenoiser(p, allMean, allVariance), plainDenoiser(p, classMean, classVariance)
			times := []float64{lo + (hi-lo)/20, (lo + hi) / 2, lo + .9*(hi-lo)}
			want := denoisedAt(t, b, class, someRows, times...)
			check := func(what string, d Denoiser) {
				for i, got := range denoisedAt(t, b, d, someRows, times...) {
					if gap := farthest(got, want[i]); !(gap < 1e-10) {
						t.Errorf("%s, t = %g: %s is off by %g", process.Name, times[i], what, gap)
					}
				}
			}
			for kind, g := range map[string]Guide{"classifier": ByClassifier(classLog(p)), "label": ByLabel(class)} {
				check("guide by "+kind, g(p, all))
				for _, spec := range Guides {
					check(spec.Name+", by "+kind+", at scale 1", spec.With(g, 1)(p, all))
				}
			}
		}
	})
}

// TestScaledMixesScores checks that scale 0 changes nothing, and that scores mix with the weights 1 - gamma and gamma
// at any scale.
func TestScaledMixesScores(t *testing.T) {
	b, p := backendtest.Interpreter(t), VP{}
	all, class := gaussian(p, allMean, allVariance)(nil, nil), gaussian(p, classMean, classVariance)(nil, nil)
	for _, gamma := range []float64{-1, 0, .5, 3, 10} {
		out := MustExecOnceN(b, func(x *Node) []*Node {
			at := Const(x.Graph(), .3)
			guided := Model{Process: p, Denoise: ByLabel(class.Denoise).Scaled(Constant(gamma))(p, all.Denoise)}
			mixed := Add(MulScalar(all.Score(x, at), 1-gamma), MulScalar(class.Score(x, at), gamma))
			return []*Node{guided.ScoreAt(x, at), mixed, guided.Denoise(x, at), all.Denoise(x, at)}
		}, someRows)
		flat := func(i int) []float64 { return tensors.MustCopyFlatData[float64](out[i]) }
		if gap := farthest(flat(0), flat(1)); !(gap < 1e-12) {
			t.Errorf("gamma = %g: the guided score is off by %g", gamma, gap)
		}
		if gap := farthest(flat(2), flat(3)); gamma == 0 && gap != 0 {
			t.Errorf("scale 0 moves the denoiser by %g", gap)
		}
	}
}

// TestGuidesUnderEverySampler checks that every reverse sampler accepts a guided denoiser like any other.
func TestGuidesUnderEverySampler(t *testing.T) {
	b, p := backendtest.Interpreter(t), VP{}
	build := func(d func() Denoiser) Build {
		return func(*model.Scope, []*Node) Model { return Model{Process: p, Denoise: d()} }
	}
	class := func() Denoiser { return plainDenoiser(p, classMean, classVariance) }
	guided := func() Denoiser {
		return ByClassifier(classLog(p)).Scaled(Constant(1))(p, plainDenoiser(p, allMean, allVariance))
	}
	for _, spec := range Samplers {
		if spec.Kind != ReverseKind {
			continue
		}
		var ends [2][]float64
		for i, d := range []func() Denoiser{class, guided} {
			end, err := Plan{Build: build(d), Sampler: spec.Sampler, Grid: []float64{1, .8, .5, .3, .1},
				Noise: random.NewKey(1)}.Run(b, tensors.FromValue(someRows))
			if err != nil {
				t.Fatalf("%s: %v", spec.Name, err)
			}
			ends[i] = tensors.MustCopyFlatData[float64](end)
		}
		if gap := farthest(ends[0], ends[1]); !(gap < 1e-9) {
			t.Errorf("%s: guided and conditional samples differ by %g", spec.Name, gap)
		}
	}
}

// TestWithin checks that guidance is off outside its interval, and on at its upper end.
func TestWithin(t *testing.T) {
	p := EDM{} // sigma/alpha = t
	for at, want := range map[float64]float64{.1: 1, .5: 1, .500001: 7, 1: 7, 2: 7, 2.000001: 1, 5: 1} {
		got := MustExecOnce(backendtest.Interpreter(t), func(t *Node) *Node {
			return Within(.5, 2, Constant(7))(p.At(t))
		}, at)
		if v := tensors.ToScalar[float64](got); v != want {
			t.Errorf("scale %g at level %g, want %g", v, at, want)
		}
	}
}

// TestRescaled checks that rescaling with share 1 gives a guided sample the contrast of the conditional one, and that
// share 1/2 gives it half of the change.
func TestRescaled(t *testing.T) {
	b, p, at := backendtest.Interpreter(t), VP{}, .4
	all, class := plainDenoiser(p, allMean, allVariance), plainDenoiser(p, classMean, classVariance)
	of := func(share float64) []float64 {
		return denoised(t, b, ByLabel(class).Rescaled(Constant(4), share)(p, all), someRows, at)
	}
	spread := func(x []float64) (sd []float64) {
		for i := 0; i < len(x); i += 2 {
			sd = append(sd, math.Abs(x[i]-x[i+1])/2)
		}
		return sd
	}
	none, half, full := of(0), of(.5), of(1)
	if gap := farthest(spread(full), spread(denoised(t, b, class, someRows, at))); !(gap < 1e-12) {
		t.Errorf("contrast is off by %g", gap)
	}
	if gap := farthest(none, denoised(t, b, ByLabel(class).Scaled(Constant(4))(p, all), someRows, at)); gap != 0 {
		t.Errorf("without rescaling it is off by %g", gap)
	}
	for i := range half {
		if math.Abs(half[i]-(none[i]+full[i])/2) > 1e-12 {
			t.Errorf("number %d: %g is not half way between %g and %g", i, half[i], none[i], full[i])
		}
	}
}

func TestGuideFaults(t *testing.T) {
	p := VP{}
	all, class := plainDenoiser(p, allMean, allVariance), plainDenoiser(p, classMean, classVariance)
	one := tensors.FromValue([][]float64{{1}, {2}})
	two := tensors.FromValue(someRows)
	run := func(x *tensors.Tensor, s Sampler, m func() Model) error {
		_, err := Plan{Build: Fixed(m), Sampler: s, Grid: []float64{1, .5, .1}}.Run(backendtest.Interpreter(t), x)
		return err
	}
	guided := func(g func() Guide) func() Model {
		return func() Model { return Model{Process: p, Denoise: g()(p, all)} }
	}
	scaled := func(gamma float64) func() Model {
		return guided(func() Guide { return ByLabel(class).Scaled(Constant(gamma)) })
	}
	within := func(low float64) func() Model {
		return guided(func() Guide { return ByLabel(class).Scaled(Within(low, 1, Constant(2))) })
	}
	rescaled := func(share float64) func() Model {
		return guided(func() Guide { return ByLabel(class).Rescaled(Constant(2), share) })
	}
	kac := func(s FeynmanKac) Sampler { s.Move = ReverseEulerMaruyama; return s }
	tilted := func(gamma float64) func() Model {
		return func() Model { return ByLabel(class).Tilted(p, all, gamma) }
	}
	for want, err := range map[string]error{
		"guidance of scale NaN; give a finite number":   run(two, DDIM(0), scaled(math.NaN())),
		"guidance of scale +Inf":                        run(two, DDIM(0), scaled(math.Inf(1))),
		"sample 0 is not finite":                        run(two, DDIM(0), scaled(1e308)),
		"between the noise levels 2 and 1":              run(two, DDIM(0), within(2)),
		"between the noise levels NaN and 1":            run(two, DDIM(0), within(math.NaN())),
		"rescaled by the share 1.5; give 0 to 1":        run(two, DDIM(0), rescaled(1.5)),
		"samples of one number, which have no contrast": run(one, DDIM(0), rescaled(.5)),
		"guidance of scale -Inf": run(two, kac(FeynmanKac{}),
			tilted(math.Inf(-1))),
		"FeynmanKac needs a model with Weight": run(two, kac(FeynmanKac{}), scaled(2)),
		"4 samples in populations of 3, drawn anew below a share of 0": run(two, kac(FeynmanKac{Population: 3}),
			tilted(2)),
		"4 samples in populations of 2, drawn anew below a share of 2": run(
			two, kac(FeynmanKac{Population: 2, Resample: 2}), tilted(2)),
		"4 samples in populations of 0, drawn anew below a share of 0: give": run(two, FeynmanKac{}, tilted(2)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := LogWeights(Snapshot{X: two}); err == nil {
		t.Error("LogWeights reads a snapshot without any")
	}
}

// TestGuidesAreDocumented checks that docs/guidance.md lists what is registered.
func TestGuidesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/guidance.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range Guides {
		if !strings.Contains(string(page), "`"+spec.Name+"`") {
			t.Errorf("docs/guidance.md does not list %s", spec.Name)
		}
	}
}
