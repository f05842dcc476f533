package train

import (
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/exec"
)

// frame holds the inputs of one step besides the variables. The same list is the arguments of a graph and the state of
// its loop. step, stop and curves change.
type frame struct {
	step, stop   *Node // int32
	order, noise [2]*Node
	columns      []*Node
	window       []*Node
	curves       *Node // [Every, curves] float64: row step mod Every
}

// arguments returns the arguments that run the trainer from its current step to the step stop.
func (t *Trainer) arguments(stop int) []any {
	args := []any{int32(t.step), int32(stop), t.order[0], t.order[1], t.noise[0], t.noise[1]}
	for _, list := range [][]*tensors.Tensor{t.columns, t.window.tables, {t.curves}} {
		for _, x := range list {
			args = append(args, x)
		}
	}
	return args
}

// frameHead is the number of arguments before the columns.
const frameHead = 6

func (t *Trainer) unpack(in []*Node) frame {
	f := frame{step: in[0], stop: in[1], order: [2]*Node{in[2], in[3]}, noise: [2]*Node{in[4], in[5]}}
	rest := in[frameHead:]
	f.columns, f.window = rest[:len(t.columns)], rest[len(t.columns):len(rest)-1]
	f.curves = rest[len(rest)-1]
	return f
}

// buildStep builds the graph of one step.
func (t *Trainer) buildStep(scope *model.Scope, f frame, dry bool) *StepContext {
	batch := t.plan.Data.draw(f.columns, f.window, f.order, f.step)
	if len(batch) == 0 || slices.Contains(batch, nil) {
		panic(fmt.Errorf("the data's draw returned %d columns, or one that is nil; give at least the samples",
			len(batch)))
	}
	built := &StepContext{Scope: scope, Batch: batch, Step: f.step, key: f.noise, moved: map[string]string{}, dry: dry}
	t.plan.Step(built)
	built.average(t.plan.EMA)
	return built
}

// stepOnce is the graph of one step: it moves the variables, and returns the step, the stop and the curves. A step
// whose numbers are not finite is recorded but not taken, and sets the stop to the current step.
func (t *Trainer) stepOnce(scope *model.Scope, in []*Node) []*Node {
	f := t.unpack(in)
	before := map[*model.Variable]*Node{}
	for v := range t.store.IterVariables() {
		before[v] = v.NodeValue(f.step)
	}
	built := t.buildStep(scope, f, false)
	var row []*Node
	for _, value := range built.values {
		row = append(row, Reshape(value, 1, 1))
	}
	values := Concatenate(row, 1) // [1, curves]
	good := ReduceLogicalAnd(IsFinite(values))
	for v := range t.store.IterVariables() {
		if after := v.NodeValue(f.step); after != before[v] {
			v.SetNodeValue(Where(good, after, before[v]))
		}
	}
	every, curves := f.curves.Shape().Dim(0), f.curves.Shape()
	place := Rem(f.step, Scalar(f.step.Graph(), f.step.DType(), every))
	here := Equal(Iota(f.step.Graph(), shapes.Make(dtypes.Int32, curves.Dimensions...), 0), place)
	written := Where(here, BroadcastToDims(values, curves.Dimensions...), f.curves)
	step := Add(f.step, ConvertDType(good, dtypes.Int32))
	stop := Where(good, f.stop, f.step)
	return []*Node{step, stop, written}
}

// loop is the graph of many steps, with the results of stepOnce.
func (t *Trainer) loop(scope *model.Scope, in []*Node) []*Node {
	last := len(in) - 1
	end := exec.Loop(t.store, in, func(in []*Node) []*Node {
		moved := t.stepOnce(scope, in)
		return append(append(moved[:2:2], in[2:last]...), moved[2])
	})
	exec.RefuseConvolution(t.b, in[0].Graph())
	return []*Node{end[0], end[1], end[last]}
}
