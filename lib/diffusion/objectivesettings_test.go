package diffusion

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/exec"
	"scorelab/lib/random"
)

var nan, inf = math.NaN(), math.Inf(1)

// refused returns losses with an invalid setting, by the sentence that reports it. Every line in Heads or Weightings is
// tried with every invalid standard deviation.
func refused() map[string][]Objective {
	eps := func(w Weighting, times TimeSampler) Objective { return Denoising(EpsHead(1), w, times) }
	timed := func(times TimeSampler) Objective { return eps(Plain, times) }
	m := Matching{}
	out := map[string][]Objective{
		"Denoising without a head":               {Denoising(nil, nil, nil)},
		"Unscaled without a head":                {Denoising(Unscaled(nil), nil, nil)},
		"without the score that it matches":      {Explicit(m, nil)},
		"without a Probe":                        {Sliced(m, nil), SlicedVR(m, nil), SlicedFD(m, nil, .1)},
		"DropLabels without an objective":        {DropLabels(.5, nil)},
		"UniformTimes without a draw":            {timed(UniformTimes(nil))},
		"LevelTimes without a draw":              {timed(LevelTimes(nil))},
		"WholeTimes without a draw":              {timed(WholeTimes(nil, 1))},
		"from 1 to 2, but the process ends at 1": {timed(WholeTimes(Independent, 2))},
	}
	add := func(want string, o Objective) { out[want] = append(out[want], o) }
	for _, bad := range []float64{nan, inf, -inf, -1, 0} {
		add("give a positive number, such as the 5", eps(MinSNR(bad), nil))
		add("finite-difference score matching has step", SlicedFD(m, (*random.Source).Normal, bad))
		for _, spec := range Heads {
			add("a head for data of standard deviation", Denoising(spec.Head(bad), nil, nil))
		}
		add("EDMWeight for data of standard deviation", eps(EDMWeight(bad), nil))
		if bad != 0 { // 0 means x without scaling
			add("a head for data of standard deviation", Implicit(Matching{Score: ScoreNet(bad)}))
			add("FixedTime(", timed(FixedTime(bad)))
			add("LogNormalTimes with standard deviation", timed(LogNormalTimes(0, bad)))
			add("labels are dropped with probability", DropLabels(bad, timed(nil)))
		}
		if !finite(bad) {
			add("LogNormalTimes with mean", timed(LogNormalTimes(bad, 1)))
		}
	}
	add("labels are dropped with probability", DropLabels(1.5, timed(nil)))
	for _, last := range []int{0, -1, math.MinInt} {
		add("give a last of at least 1", timed(WholeTimes(Independent, last)))
	}
	return out
}

// TestObjectiveSettings checks that objectives validate their settings when a graph is built with them, and name the
// wrong one in one sentence. Making an objective never panics.
func TestObjectiveSettings(t *testing.T) {
	if testing.Short() {
		t.Skip("numbers of graphs, in which the race detector finds nothing")
	}
	zero := func(x, _, _ *Node) *Node { return ZerosLike(x) }
	build := func(b compute.Backend, o Objective, p Process, net Net) error {
		_, err := ExecOnce(b, func(x *Node) *Node {
			label := Zeros(x.Graph(), Const(x.Graph(), []int32{0}).Shape())
			return o(p, net, Batch{X0: x, Label: label}, random.New(x.Graph(), random.Key{}))
		}, [][]float64{{1, 2}})
		return err
	}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for want, list := range refused() {
			for _, o := range list {
				if err := build(b, o, VP{}, zero); err == nil || !strings.Contains(exec.Cause(err).Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
			}
		}
		for _, spec := range Objectives {
			o := spec.New(1, func(x, _ *Node) *Node { return x }, nil, nil)
			for want, err := range map[string]error{
				"sigma runs from 9 to 1":      build(b, o, VE{SigmaMin: 9, SigmaMax: 1}, zero),
				"there is no process":         build(b, o, nil, zero),
				"objective without a network": build(b, o, VP{}, nil),
			} {
				if err == nil || !strings.Contains(exec.Cause(err).Error(), want) {
					t.Errorf("%s: got %v, want %q", spec.Name, err, want)
				}
			}
			if err := build(b, o, VP{}, zero); err != nil {
				t.Errorf("%s: %v", spec.Name, err)
			}
		}
	})
}

// TestProcessSettings tries invalid numbers in every field of every registered process and schedule.
func TestProcessSettings(t *testing.T) {
	for _, bad := range []float64{nan, inf, -inf, -1} {
		for name, p := range map[string]Process{
			"VE SigmaMin": VE{bad, 5}, "VE SigmaMax": VE{1, bad},
			"linear Min": VP{LinearBeta{bad, 5}}, "linear Max": SubVP{LinearBeta{1, bad}},
			"scaled Min": VP{ScaledLinearBeta{bad, 5}}, "scaled Max": VP{ScaledLinearBeta{1, bad}},
			"sigmoid Min": VP{SigmoidBeta{bad, 5}}, "sigmoid Max": VP{SigmoidBeta{1, bad}},
			"cosine S": VP{Cosine{bad}}, "Tau": VP{SigmoidAlpha{-3, 3, bad}},
		} {
			if err := p.Validate(); err == nil {
				t.Errorf("%s = %g is accepted", name, bad)
			}
		}
		if _, err := NewTable([]float64{.1, bad}); err == nil {
			t.Errorf("a table with beta %g is accepted", bad)
		}
		for _, betas := range [][]float64{LinearBetas(bad, .1, 3), ScaledLinearBetas(.1, bad, 3),
			SigmoidBetas(bad, .1, 3)} {
			if _, err := NewTable(betas); err == nil {
				t.Errorf("betas %v are accepted", betas)
			}
		}
		if _, err := Tabulate(backendtest.Interpreter(t), LinearBeta{}, 5, bad); bad != inf && err == nil {
			t.Errorf("Tabulate cuts at %g", bad)
		}
	}
	for name, p := range map[string]Process{
		"equal sigmas": VE{2, 2}, "no ratio": VE{1e-300, 1e300}, "falling rates": VP{LinearBeta{20, 1}},
		"start after end": VP{SigmoidAlpha{3, -3, 1}},
		"Start":           VP{SigmoidAlpha{nan, 3, 1}}, "End": VP{SigmoidAlpha{-3, inf, 1}}, "no table": VP{Table{}},
		"sigma 0": VE{0, 1},
	} {
		if err := p.Validate(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := NewTable(LinearBetas(.1, .2, -1)); err == nil {
		t.Error("-1 betas are accepted")
	}
}
