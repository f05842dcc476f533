package density

import (
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
)

// Classes are the classes of a mixture's components, in ascending order.
func (m *Mixture) Classes() []int {
	var classes []int
	for _, c := range m.components {
		if !slices.Contains(classes, c.Class) {
			classes = append(classes, c.Class)
		}
	}
	slices.Sort(classes)
	return classes
}

// Conditional returns the distribution of the samples of one class, a mixture again, and the probability of the class.
// It returns an error if no component has that class.
func (m *Mixture) Conditional(class int) (*Mixture, float64, error) {
	var components []Component
	total := 0.
	for _, c := range m.components {
		if c.Class == class {
			components = append(components, c)
			total += c.Weight
		}
	}
	if len(components) == 0 {
		return nil, 0, fmt.Errorf("mixture %s has no class %d; it has %v", m.name, class, m.Classes())
	}
	for i := range components {
		components[i].Weight /= total
	}
	only, err := NewMixture(fmt.Sprintf("%s, class %d", m.name, class), components...)
	return only, total, err
}

// ClassOf is the class [n] (int32) of each of the components [n, 1] that Draw returns.
func (m *Mixture) ClassOf(component *Node) *Node {
	table := make([]int32, m.size())
	for k, c := range m.components {
		table[k] = int32(c.Class)
	}
	return ConvertDType(Gather(Const(component.Graph(), table), component), dtypes.Int32)
}
