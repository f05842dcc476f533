package diffusion

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/exec"
	"scorelab/lib/random"
)

// drawTimes draws the times of n samples and the logarithms of their noise levels.
func drawTimes(b compute.Backend, times TimeSampler, p Process, dtype dtypes.DType, key random.Key, first, n int) (
	ts, logLevels []float64) {
	out := MustExecOnceN(b, func(first *Node) []*Node {
		g := first.Graph()
		r := random.NewFrom(first, key)
		t := ConvertDType(times(p, Zeros(g, shapes.Make(dtype, n, 3, 2)), r), dtypes.Float64)
		t.AssertDims(n, 1, 1)
		return []*Node{t, Log(p.At(t).Ratio())}
	}, uint32(first))
	return tensors.MustCopyFlatData[float64](out[0]), tensors.MustCopyFlatData[float64](out[1])
}

// kolmogorov is the Kolmogorov distance of numbers from the uniform distribution on (0, 1). It sorts them.
func kolmogorov(u []float64) float64 {
	slices.Sort(u)
	worst := 0.
	for i, v := range u {
		worst = max(worst, v-float64(i)/float64(len(u)), float64(i+1)/float64(len(u))-v)
	}
	return worst
}

// TestTimes checks that times follow their distribution, on every process. Independent times belong to the sample,
// whatever the batch.
func TestTimes(t *testing.T) {
	const n = 4000
	b := backendtest.Interpreter(t)
	key := random.NewKey(5, "times")
	for _, process := range Processes {
		p := process.Process
		lo, hi := p.Horizon()
		c := coefficients(t, b, p, []float64{lo, hi})
		low, high := math.Log(c[1][0]/c[0][0]), math.Log(c[1][1]/c[0][1])
		for _, spec := range []struct {
			name  string
			times TimeSampler
			u     func(t, level float64) float64 // to the uniform distribution
		}{
			{"uniform", UniformTimes(Independent), func(t, _ float64) float64 { return (t - lo) / (hi - lo) }},
			{"uniform, spread", UniformTimes(LowDiscrepancy), func(t, _ float64) float64 {
				return (t - lo) / (hi - lo)
			}},
			{"levels", LevelTimes(Independent), func(_, level float64) float64 { return (level - low) / (high - low) }},
			{"levels, spread", LevelTimes(LowDiscrepancy), func(_, level float64) float64 {
				return (level - low) / (high - low)
			}},
			// Within the horizon of every process, except for one in 1e6.
			{"log-normal", LogNormalTimes(-1, .4), func(_, level float64) float64 {
				return .5 * math.Erfc(-(level+1)/(.4*math.Sqrt2))
			}},
		} {
			for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
				ts, levels := drawTimes(b, spec.times, p, dtype, key, 0, n)
				u := make([]float64, n)
				for i := range ts {
					if !(ts[i] >= lo*(1-1e-6) && ts[i] <= hi*(1+1e-6)) {
						t.Fatalf("%s, %s: time %g outside %g .. %g", process.Name, spec.name, ts[i], lo, hi)
					}
					u[i] = spec.u(ts[i], levels[i])
				}
				limit := 2.69 / math.Sqrt(n) // Kolmogorov's distribution at alpha = 1e-6
				if strings.HasSuffix(spec.name, "spread") {
					limit = 1./n + 2e-4 // one in each of n cells, and the rounding of float32 at the smallest level
				}
				if worst := kolmogorov(u); worst > limit {
					t.Errorf("%s, %s, %s: KS distance %g, limit %g", process.Name, spec.name, dtype, worst, limit)
				}
			}
			if strings.HasSuffix(spec.name, "spread") {
				continue
			}
			whole, _ := drawTimes(b, spec.times, p, dtypes.Float64, key, 0, 20)
			part, _ := drawTimes(b, spec.times, p, dtypes.Float64, key, 13, 4)
			if fmt.Sprint(part) != fmt.Sprint(whole[13:17]) {
				t.Errorf("%s, %s: samples 13..16 drawn alone differ from the whole", process.Name, spec.name)
			}
		}
	}
}

// TestLowDiscrepancy checks that the spread draw puts one sample in each n-th of (0, 1], and each sample anywhere.
func TestLowDiscrepancy(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, n := range []int{1, 2, 7, 100} {
			exec := MustNewExec(b, func(k0, k1 *Node) *Node {
				g := k0.Graph()
				r := random.At([2]*Node{k0, k1}, Const(g, uint32(0)), Const(g, uint32(0)))
				return LowDiscrepancy(r, Zeros(g, shapes.Make(dtypes.Float64, n, 1)))
			})
			var third []float64
			for seed := range 300 {
				key := random.NewKey(int64(seed), "spread")
				u := tensors.MustCopyFlatData[float64](exec.MustCall1(key[0], key[1]))
				third = append(third, u[n/3])
				slices.Sort(u)
				for i := range u {
					if !(u[i] > float64(i)/float64(n)-1e-15 && u[i] <= float64(i+1)/float64(n)+1e-15) {
						t.Fatalf("n = %d, seed %d: %g is not in cell %d", n, seed, u[i], i)
					}
				}
			}
			exec.Finalize()
			if worst := kolmogorov(third); worst > 2.69/math.Sqrt(300) {
				t.Errorf("n = %d: sample %d has KS distance %g from uniform over seeds", n, n/3, worst)
			}
		}
	})
}

// TestWholeTimes checks that whole times are 1 .. T with equal frequency. Both ends of the draw stay inside, in float32
// too.
func TestWholeTimes(t *testing.T) {
	b := backendtest.Interpreter(t)
	ddpm, err := NewTable(LinearBetas(1e-4, .02, 1000))
	if err != nil {
		t.Fatal(err)
	}
	for _, dtype := range []dtypes.DType{dtypes.Float64, dtypes.Float32} {
		ts, _ := drawTimes(b, WholeTimes(LowDiscrepancy, 10), EDM{}, dtype, random.NewKey(3, "whole"), 0, 1000)
		count := map[float64]int{}
		for _, v := range ts {
			count[v]++
		}
		for k := range 10 {
			if got := count[float64(k+1)]; got < 99 || got > 101 { // rounding moves one over an edge
				t.Errorf("%s: time %d was drawn %d times of 1000", dtype, k+1, got)
			}
		}
		if len(count) != 10 {
			t.Errorf("%s: %d different times", dtype, len(count))
		}
		ends := tensors.MustCopyFlatData[float64](MustExecOnce(b, func(u *Node) *Node {
			u = ConvertDType(u, dtype)
			return ConvertDType(WholeTimes(Independent, 1000)(VP{ddpm}, u, random.Replay(u)), dtypes.Float64)
		}, [][]float64{{math.Pow(2, -65)}, {1}}))
		if ends[0] != 1 || ends[1] != 1000 {
			t.Errorf("%s: the ends of the draw give times %v", dtype, ends)
		}
	}
}

// TestLogNormalTimes uses EDM, whose time is its noise level. So the log-normal proposals are exp(-1.2 + 1.2 z), and
// beyond the horizon they stay at its ends.
func TestLogNormalTimes(t *testing.T) {
	b := backendtest.Interpreter(t)
	z := [][]float64{{-9}, {-1}, {0}, {.7}, {9}}
	got := tensors.MustCopyFlatData[float64](MustExecOnce(b, func(z *Node) *Node {
		return LogNormalTimes(-1.2, 1.2)(EDM{}, z, random.Replay(z))
	}, z))
	for i, want := range []float64{.002, math.Exp(-2.4), math.Exp(-1.2), math.Exp(-.36), 80} {
		near(t, "level", z[i][0], got[i], want, 80*math.Pow(2, -23)) // 24 halvings reach the ends
		if i > 0 && i < 4 {
			near(t, "level", z[i][0], got[i], want, 1e-12)
		}
	}
}

// TestDropLabels checks that a label is dropped with the given probability, by a draw of its own sample.
func TestDropLabels(t *testing.T) {
	const n = 4000
	b := backendtest.Interpreter(t)
	drop := func(rate float64, first, n int) []int32 {
		return tensors.MustCopyFlatData[int32](MustExecOnce(b, func(first *Node) *Node {
			g := first.Graph()
			r := random.NewFrom(first, random.NewKey(1, "labels"))
			var seen *Node
			DropLabels(rate, func(_ Process, _ Net, b Batch, _ *random.Source) *Node { seen = b.Label; return b.X0 })(
				nil, nil, Batch{
					X0:    Zeros(g, shapes.Make(dtypes.Float32, n, 2)),
					Label: Add(Iota(g, shapes.Make(dtypes.Int32, n), 0), ConvertDType(first, dtypes.Int32)),
				}, r)
			return seen
		}, uint32(first)))
	}
	for _, rate := range []float64{0, .1, .5, 1} {
		labels, dropped := drop(rate, 0, n), 0.
		for i, label := range labels {
			if label == NoLabel {
				dropped++
			} else if int(label) != i {
				t.Fatalf("label %d became %d", i, label)
			}
		}
		if math.Abs(dropped/n-rate) > 5*math.Sqrt(rate*(1-rate)/n) {
			t.Errorf("rate %g: %g of %d labels dropped", rate, dropped, n)
		}
	}
	if whole, part := drop(.5, 0, 40), drop(.5, 11, 9); fmt.Sprint(part) != fmt.Sprint(whole[11:20]) {
		t.Errorf("labels of 11..19 drawn alone: %v, in the whole: %v", part, whole[11:20])
	}
}

// TestObjectiveFaults checks that invalid input of objectives ends the graph with one sentence.
func TestObjectiveFaults(t *testing.T) {
	b := backendtest.Interpreter(t)
	zero := func(x, _, _ *Node) *Node { return ZerosLike(x) }
	plain := Denoising(EpsHead(1), Plain, nil)
	for want, build := range map[string]func(x *Node) *Node{
		"without labels has none": func(x *Node) *Node {
			return DropLabels(.1, plain)(VP{}, zero, Batch{X0: x}, random.New(x.Graph(), random.Key{}))
		},
		"rank": func(x *Node) *Node {
			return plain(VP{}, zero, Batch{X0: x, X1: Squeeze(x)}, random.New(x.Graph(), random.Key{}))
		},
	} {
		_, err := ExecOnce(b, build, [][]float64{{1, 2}})
		if err == nil || !strings.Contains(exec.Cause(err).Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestScorers checks that the two scorers agree where the one by way of D has digits left.
func TestScorers(t *testing.T) {
	b := backendtest.Interpreter(t)
	net := func(x, logSNR, _ *Node) *Node { return Tanh(Add(x, MulScalar(logSNR, .1))) }
	for _, process := range Processes {
		p := process.Process
		for _, at := range inside(p, 3) {
			out := MustExecOnceN(b, func(x, at *Node) []*Node {
				return []*Node{ScoreNet(.7)(p, net, nil)(x, at), ScoreHead(.7).Score(p, net, nil)(x, at)}
			}, samples(4, 2), at)
			sameWithin(t, process.Name, out[0], out[1], 1e-9)
		}
	}
}
