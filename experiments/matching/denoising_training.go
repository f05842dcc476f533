package matching

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/suite"
	"scorelab/lib/train"
)

// dsmRun is a training of several networks, and their errors at some of its steps.
type dsmRun struct {
	steps  []int // at which the networks were evaluated
	names  []string
	errors map[string][]float64 // relative Fisher error of every network there
	scores map[int][]float64    // of the first network at the nodes of figureLattice
	loss   []float64            // of the first network, at every step
	floor  []float64            // of the exact score, on the same noise
	fisher float64              // E|s|^2 of the noised cross
	// relative error of the score of the first data with noise, the exact minimizer of J_D on them
	kernel float64
}

// at is the index of a step in the record.
func (d *dsmRun) at(step int) int {
	i := slices.Index(d.steps, step)
	if i < 0 {
		panic(fmt.Sprintf("the networks were not evaluated at step %d", step))
	}
	return i
}

// evaluatedSteps are the steps after which the networks are evaluated.
func evaluatedSteps() map[int]bool {
	steps := map[int]bool{companionSteps: true, widerSteps: true, patientSteps: true}
	for s := 0; s <= companionSteps; s += 10 {
		steps[s] = true
	}
	for s := float64(companionSteps); s < patientSteps; s *= 1.25 {
		steps[int(math.Round(s/10))*10] = true
	}
	return steps
}

// dsmEvaluation is the lattice on which networks are compared with the exact score, and the networks.
type dsmEvaluation struct {
	lattice  *tensors.Tensor
	cell     float64
	learners []kit.Learner
}

func newDSMEvaluation(l *suite.Lab, learners []kit.Learner) (dsmEvaluation, error) {
	const side, nodes = 7., 141
	lattice, cell, err := density.Grid(-side, side, nodes, 2)
	if err == nil {
		err = density.CheckOnGrid(l.Backend, density.Cross(), diffusion.EDM{}, lattice, cell, companionSigma)
	}
	return dsmEvaluation{lattice, cell, learners}, err
}

// exact returns companionSigma as the time, the exact noised score at the lattice x, and the weights of a mean.
func (e dsmEvaluation) exact(x *Node) (t, score, weights *Node) {
	t = kit.ScalarLike(x, companionSigma)
	return t, density.Cross().Model(diffusion.EDM{}).Score(x, t), onCross(x, companionSigma, e.cell)
}

// references returns E|s|^2 of the noised cross, and the relative error of the score of the data with noise.
func (e dsmEvaluation) references(l *suite.Lab, data *tensors.Tensor) (fisher, kernel float64, err error) {
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		x := in[0]
		t, exact, p := e.exact(x)
		kernel := density.Empirical(diffusion.EDM{}, ConvertDType(in[1], dtypes.Float64))
		return []*Node{ReduceAllSum(Mul(p, ReduceSum(Square(exact), 1))), kit.SquaredScoreError(kernel.ScoreAt(x, t),
			exact, p)}
	}, e.lattice, data)
	if err != nil {
		return 0, 0, err
	}
	return out[0][0], out[1][0] / out[0][0], nil
}

// errors returns the squared error of each network on the lattice in[0], then the scores of the first at the points
// in[1].
func (e dsmEvaluation) errors(scope *model.Scope, in []*Node) []*Node {
	t, exact, p := e.exact(in[0])
	var out []*Node
	for _, n := range e.learners {
		out = append(out, kit.SquaredScoreError(n.Score(scope, in[0], t), exact, p))
	}
	return append(out, e.learners[0].Score(scope, in[1], t))
}

// trainAndEvaluate trains networks together up to a step and evaluates them on the way.
func trainAndEvaluate(l *suite.Lab, columns []*tensors.Tensor, learners []kit.Learner, until int) (*dsmRun, error) {
	together := kit.TrainJointly(train.Adam{Rate: companionRate}, learners)
	plan := train.Plan{Data: train.Whole(columns...), Key: l.Key("training"), Every: 10,
		Step: func(t *train.StepContext) {
			t.Record(train.FloorCurve, t.Mean(exactly(learners[0], companionSigma)))
			together(t)
		}}
	trainer, err := plan.Begin(l.Backend)
	if err != nil {
		return nil, err
	}
	defer trainer.Close()
	evaluation, err := newDSMEvaluation(l, learners)
	if err != nil {
		return nil, err
	}
	d := &dsmRun{names: kit.Map(learners, func(p kit.Learner) string { return p.Name }),
		errors: map[string][]float64{}, scores: map[int][]float64{}}
	if d.fisher, d.kernel, err = evaluation.references(l, columns[0]); err != nil {
		return nil, err
	}
	evaluator, err := kit.NewEvaluator(l, trainer, evaluation.errors)
	if err != nil {
		return nil, err
	}
	defer evaluator.Exec.Finalize()
	record := func() error { return d.record(evaluator, trainer, evaluation.lattice) }
	return d, d.follow(l, trainer, until, record)
}

// follow runs a training and records its losses, and the errors of its networks before and on the way.
func (d *dsmRun) follow(l *suite.Lab, trainer *train.Trainer, until int, record func() error) error {
	if err := record(); err != nil {
		return err
	}
	for report, err := range trainer.Run(l.Context, until) {
		if err == nil {
			d.loss, d.floor = append(d.loss, report.Curves[d.names[0]]...),
				append(d.floor, report.Curves[train.FloorCurve]...)
			err = record()
		}
		if err == nil && report.Step%500 == 0 {
			err = l.Progress(.2+.7*float64(report.Step)/patientSteps, "training")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// record evaluates the networks if the step of the training is one of evaluatedSteps.
func (d *dsmRun) record(evaluator *kit.Evaluator, trainer *train.Trainer, lattice *tensors.Tensor) error {
	step := trainer.Step()
	if !evaluatedSteps()[step] {
		return nil
	}
	grid, err := figureLattice()
	if err != nil {
		return err
	}
	out, err := evaluator.Evaluate(trainer, lattice, grid)
	if err != nil {
		return err
	}
	d.steps = append(d.steps, step)
	for i, name := range d.names {
		d.errors[name] = append(d.errors[name], out[i][0]/d.fisher)
	}
	d.scores[step] = out[len(d.names)]
	return nil
}
