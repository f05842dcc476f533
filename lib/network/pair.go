package network

import (
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/diffusion"
)

// Pair is one network as two denoisers, one of a class and one of all data. Classifier-free guidance needs both. The
// network must have been trained with some labels dropped (diffusion.DropLabels).
type Pair struct{ Conditional, Unconditional diffusion.Denoiser }

// NewPair binds the network to existing weights in scope. It returns an error for a network without classes, for an
// unknown class, and for weights that were never trained on a sample without a label.
func NewPair(scope *model.Scope, n Network, h diffusion.Head, p diffusion.Process, class int) (Pair, error) {
	var c Condition
	if n, knows := n.(conditioned); knows {
		c = n.condition()
	}
	if c.Classes == 0 {
		return Pair{}, fmt.Errorf("a network without classes has no conditional head; set Condition.Classes and " +
			"train it on labels")
	}
	if class < 0 || class >= c.Classes {
		return Pair{}, fmt.Errorf("class %d of a network with %d; they are 0 to %d", class, c.Classes, c.Classes-1)
	}
	if err := c.checkUnlabeled(scope); err != nil {
		return Pair{}, err
	}
	net := n.Net(scope)
	return Pair{
		Conditional: func(x, t *Node) *Node {
			return h.Denoiser(p, net, Const(x.Graph(), []int32{int32(class)}))(x, t)
		},
		Unconditional: h.Denoiser(p, net, nil),
	}, nil
}

// Guided is the denoiser that a guide of the table diffusion.Guides makes of the pair.
func (d Pair) Guided(p diffusion.Process, with func(g diffusion.Guide) diffusion.Guide) diffusion.Denoiser {
	return with(diffusion.ByLabel(d.Conditional))(p, d.Unconditional)
}

// conditioned is a network that lists its inputs besides x.
type conditioned interface{ condition() Condition }

func (m MLP) condition() Condition    { return m.Condition }
func (m ResMLP) condition() Condition { return m.Condition }
func (m Energy) condition() Condition {
	if c, knows := m.Body.(conditioned); knows {
		return c.condition()
	}
	return Condition{}
}

// checkUnlabeled returns an error for weights that were never trained without labels. Their row for no label still has
// its initial value 0.
func (c Condition) checkUnlabeled(scope *model.Scope) error {
	table := scope.At("label").GetVariable("table")
	if table == nil || !table.HasValue() {
		return fmt.Errorf("the network has no weights for its labels under %s; train or load them first", scope.Scope())
	}
	value, err := table.Value()
	if err != nil {
		return err
	}
	seen := false
	err = value.ConstFlatData(func(flat any) {
		from := c.Classes * c.width()
		switch rows := flat.(type) {
		case []float64:
			seen = slices.ContainsFunc(rows[from:], func(v float64) bool { return v != 0 })
		case []float32:
			seen = slices.ContainsFunc(rows[from:], func(v float32) bool { return v != 0 })
		}
	})
	if err == nil && !seen {
		err = fmt.Errorf("the network was never trained without labels, so it has no unconditional head; train it " +
			"with some of them dropped (DropLabels)")
	}
	return err
}
