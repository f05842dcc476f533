package main

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
	"scorelab/lib/suite"
	"scorelab/lib/train"
)

// testPupils are two networks with different losses.
func testPupils() []pupil {
	net := network.MLP{Hidden: []int{8}, Activation: "tanh", Key: diffusion.NewKey(1, "net")}
	denoise := diffusion.Denoising(dsmHeads[0].head, diffusion.Plain, diffusion.FixedTime(.5))
	return []pupil{
		{"first", net, diffusion.EDM{}, diffusion.Implicit(onData), diffusion.ScoreNet(0), 0},
		{"second", net, diffusion.EDM{}, denoise, diffusion.ScoreNet(0), 0},
	}
}

// Networks that learn side by side learn what each would alone, and the examiner sees their weights as they are.
func TestSideBySideIsAlone(t *testing.T) {
	const steps = 25
	l := &suite.Lab{Context: context.Background(), Backend: backendtest.Default(t), Seed: 1, Profile: suite.Quick}
	scores := func(pupils ...pupil) [][]float64 {
		plan := train.Plan{Data: drawnFrom(density.X2(), 32, false), Key: diffusion.NewKey(1, "training"), Step: sideBySide(train.Adam{Rate: 1e-2}, pupils)}
		trainer, err := plan.Begin(l.Backend)
		if err != nil {
			t.Fatal(err)
		}
		defer trainer.Close()
		exam, err := newExaminer(l, trainer, func(scope *model.Scope, in []*Node) []*Node {
			return each(pupils, func(p pupil) *Node { return p.score(scope, in[0], scalar(in[0], .5)) })
		})
		if err != nil {
			t.Fatal(err)
		}
		defer exam.exec.Finalize()
		before, err := exam.mark(trainer, [][]float64{{.3, -1}, {2, .5}})
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range trainer.Run(l.Context, steps) {
			if err != nil {
				t.Fatal(err)
			}
		}
		after, err := exam.mark(trainer, [][]float64{{.3, -1}, {2, .5}})
		if err != nil {
			t.Fatal(err)
		}
		for i := range before {
			if distance(before[i], after[i]) < .01 {
				t.Errorf("%s has not moved: %v, %v", pupils[i].name, before[i], after[i])
			}
		}
		return after
	}
	both := scores(testPupils()...)
	for i, p := range testPupils() {
		if alone := scores(p)[0]; distance(alone, both[i]) > 1e-5 {
			t.Errorf("%s learns %v alone and %v in company", p.name, alone, both[i])
		}
	}
}

// The gradient of a network 2-8-2 takes the evaluation, the products for the weights of both layers and the way back through the last:
// 32 + 32 + 16 multiplications a sample, where the evaluation takes 32.
func TestStepWork(t *testing.T) {
	l := &suite.Lab{Context: context.Background(), Backend: backendtest.Default(t), Seed: 1, Profile: suite.Quick}
	work, err := stepWork(l, testPupils()[1], 7, 2)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(work-2.5) > 1e-12 {
		t.Errorf("a step of denoising takes %g evaluations, want 2.5", work)
	}
}

// Noise in pairs is every sample's loss averaged over both signs.
func TestInPairs(t *testing.T) {
	denoise := diffusion.Denoising(dsmHeads[0].head, diffusion.Plain, diffusion.FixedTime(.5))
	out, err := ExecOnce(backendtest.Default(t), func(x, eps *Node) *Node {
		net := func(x, _, _ *Node) *Node { return Sin(x) }
		of := func(o diffusion.Objective, eps *Node) *Node {
			return o(diffusion.EDM{}, net, diffusion.Batch{X0: x}, diffusion.Replay(eps))
		}
		mean := MulScalar(Add(of(denoise, eps), of(denoise, Neg(eps))), .5)
		return Sub(of(inPairs(denoise), eps), mean)
	}, [][]float64{{.3, -1}, {2, .5}, {0, 1}}, [][]float64{{1, -1}, {.2, .5}, {-2, .3}})
	if err != nil {
		t.Fatal(err)
	}
	if off := largest(tensors.MustCopyFlatData[float64](out)); off > 1e-12 {
		t.Errorf("off by %g", off)
	}
}
