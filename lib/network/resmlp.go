package network

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/diffusion"
	"scorelab/lib/random"
)

// ResMLP is a perceptron of residual blocks h + W2 act(scale * (W1 h) + shift). Scale and shift are functions of the
// noise level and the label (Perez et al. 2018). W2, the modulation and the last layer start at 0. Every block is then
// the identity and the output is 0, which stabilizes early training (Goyal et al. 2017, section 5.1; Peebles and Xie
// 2023, adaLN-Zero).
type ResMLP struct {
	Width      int // of the hidden state
	Blocks     int
	Activation string     // of Activations
	Init       string     // of Initials, for the layers that do not start at 0
	Condition  Condition  // inputs besides x, which enter every block
	Key        random.Key // of the initial weights
}

// Net implements Network.
func (m ResMLP) Net(scope *model.Scope) diffusion.Net { return bind(m, scope) }

// Apply implements Body.
func (m ResMLP) Apply(scope *model.Scope, x, logSNR, label *Node, outputs int) *Node {
	s, err := m.layerOptions()
	if err != nil {
		panic(err)
	}
	known := m.Condition.embed(scope, s, logSNR, label)
	h := s.dense(scope.At("first"), x, m.Width)
	for i := range m.Blocks {
		block := scope.At("block%d", i)
		y := s.dense(block.At("in"), h, m.Width)
		if known != nil {
			scale := s.zeroed(block.At("scale"), known, m.Width)
			shift := s.zeroed(block.At("shift"), known, m.Width)
			y = Add(Mul(y, OnePlus(scale)), shift)
		}
		h = Add(h, s.zeroed(block.At("out"), s.act.Apply(y), m.Width))
	}
	return s.zeroed(scope.At("last"), s.act.Apply(h), outputs)
}

// Validate implements Network.
func (m ResMLP) Validate() error {
	if _, err := m.layerOptions(); err != nil {
		return err
	}
	if m.Width < 1 || m.Blocks < 1 {
		return fmt.Errorf("ResMLP with %d blocks of width %d; give at least 1 of each", m.Blocks, m.Width)
	}
	return m.Condition.validate()
}

func (m ResMLP) layerOptions() (layerOptions, error) {
	return newLayerOptions(m.Activation, m.Init, "zero", m.Key)
}
