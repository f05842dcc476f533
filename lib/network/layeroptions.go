package network

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/random"
)

// layerOptions are the settings that the layers of a network share.
type layerOptions struct {
	act  Activation
	init Initializer
	last Initializer // of the output layer
	key  random.Key
}

func newLayerOptions(act, init, last string, key random.Key) (s layerOptions, err error) {
	s.key = key
	if s.act, err = activation(act); err != nil {
		return s, err
	}
	if s.init, err = initial(init); err != nil {
		return s, err
	}
	if last == "" {
		last = init
	}
	s.last, err = initial(last)
	return s, err
}

func (s layerOptions) dense(scope *model.Scope, x *Node, width int) *Node {
	return dense(scope, s.key, s.init, x, width)
}

// zeroed is a layer that starts at 0.
func (s layerOptions) zeroed(scope *model.Scope, x *Node, width int) *Node {
	return dense(scope, s.key, Initializer{Name: "zero", Bound: func(_, _ int) (float64, float64) { return 0, 0 }}, x,
		width)
}
