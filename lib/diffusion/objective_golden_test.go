package diffusion

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// goldenObjectives is testdata/objectives.json, computed by JAX in float64: see the script beside it.
type goldenObjectives struct {
	SD, Step          float64
	X0, Eps, Probe, T [][]float64
	Weights           [][][]float64
	Cases             []struct {
		Objective, Weighting, Process string
		Losses                        []float64
		Gradients                     [][]float64
	}
}

// TestObjectivesAgainstJAX checks that losses, and their gradients in all weights of a 2-8-2 network, equal those of an
// independent program.
func TestObjectivesAgainstJAX(t *testing.T) {
	raw, err := os.ReadFile("testdata/objectives.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden goldenObjectives
	if err := json.Unmarshal(raw, &golden); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range golden.Cases {
		seen[c.Objective], seen[c.Weighting] = true, true
	}
	for _, w := range Weightings {
		if !seen[w.Name] {
			t.Errorf("weighting %s has no golden value", w.Name)
		}
	}
	for _, o := range Objectives {
		if !seen[o.Name] && o.Name != "sliced-rademacher" { // the replayed probe replaces the distribution
			t.Errorf("objective %s has no golden value", o.Name)
		}
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		out := MustExecOnceN(b, func(in []*Node) []*Node {
			x0, eps, probe, at, weights := in[0], in[1], in[2], in[3], in[4:]
			var results []*Node
			for _, c := range golden.Cases {
				objective, p := golden.objective(t, c.Objective, c.Weighting, c.Process, at)
				net := func(x, logSNR, _ *Node) *Node {
					h := Add(Add(Dot(x, weights[0]).Product(), Mul(logSNR, weights[1])), weights[2])
					return Add(Dot(Tanh(h), weights[3]).Product(), weights[4])
				}
				loss := objective(p, net, Batch{X0: x0}, random.Replay(eps, probe))
				results = append(append(results, loss), Gradient(ReduceAllMean(loss), weights...)...)
			}
			return results
		}, golden.X0, golden.Eps, golden.Probe, golden.T,
			golden.Weights[0], golden.Weights[1], golden.Weights[2], golden.Weights[3], golden.Weights[4])
		for _, c := range golden.Cases {
			what := c.Objective + "/" + c.Weighting + "/" + c.Process
			nearAll(t, what+": losses", tensors.MustCopyFlatData[float64](out[0]), c.Losses)
			var got []float64
			for _, g := range out[1 : 1+len(golden.Weights)] {
				got = append(got, tensors.MustCopyFlatData[float64](g)...)
			}
			nearAll(t, what+": gradients", got, slices.Concat(c.Gradients...))
			out = out[1+len(golden.Weights):]
		}
	})
}

// objective is the objective of a case, with the golden times, on its process.
func (golden goldenObjectives) objective(t *testing.T, name, weighting, process string, at *Node) (Objective, Process) {
	times := func(Process, *Node, *random.Source) *Node { return at }
	i := slices.IndexFunc(Weightings, func(s WeightingSpec) bool { return s.Name == weighting })
	w := Weightings[i].Weighting(golden.SD)
	p := Processes[slices.IndexFunc(Processes, func(s ProcessSpec) bool { return s.Name == process })].Process
	exact := func(x, t *Node) *Node {
		c := p.At(t)
		return Neg(Mul(x, Square(c.unit(golden.SD))))
	}
	m := Matching{ScoreNet(golden.SD), w, times}
	switch name { // with the replayed probe
	case "sliced-vr":
		return SlicedVR(m, (*random.Source).Normal), p
	case "sliced-fd":
		return SlicedFD(m, (*random.Source).Normal, golden.Step), p
	}
	i = slices.IndexFunc(Objectives, func(s ObjectiveSpec) bool { return s.Name == name })
	return Objectives[i].New(golden.SD, exact, w, times), p
}

// nearAll compares numbers within 1e-10 of the largest of them, because single ones cancel.
func nearAll(t *testing.T, what string, got, want []float64) {
	t.Helper()
	scale := 0.
	for _, v := range want {
		scale = max(scale, math.Abs(v))
	}
	for i := range want {
		near(t, what, float64(i), got[i], want[i], 1e-10*scale)
	}
}

// headNets are the networks that give the same score at x under the heads score, eps, data and v. u is the input that
// the head scales.
func headNets(score func(u *Node) *Node, alpha, sigma float64) []func(x, u *Node) *Node {
	norm := alpha*alpha + sigma*sigma
	return []func(x, u *Node) *Node{
		func(_, u *Node) *Node { return score(u) },
		func(_, u *Node) *Node { return MulScalar(score(u), -sigma) },
		func(x, u *Node) *Node {
			return MulScalar(Add(x, MulScalar(score(u), sigma*sigma)), 1/alpha)
		},
		func(x, u *Node) *Node { // v = (alpha x - norm x0)/sigma
			data := MulScalar(Add(x, MulScalar(score(u), sigma*sigma)), 1/alpha)
			return MulScalar(Sub(MulScalar(x, alpha), MulScalar(data, norm)), 1/sigma)
		},
	}
}

// sameTimes fails unless loss and gradient of each head, times its ratio, equal those of the first.
func sameTimes(t *testing.T, at float64, ratios []float64, out []*tensors.Tensor, tol float64) {
	t.Helper()
	for i := range ratios {
		for k := range 2 {
			first, other := tensors.MustCopyFlatData[float64](out[k]),
				tensors.MustCopyFlatData[float64](out[2*i+k])
			largest := 0.
			for _, v := range first {
				largest = max(largest, math.Abs(v))
			}
			for j := range first {
				near(t, "the score's loss from another's", at, ratios[i]*other[j], first[j],
					tol*largest)
			}
		}
	}
}

// TestHeadsDifferByAWeight checks that score, noise, data and velocity are one objective. The networks represent one
// denoiser under four heads. The score's loss is the others' times 1/sigma^2, alpha^2/sigma^4 and alpha^2/(sigma
// (alpha^2 + sigma^2))^2. So are its gradients in their common weights (001, "Denoising Score Matching", where alpha =
// 1; sigma^2 = 1 - alpha-bar in 004).
func TestHeadsDifferByAWeight(t *testing.T) {
	b := backendtest.Interpreter(t)
	x0, weights := samples(6, 2), samples(2, 2)
	for _, process := range []ProcessSpec{{"vp", VP{}}, {"edm", EDM{}}} {
		p := process.Process
		t.Run(process.Name, func(t *testing.T) {
			for _, at := range []float64{.05, .3, .7} {
				c := coefficients(t, b, p, []float64{at})
				alpha, sigma := c[0][0], c[1][0]
				norm := alpha*alpha + sigma*sigma
				ratios := []float64{1, 1 / (sigma * sigma), alpha * alpha / math.Pow(sigma, 4), alpha * alpha /
					(sigma * sigma * norm * norm)}
				for _, precision := range []struct {
					to  func(x *Node) *Node
					tol float64
				}{
					{func(x *Node) *Node { return x }, 1e-10},
					{func(x *Node) *Node { return ConvertDType(x, dtypes.Float32) }, 1e-4},
				} {
					out := MustExecOnceN(b, func(x0, w *Node) []*Node {
						x0, w = precision.to(x0), precision.to(w)
						noise := Cos(MulScalar(x0, 3))
						score := func(u *Node) *Node { return Tanh(Dot(u, w).Product()) } // at the scaled input
						nets := headNets(score, alpha, sigma)
						var results []*Node
						for i, head := range []func(float64) Head{ScoreHead, EpsHead, DataHead, VHead} {
							net := func(u, _, _ *Node) *Node {
								_, _, in := head(1)(p.At(Scalar(u.Graph(), u.DType(), at)))
								return nets[i](Div(u, in), u)
							}
							loss := Denoising(head(1), Plain, FixedTime(at))(p, net, Batch{X0: x0, X1: noise}, nil)
							results = append(results, loss, Gradient(ReduceAllMean(loss), w)[0])
						}
						for i := range results {
							results[i] = ConvertDType(results[i], dtypes.Float64)
						}
						return results
					}, x0, weights)
					sameTimes(t, at, ratios, out, precision.tol)
				}
			}
		})
	}
}
