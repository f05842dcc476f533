package diffusion_test

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"slices"
	"sync"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend"
	"scorelab/lib/backend/backendtest"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/random"
)

// parityTolerance is relative, far below the required 1e-9. The rest is rounding: diffusers computes 1 - abar by
// subtraction, which is accurate to 1e-12 at the first step.
const parityTolerance = 1e-12

// golden is the result of another library's sampler, for eight points under the exact denoiser of G1: see
// testdata/parity.py.
type golden struct {
	Name, Table string
	Levels      []float64 // sigma/alpha at the start of each step, and at the end
	Times, Next []float64
	Steps       int // number of steps before End; 0: all
	Start, End  []float64
	Noise       [][]float64
}

type goldenTable struct {
	T        int     `json:"num_train_timesteps"`
	Lo       float64 `json:"beta_start"`
	Hi       float64 `json:"beta_end"`
	Schedule string  `json:"beta_schedule"`
}

var readGoldens = sync.OnceValues(func() (map[string]golden, map[string]goldenTable) {
	cases, tables := map[string]golden{}, map[string]goldenTable{}
	for _, name := range []string{"parity", "edm"} {
		text, err := os.ReadFile("testdata/" + name + ".json")
		if err != nil {
			panic(err)
		}
		var file struct {
			Tables map[string]goldenTable
			Cases  []golden
		}
		if err := json.Unmarshal(text, &file); err != nil {
			panic(err)
		}
		maps.Copy(tables, file.Tables)
		for _, c := range file.Cases {
			if c.Steps == 0 {
				c.Steps = len(c.Levels) - 1
			}
			cases[c.Name] = c
		}
	}
	return cases, tables
})

// process is the variance-preserving chain on the table of a case.
func (c golden) process(t *testing.T) diffusion.VP {
	t.Helper()
	_, tables := readGoldens()
	spec, known := tables[c.Table]
	if !known {
		return diffusion.VP{} // of NVlabs/edm, whose default is the same
	}
	betas := diffusion.LinearBetas
	if spec.Schedule == "scaled_linear" {
		betas = diffusion.ScaledLinearBetas
	}
	table, err := diffusion.NewTable(betas(spec.Lo, spec.Hi, spec.T))
	if err != nil {
		t.Fatal(err)
	}
	return diffusion.VP{Schedule: table}
}

// trip is a sampler's path over the steps of a case, along one process.
type trip struct {
	process diffusion.Process
	sampler diffusion.Sampler
	spans   [][2]float64
}

// along is the trip over consecutive times. A step of length 0 moves nothing and is left out.
func along(p diffusion.Process, s diffusion.Sampler, times []float64) trip {
	out := trip{process: p, sampler: s}
	for i, from := range times[:len(times)-1] {
		if to := times[i+1]; to != from {
			out.spans = append(out.spans, [2]float64{from, to})
		}
	}
	return out
}

// follow carries y = x/alpha, with replayed noise if there is any, and returns y. The steps are those of a plan, except
// for the noise.
func (w trip) follow(t *testing.T, b compute.Backend, y []float64, noise [][]float64) []float64 {
	t.Helper()
	build := density.Bimodal().Build(w.process)
	rescale := func(y []float64, time float64, by func(a, b *Node) *Node) []float64 {
		return tensors.MustCopyFlatData[float64](MustExecOnce(b, func(y, t *Node) *Node {
			return by(y, w.process.At(t).Alpha)
		}, y, time))
	}
	x := tensors.FromFlatDataAndDimensions(rescale(y, w.spans[0][0], Mul), len(y), 1)
	state := append([]*tensors.Tensor{x}, MustExecOnceN(b, func(x *Node) []*Node {
		return append(w.sampler.Init(build(nil, nil), x, nil), Const(x.Graph(), int32(0))) // a graph needs an output
	}, x)...)
	state = state[:len(state)-1]
	step := MustNewExec(b, func(in []*Node) []*Node {
		span := diffusion.Span{From: in[0], To: in[1], Index: in[2], Steps: Scalar(in[2].Graph(), in[2].DType(),
			len(w.spans))}
		next, carry := w.sampler.Step(build(nil, nil), span, in[4], in[5:], random.Replay(in[3]))
		return append([]*Node{next}, carry...)
	})
	defer step.Finalize()
	for i, span := range w.spans {
		z := make([]float64, len(y)) // diffusers draws none where it adds none
		if i < len(noise) {
			z = noise[i]
		}
		in := []any{span[0], span[1], int32(i), tensors.FromFlatDataAndDimensions(z, len(z), 1)}
		for _, s := range state {
			in = append(in, s)
		}
		state = step.MustCall(in...)
	}
	return rescale(tensors.MustCopyFlatData[float64](state[0]), w.spans[len(w.spans)-1][1], Div)
}

// apart is the largest relative difference between y and the case's end.
func (c golden) apart(y []float64) float64 {
	worst := 0.0
	for i, want := range c.End {
		worst = max(worst, math.Abs(y[i]-want)/(1+math.Abs(want))) // NaN stays
	}
	return worst
}

// equal lists, for each sampler, the cases that it reproduces.
var equal = []struct {
	sampler diffusion.Sampler
	where   string // "level": on EDM only, whose time is the level; "time": on VP only; "": on both
	cases   []string
}{
	{diffusion.DDIM(0), "", []string{
		"ddim/leading", "ddim/trailing", "ddim/stable diffusion",
		"euler/linspace", "euler/leading", "euler/trailing", "euler/between timesteps", "euler/sigma_min",
		"euler/karras",
		"dpm++/1", "dpm++/1, sigma_min", "deis/1", "deis/1, 10 steps",
	}},
	{diffusion.DDIM(.5), "", []string{"ddim/eta .5"}},
	{diffusion.DDIM(1), "", []string{"ddim/eta 1", "ddpm/small", "euler ancestral/linspace"}},
	{diffusion.Ancestral(diffusion.PosteriorVariance), "", []string{
		"ddpm/small", "ddpm/small, leading", "ddpm/small, linspace", "ddim/eta 1",
		"euler ancestral/linspace", "euler ancestral/leading", "euler ancestral/trailing",
	}},
	// The variance of a step's forward kernel has the units of x at the start of the step, so here the process matters.
	{diffusion.Ancestral(diffusion.KernelVarianceQuietEnd), "time", []string{"ddpm/large"}},
	{diffusion.Ancestral(diffusion.KernelVariance), "time", []string{"ddpm/large, trailing"}},
	{diffusion.Flow(diffusion.EulerMethod), "level", []string{
		"euler/linspace", "euler/leading", "euler/trailing", "euler/between timesteps", "euler/sigma_min",
		"euler/karras",
	}},
	{diffusion.Flow(diffusion.EulerMethod), "time", []string{"edm ablation/euler"}},
	{diffusion.Flow(diffusion.HeunMethod), "time", []string{"edm ablation/heun"}},
	{diffusion.EDMHeun(diffusion.Churn{}), "", []string{
		"heun/linspace", "heun/leading", "heun/trailing", "heun/karras", "edm", "edm/2 steps",
	}},
	{diffusion.EDMHeun(diffusion.Churn{Gamma: .3, Low: .05, High: 50, Inflation: 1.003}), "", []string{"edm/churn"}},
	{diffusion.EDMHeun(diffusion.Churn{Gamma: 4, Low: .05, High: 50, Inflation: 1.007}), "",
		[]string{"edm/most churn"}},
	{diffusion.DPMSolverPP(1), "", []string{"dpm++/1", "dpm++/1, sigma_min"}},
	{diffusion.DPMSolverPP(2), "", []string{
		"dpm++/2", "dpm++/2, sigma_min", "dpm++/2, leading", "dpm++/2, trailing", "dpm++/2, karras",
		"dpm++/2, 10 steps",
	}},
	{diffusion.DPMSolverPP(3), "", []string{"dpm++/3", "dpm++/3, sigma_min", "dpm++/3, karras"}},
	{diffusion.ExponentialAdams(2), "", []string{"dpm++/2 heun", "dpm++/2 heun, sigma_min"}},
	{diffusion.DEIS(1), "", []string{"deis/1", "deis/1, 10 steps"}},
	{diffusion.DEIS(2), "", []string{"deis/2", "deis/2, karras"}},
	{diffusion.DEIS(3), "", []string{"deis/3"}},
	{diffusion.NewUniPC(1), "", []string{"unipc/1 bh2", "unipc/1 bh2, sigma_min"}},
	{diffusion.NewUniPC(2), "", []string{"unipc/2 bh2", "unipc/2 bh2, sigma_min", "unipc/2 bh2, karras"}},
	{diffusion.NewUniPC(3), "", []string{"unipc/3 bh2, sigma_min"}},
	{diffusion.NewUniPCB1(1), "", []string{"unipc/1 bh1, sigma_min"}},
	{diffusion.NewUniPCB1(2), "", []string{"unipc/2 bh1, sigma_min"}},
	{diffusion.NewUniPCB1(3), "", []string{"unipc/3 bh1, sigma_min"}},
}

// run carries y = x/alpha over consecutive times by a plan, with replayed noise if there is any, and returns y.
func (w trip) run(t *testing.T, b compute.Backend, y []float64, noise [][]float64) []float64 {
	t.Helper()
	grid := []float64{w.spans[0][0]}
	var replayed []float64
	for i, span := range w.spans {
		grid = append(grid, span[1])
		z := make([]float64, len(y)) // diffusers draws none where it adds none
		if i < len(noise) {
			z = noise[i]
		}
		replayed = append(replayed, z...)
	}
	path, err := diffusion.CoefficientsAt(b, w.process, grid)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float64, len(y))
	for i := range y {
		x[i] = y[i] * path[0].Alpha[0]
	}
	end, err := diffusion.Plan{
		Build: density.Bimodal().Build(w.process), Sampler: w.sampler, Grid: grid,
		Replay: tensors.FromFlatDataAndDimensions(replayed, len(w.spans), 1, len(y), 1),
	}.Run(b, tensors.FromFlatDataAndDimensions(x, len(y), 1))
	if err != nil {
		t.Fatal(err)
	}
	ends := tensors.MustCopyFlatData[float64](end)
	for i := range ends {
		ends[i] /= path[0].Alpha[len(grid)-1]
	}
	return ends
}

// TestParity checks that, where conventions agree, our samplers equal the schedulers of diffusers and the samplers of
// NVlabs/edm. It follows the noise levels, and the times of the beta table where a case has them. XLA, which takes a
// second to compile a plan, runs the longest case of each sampler along one of the two.
func TestParity(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	cases, _ := readGoldens()
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, row := range equal {
			names := row.cases
			if b.Name() == "xla" {
				names = []string{slices.MaxFunc(row.cases, func(a, b string) int {
					return cases[a].Steps - cases[b].Steps
				})}
			}
			for _, name := range names {
				c, known := cases[name]
				if !known {
					t.Fatalf("no case %q", name)
				}
				var trips []trip
				if row.where != "time" {
					trips = append(trips, along(diffusion.EDM{}, row.sampler, c.Levels[:c.Steps+1]))
				}
				if row.where != "level" && c.Times != nil && (b.Name() == "go" || len(trips) == 0) {
					trips = append(trips, along(c.process(t), row.sampler, c.Times[:c.Steps+1]))
				}
				for _, w := range trips {
					d := c.apart(w.run(t, b, c.Start, c.Noise))
					t.Logf("%-32s %-20T %.1e", name, w.process, d)
					if !(d <= parityTolerance) {
						t.Errorf("%s on %T is apart by %.2e", name, w.process, d)
					}
				}
			}
		}
	})
}

func openGo(t *testing.T) compute.Backend {
	t.Helper()
	b, _, err := backend.Open(backend.Go)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
