package kit

import (
	"context"
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/network"
	"scorelab/lib/random"
	"scorelab/lib/suite"
	"scorelab/lib/train"
)

// testLearners are two networks with different losses.
func testLearners() []Learner {
	net := network.MLP{Hidden: []int{8}, Activation: "tanh", Key: random.NewKey(1, "net")}
	denoise := diffusion.Denoising(diffusion.Unscaled(diffusion.ScoreHead(1)), diffusion.Plain, diffusion.FixedTime(.5))
	return []Learner{
		{"first", net, diffusion.EDM{}, diffusion.Implicit(diffusion.Matching{Score: diffusion.ScoreNet(0),
			Times: diffusion.FixedTime(0)}), diffusion.ScoreNet(0), 0},
		{"second", net, diffusion.EDM{}, denoise, diffusion.ScoreNet(0), 0},
	}
}

// Networks that train side by side learn what each would alone, and the evaluator uses their present weights.
func TestSideBySideIsAlone(t *testing.T) {
	const steps = 25
	l := &suite.Lab{Context: context.Background(), Backend: backendtest.Default(t), Seed: 1, Profile: suite.Quick}
	scores := func(learners ...Learner) [][]float64 {
		plan := train.Plan{Data: FreshBatches(density.Cross(), 32, false), Key: random.NewKey(1, "training"),
			Step: TrainJointly(train.Adam{Rate: 1e-2}, learners)}
		trainer, err := plan.Begin(l.Backend)
		if err != nil {
			t.Fatal(err)
		}
		defer trainer.Close()
		exam, err := NewEvaluator(l, trainer, func(scope *model.Scope, in []*Node) []*Node {
			return Map(learners, func(p Learner) *Node { return p.Score(scope, in[0], ScalarLike(in[0], .5)) })
		})
		if err != nil {
			t.Fatal(err)
		}
		defer exam.Exec.Finalize()
		before, err := exam.Evaluate(trainer, [][]float64{{.3, -1}, {2, .5}})
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range trainer.Run(l.Context, steps) {
			if err != nil {
				t.Fatal(err)
			}
		}
		after, err := exam.Evaluate(trainer, [][]float64{{.3, -1}, {2, .5}})
		if err != nil {
			t.Fatal(err)
		}
		for i := range before {
			if LargestDifference(before[i], after[i]) < .01 {
				t.Errorf("%s has not moved: %v, %v", learners[i].Name, before[i], after[i])
			}
		}
		return after
	}
	both := scores(testLearners()...)
	for i, p := range testLearners() {
		if alone := scores(p)[0]; LargestDifference(alone, both[i]) > 1e-5 {
			t.Errorf("%s learns %v alone and %v in company", p.Name, alone, both[i])
		}
	}
}

// The gradient of a network 2-8-2 takes the evaluation, the products for the weights of both layers and the way back
// through the last: 32 + 32 + 16 multiplications a sample, where the evaluation takes 32.
func TestStepWork(t *testing.T) {
	l := &suite.Lab{Context: context.Background(), Backend: backendtest.Default(t), Seed: 1, Profile: suite.Quick}
	work, err := StepWork(l, testLearners()[1], 7, 2)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(work-2.5) > 1e-12 {
		t.Errorf("a step of denoising takes %g evaluations, want 2.5", work)
	}
}

// Noise in pairs is every sample's loss averaged over both signs.
func TestInPairs(t *testing.T) {
	denoise := diffusion.Denoising(diffusion.Unscaled(diffusion.ScoreHead(1)), diffusion.Plain, diffusion.FixedTime(.5))
	out, err := ExecOnce(backendtest.Default(t), func(x, eps *Node) *Node {
		net := func(x, _, _ *Node) *Node { return Sin(x) }
		of := func(o diffusion.Objective, eps *Node) *Node {
			return o(diffusion.EDM{}, net, diffusion.Batch{X0: x}, random.Replay(eps))
		}
		mean := MulScalar(Add(of(denoise, eps), of(denoise, Neg(eps))), .5)
		return Sub(of(InPairs(denoise), eps), mean)
	}, [][]float64{{.3, -1}, {2, .5}, {0, 1}}, [][]float64{{1, -1}, {.2, .5}, {-2, .3}})
	if err != nil {
		t.Fatal(err)
	}
	if off := LargestAbs(tensors.MustCopyFlatData[float64](out)); off > 1e-12 {
		t.Errorf("off by %g", off)
	}
}
