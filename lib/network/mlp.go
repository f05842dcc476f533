package network

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/diffusion"
	"scorelab/lib/random"
)

// MLP is a multilayer perceptron. MLP{Hidden: []int{12}, Activation: "tanh"} is the network of the companion code of
// 001.
type MLP struct {
	Hidden     []int      // widths of the hidden layers
	Activation string     // of Activations
	Init       string     // of Initials
	Last       string     // of Initials, for the last layer; "": as Init
	Condition  Condition  // inputs besides x, which enter the first layer
	Key        random.Key // of the initial weights
}

// Net implements Network.
func (m MLP) Net(scope *model.Scope) diffusion.Net { return bind(m, scope) }

// Apply implements Body.
func (m MLP) Apply(scope *model.Scope, x, logSNR, label *Node, outputs int) *Node {
	s, err := m.layerOptions()
	if err != nil {
		panic(err)
	}
	known := m.Condition.embed(scope, s, logSNR, label)
	for i, width := range m.Hidden {
		y := s.dense(scope.At("layer%d", i), x, width)
		if i == 0 && known != nil {
			// the same as one layer on both side by side; one row serves the whole batch
			y = Add(y, s.dense(scope.At("condition"), known, width))
		}
		x = s.act.Apply(y)
	}
	return dense(scope.At("last"), s.key, s.last, x, outputs)
}

// Validate implements Network.
func (m MLP) Validate() error {
	if _, err := m.layerOptions(); err != nil {
		return err
	}
	if len(m.Hidden) == 0 {
		return fmt.Errorf("MLP without hidden layers; give at least one width")
	}
	for _, width := range m.Hidden {
		if width < 1 {
			return fmt.Errorf("MLP with hidden widths %v; give widths of at least 1", m.Hidden)
		}
	}
	return m.Condition.validate()
}

func (m MLP) layerOptions() (layerOptions, error) {
	return newLayerOptions(m.Activation, m.Init, m.Last, m.Key)
}
