package diffusion

import (
	"fmt"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// TestSystematic checks systematic resampling against the plain loop of its definition.
func TestSystematic(t *testing.T) {
	b := backendtest.Interpreter(t)
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(rt, "n")
		groups := rapid.IntRange(1, 3).Draw(rt, "groups")
		w, u := make([][]float64, groups), make([][]float64, groups)
		for k := range w {
			u[k] = []float64{rapid.Float64Range(1e-9, 1).Draw(rt, "u")}
			total := 0.
			for range n {
				v := rapid.SampledFrom([]float64{0, 1e-30, .1, 1, 1, 7, 500}).Draw(rt, "w")
				w[k], total = append(w[k], v), total+v
			}
			if total == 0 {
				w[k][0], total = 1, 1
			}
			for i := range w[k] {
				w[k][i] /= total
			}
		}
		got := tensors.MustCopyFlatData[int32](MustExecOnce(b, systematic, w, u))
		for k := range w {
			copies := make([]int, n)
			for i := range n {
				j := got[k*n+i]
				if i > 0 && j < got[k*n+i-1] {
					rt.Fatalf("indices %v fall", got)
				}
				copies[j]++
			}
			for j, c := range copies {
				share := float64(n) * w[k][j]
				if float64(c) < math.Floor(share-1e-9) || float64(c) > math.Ceil(share+1e-9) {
					rt.Errorf("sample %d of weight %g/n is drawn %d times", j, share, c)
				}
			}
		}
	})
}

func TestRunningSum(t *testing.T) {
	for _, n := range []int{1, 2, 3, 7, 8, 9} {
		row := make([]float64, n)
		for i := range row {
			row[i] = float64(i*i + 1)
		}
		got := tensors.MustCopyFlatData[float64](MustExecOnce(backendtest.Interpreter(t), runningSum,
			[][]float64{row, row}))
		sum := 0.
		for i, v := range row {
			if sum += v; got[i] != sum || got[n+i] != sum {
				t.Errorf("%v sums up to %v", row, got)
			}
		}
	}
}

func TestEffectiveSize(t *testing.T) {
	for want, logs := range map[float64][]float64{4: {-1000, -1000, -1000, -1000}, 1: {0, -2000, -3000},
		1.8: {math.Log(2), 0}} {
		if got := EffectiveSize(logs); math.Abs(got-want) > 1e-12 {
			t.Errorf("effective size %g of %v, want %g", got, logs, want)
		}
	}
}

// tiltedRun samples p_gamma of the tests' two Gaussians by FeynmanKac, from N(0, 1) at the noise end.
func tiltedRun(p Process, gamma float64, steps int, s FeynmanKac) Plan {
	lo, hi := p.Horizon()
	grid := make([]float64, steps+1)
	for i := range grid {
		grid[i] = hi * math.Pow(lo/hi, float64(i)/float64(steps))
	}
	return Plan{
		Build: Fixed(func() Model {
			return ByLabel(plainDenoiser(p, classMean, classVariance)).Tilted(p, plainDenoiser(p, allMean, allVariance),
				gamma)
		}),
		Sampler: s, Grid: grid, Noise: random.NewKey(3, "tilted"),
	}
}

// TestPopulationsAlone checks that populations are independent of each other. Together they have the samples and
// weights that each has alone, in every block.
func TestPopulationsAlone(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		const n, size = 60, 20
		rows := make([][]float64, n)
		for i := range rows {
			rows[i] = []float64{math.Sin(float64(i * i))}
		}
		x := tensors.FromValue(rows)
		end := func(block int) (samples, logs []float64) {
			plan := tiltedRun(VP{}, 3, 12, FeynmanKac{Move: ReverseEulerMaruyama, Population: size, Resample: .9})
			plan.Block = block
			s, err := plan.End(b, x)
			if err != nil {
				t.Fatal(err)
			}
			if logs, err = LogWeights(s); err != nil {
				t.Fatal(err)
			}
			return tensors.MustCopyFlatData[float64](s.X), logs
		}
		together, weights := end(0)
		// 50 holds two populations. The last block holds one population and a copy of it.
		for _, block := range []int{size, 50, 64} {
			alone, w := end(block)
			if gap := max(farthest(together, alone), farthest(weights, w)); !(gap <= 1e-13) {
				t.Errorf("populations together and in blocks of %d differ by %g", block, gap)
			}
		}
	})
}

// TestPopulationInALargerBlock checks that a population of all samples keeps its size in blocks, whatever fills them
// up.
func TestPopulationInALargerBlock(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		plan := tiltedRun(VP{}, 3, 12, FeynmanKac{Move: ReverseEulerMaruyama, Resample: 1})
		x := samples(9, 1)
		whole, err := plan.Run(b, x)
		if err != nil {
			t.Fatal(err)
		}
		plan.Block = 16
		blocks, err := plan.Run(b, x)
		if err != nil {
			t.Fatal(err)
		}
		sameWithin(t, "block 0 - block 16", whole, blocks, 0)
		plan.Block = 8
		if _, err := plan.Run(b, x); err == nil || !strings.Contains(err.Error(), "populations of 9 samples do not "+
			"fit into blocks of 8") {
			t.Errorf("%v", err)
		}
	})
}

// TestWeightsOfFeynmanKac checks that weights that are not numbers end the run, wherever they arise. Weights of 0 do so
// only if all are 0. Run does not drop weights.
func TestWeightsOfFeynmanKac(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		grid := []float64{.9, .6, .3, .1}
		for _, c := range []struct {
			rate func(x, t *Node) *Node // [batch]
			want string
		}{
			{func(x, t *Node) *Node { // at one time, of one sample
				at := LogicalAnd(LessThan(Abs(Add(ZerosLike(x), AddScalar(t, -.6))), MulScalar(OnesLike(x), .01)),
					GreaterThan(x, MulScalar(OnesLike(x), 1e-9)))
				return Reshape(Where(at, MulScalar(OnesLike(x), math.NaN()), ZerosLike(x)), x.Shape().Dim(0))
			}, "the logarithm of the weight of sample "},
			{func(x, _ *Node) *Node { return Reshape(MulScalar(OnesLike(x), math.Inf(1)), x.Shape().Dim(0)) },
				"the logarithm of the weight of sample 0 is +Inf"},
			{func(x, _ *Node) *Node { return Reshape(MulScalar(OnesLike(x), math.Inf(-1)), x.Shape().Dim(0)) },
				"all weights of samples 0 to 7 are 0"},
			{func(x, _ *Node) *Node {
				return Reshape(x, x.Shape().Dim(0))
			}, "samples of FeynmanKac have weights: take the plan's End"},
			{func(x, _ *Node) *Node { return Reshape(ZerosLike(x), x.Shape().Dim(0)) }, ""},
		} {
			plan := Plan{
				Build: Fixed(func() Model {
					m := gaussian(VP{}, 0, 1)(nil, nil)
					m.Weight = c.rate
					return m
				}),
				Sampler: FeynmanKac{Move: ReverseEulerMaruyama, Resample: 1e-9}, Grid: grid,
				Noise: random.NewKey(3, "weights"),
			}
			_, err := plan.Run(b, samples(8, 1))
			if c.want == "" && err == nil {
				continue
			}
			if err == nil || c.want == "" || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(),
				"\n") {
				t.Errorf("%v, want one line with %q", err, c.want)
			}
		}
	})
}

// TestFeynmanKacSamplesTheTiltedDistribution checks that the samples have the distribution p_gamma. Its precision, and
// precision times mean, are weighted sums of those of the two Gaussians. Guided samples without weights have another
// distribution.
func TestFeynmanKacSamplesTheTiltedDistribution(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		const gamma, populations, size = 2.5, 40, 250
		precision := (1-gamma)/allVariance + gamma/classVariance
		mean := ((1-gamma)*allMean/allVariance + gamma*classMean/classVariance) / precision
		rows := make([][]float64, populations*size)
		for i := range rows {
			rows[i] = []float64{0}
		}
		start := MustExecOnce(b, func(x *Node) *Node { return random.New(x.Graph(), random.NewKey(4)).Normal(x) }, rows)
		for _, weighted := range []bool{true, false} {
			move := FeynmanKac{Move: ReverseEulerMaruyama, Population: size, Resample: .5}
			plan := tiltedRun(VP{}, gamma, 150, move)
			if !weighted {
				plan.Sampler = move.Move
			}
			var last Snapshot
			for s, err := range plan.Trace(b, start, 150) {
				if err != nil {
					t.Fatal(err)
				}
				last = s
			}
			logs := make([]float64, len(rows))
			if weighted {
				var err error
				if logs, err = LogWeights(last); err != nil {
					t.Fatal(err)
				}
			}
			x := tensors.MustCopyFlatData[float64](last.X)
			var means, squares []float64 // of the populations
			for k := range populations {
				sum, first, second := 0., 0., 0.
				for i := k * size; i < (k+1)*size; i++ {
					w := math.Exp(logs[i])
					sum, first, second = sum+w, first+w*x[i], second+w*(x[i]-mean)*(x[i]-mean)
				}
				means, squares = append(means, first/sum), append(squares, second/sum)
			}
			for what, v := range map[string]struct {
				got  []float64
				want float64
			}{"mean": {means, mean}, "variance": {squares, 1 / precision}} {
				m, sd := stat.MeanStdDev(v.got, nil)
				off := math.Abs(m-v.want) / (5*sd/math.Sqrt(populations) + .01) // .01: the error of the steps
				if weighted && off > 1 {
					t.Errorf("%s %g, want %g", what, m, v.want)
				}
				if !weighted && what == "variance" && off < 1 {
					t.Error(fmt.Sprint("without weights the variance is right too: ", m))
				}
			}
		}
	})
}
