package network

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/random"
)

// style is what the layers of a network have in common.
type layerOptions struct {
	act  Activation
	law  Initializer
	last Initializer // of the layer that answers
	key  random.Key
}

func newStyle(act, law, last string, key random.Key) (s layerOptions, err error) {
	s.key = key
	if s.act, err = activation(act); err != nil {
		return s, err
	}
	if s.law, err = initial(law); err != nil {
		return s, err
	}
	if last == "" {
		last = law
	}
	s.last, err = initial(last)
	return s, err
}

func (s layerOptions) dense(scope *model.Scope, x *Node, width int) *Node {
	return dense(scope, s.key, s.law, x, width)
}

// zeroed is a layer that starts at 0.
func (s layerOptions) zeroed(scope *model.Scope, x *Node, width int) *Node {
	return dense(scope, s.key, Initializer{Name: "zero", Bound: func(_, _ int) (float64, float64) { return 0, 0 }}, x,
		width)
}
