package train

import (
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Weights returns a copy of the current variables of the network, under the names that Loss gave them. It serves as the
// Store of a diffusion.Plan or the Start of another training.
func (t *Trainer) Weights() (*model.Store, error) {
	out := model.NewStore()
	return out, copyWeights(out, t.store)
}

// EMA is Weights with the moving average in place of each trainable weight. It returns an error if the plan keeps no
// average.
func (t *Trainer) EMA() (*model.Store, error) {
	if t.plan.EMA.Decay == 0 {
		return nil, fmt.Errorf("this plan keeps no average of the weights: give EMA a Decay")
	}
	out, err := t.Weights()
	if err != nil {
		return nil, err
	}
	for v := range out.IterVariables() {
		if !v.Trainable {
			continue
		}
		x, err := cloneOf(t.averageOf(v.Path()))
		if err == nil {
			err = v.SetValue(x)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// averageOf returns the variable that holds the average of a weight.
func (t *Trainer) averageOf(path string) *model.Variable {
	return t.store.GetVariable(model.JoinPath(own, "average", path))
}

// startAverage sets the averages to the weights.
func (t *Trainer) startAverage() error {
	if t.plan.EMA.Decay == 0 {
		return nil
	}
	for v := range t.store.IterVariables() {
		if !v.Trainable {
			continue
		}
		x, err := cloneOf(v)
		if err == nil {
			err = t.averageOf(v.Path()).SetValue(x)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// copyWeights copies a network's variables to another store.
func copyWeights(to, from *model.Store) error {
	for v := range from.IterVariables() {
		if within(v.Path(), own) {
			continue
		}
		x, err := cloneOf(v)
		if err != nil {
			return err
		}
		to.VariableWithValue(v.Path(), x).SetTrainable(v.Trainable)
	}
	return nil
}

// cloneOf returns a copy of a variable's value in host memory.
func cloneOf(v *model.Variable) (*tensors.Tensor, error) {
	x, err := v.Value()
	if err != nil {
		return nil, err
	}
	return x.LocalClone()
}
