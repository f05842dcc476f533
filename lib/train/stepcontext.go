package train

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"

	"scorelab/lib/random"
)

// StepContext is one optimizer step under construction.
type StepContext struct {
	Scope *model.Scope
	Batch []*Node // rows [batch, ...] of each column of the data
	Step  *Node   // int32 scalar: steps taken before this one

	key    [2]*Node
	names  []string // of the curves
	values []*Node  // their float64 scalars
	moved  map[string]string
	random []*random.Source // sources from which the losses drew
	dry    bool             // only create the variables and name the curves
}

// Random returns the noise of this step. Each call begins at the first draw, so two losses that draw in the same order
// get the same noise.
func (t *StepContext) Random() *random.Source {
	r := random.At(t.key, t.Step, Const(t.Step.Graph(), uint32(0)))
	t.random = append(t.random, r)
	return r
}

// assumedSD are the standard deviations of the data that the losses so far assume.
func (t *StepContext) assumedSD() (all []float64) {
	for _, r := range t.random {
		for _, sd := range r.AssumedSD() {
			if !slices.Contains(all, sd) {
				all = append(all, sd)
			}
		}
	}
	return all
}

// Mean is the loss averaged over the batch, a scalar. It panics if the loss is neither [batch] nor a scalar.
func (t *StepContext) Mean(loss Loss) *Node {
	out := loss(t.Scope, t.Batch, t.Random())
	if out.Rank() > 1 || !out.DType().IsFloat() {
		panic(fmt.Errorf("the loss has shape %s; give [batch], or its mean, in Float32 or Float64", out.Shape()))
	}
	return ReduceAllMean(out)
}

// Record adds a scalar to the curve of that name. Training ends at the first scalar that is not finite. It panics if
// the name is taken.
func (t *StepContext) Record(name string, value *Node) {
	if slices.Contains(t.names, name) {
		panic(fmt.Errorf("a step records the curve %q twice", name))
	}
	if !value.IsScalar() {
		panic(fmt.Errorf("the curve %q is of shape %s; give scalars", name, value.Shape()))
	}
	t.names = append(t.names, name)
	t.values = append(t.values, ConvertDType(value, dtypes.Float64))
}

// Descend moves the trainable weights under a scope ("/" for all, "/generator" for one net) down the gradient of a
// scalar loss. It records the norm of the gradient and the rate. Losses built after it use the moved weights. It may be
// called several times in a step. Scopes must not overlap, since each has its own count and schedule.
func (t *StepContext) Descend(scope string, loss *Node, by Adam) {
	if err := by.validate(); err != nil {
		panic(err)
	}
	weights := t.weights(scope)
	g := t.Step.Graph()
	count := t.slot("count", model.JoinPath(scope, "steps"), shapes.Make(dtypes.Int32))
	var first, second []*model.Variable
	for _, w := range weights {
		first = append(first, t.slot("first", w.Path(), w.Shape()))
		second = append(second, t.slot("second", w.Path(), w.Shape()))
	}
	norm, rate := Scalar(g, dtypes.Float64, 0), Scalar(g, dtypes.Float64, 0)
	if !t.dry {
		values := make([]*Node, len(weights))
		for i, w := range weights {
			values[i] = w.NodeValue(g)
		}
		gradients := Gradient(loss, values...)
		norm = globalNorm(gradients)
		k := AddScalar(count.NodeValue(g), 1)
		count.SetNodeValue(k)
		s := by.scale(k, norm)
		rate = s.rate
		for i, w := range weights {
			value, m, v := s.move(values[i], gradients[i], first[i].NodeValue(g), second[i].NodeValue(g))
			w.SetNodeValue(Identity(StopGradient(value))) // a later gradient must not flow back through this descent
			first[i].SetNodeValue(m)
			second[i].SetNodeValue(v)
		}
	}
	t.Record(t.fresh(scope, NormCurve), norm)
	t.Record(t.fresh(scope, RateCurve), rate)
}

// weights returns the trainable variables under a scope, and assigns them to its optimizer.
func (t *StepContext) weights(scope string) []*model.Variable {
	found := t.trainable(scope)
	for _, v := range found {
		if other, done := t.moved[v.Path()]; done && other != scope {
			panic(fmt.Errorf("%s is moved both with %s and with %s", v.Path(), other, scope))
		}
		t.moved[v.Path()] = scope
	}
	if len(found) == 0 {
		panic(fmt.Errorf("there are no trainable weights under %q", scope))
	}
	return found
}

func (t *StepContext) trainable(scope string) []*model.Variable {
	var found []*model.Variable
	for v := range t.Scope.Store().IterVariables() {
		if v.Trainable && within(v.Path(), scope) {
			found = append(found, v)
		}
	}
	return found
}

// slot is an internal variable of the trainer, initially zero.
func (t *StepContext) slot(kind, path string, shape shapes.Shape) *model.Variable {
	return t.Scope.Store().VariableWithShape(model.JoinPath(own, kind, path), shape, initializer.Zero).SetTrainable(
		false)
}

// fresh is the name of a curve of a scope, numbered from the second descent in a step.
func (t *StepContext) fresh(scope, curve string) string {
	if scope != "/" {
		curve = strings.Trim(scope, "/") + " " + curve
	}
	name := curve
	for i := 2; slices.Contains(t.names, name); i++ {
		name = fmt.Sprintf("%s %d", curve, i)
	}
	return name
}

// own is the scope of the trainer's internal variables. Names of GoMLX's layers do not begin with #.
const own = "/#train"

// within reports whether a variable lies under a scope.
func within(path, scope string) bool {
	return strings.HasPrefix(path, strings.TrimSuffix(scope, "/")+"/")
}
