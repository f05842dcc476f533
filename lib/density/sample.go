package density

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/exec"
	"scorelab/lib/random"
)

// Draw returns n exact samples [n, d] as a graph, in the given type, and the component [n, 1] (int32) of each.
func (m *Mixture) Draw(g *Graph, r *random.Source, dtype dtypes.DType, n int) (x, component *Node) {
	u := r.Uniform(Zeros(g, shapes.Make(dtype, n, 1)))
	above := make([]float64, m.size())
	for k, c := range m.components {
		above[k] = c.Weight
		if k > 0 {
			above[k] += above[k-1]
		}
	}
	above[m.size()-1] = math.Inf(1) // rounding must not leave a gap at the top
	component = ReduceSum(ConvertDType(GreaterThan(u, m.constant(u, above, 1, m.size())), dtypes.Int32), 1)
	component = InsertAxes(component, -1)
	factors := make([][]float64, m.size()) // Q sqrt(spectrum)
	means := make([][]float64, m.size())
	for k, c := range m.components {
		means[k] = c.Mean
		for i := range m.dim * m.dim {
			factors[k] = append(factors[k], m.basis[k][i]*math.Sqrt(m.spectrum[k][i%m.dim]))
		}
	}
	z := r.Normal(Zeros(g, shapes.Make(dtype, n, m.dim)))
	a := Gather(m.constant(z, flatten(factors), m.size(), m.dim, m.dim), component) // [n, d, d]
	mean := Gather(m.constant(z, flatten(means), m.size(), m.dim), component)       // [n, d]
	return Add(mean, DotGeneral(a, []int{2}, []int{0}, z, []int{1}, []int{0})), component
}

// Sample draws n exact samples [n, d] in float64.
func (m *Mixture) Sample(b compute.Backend, key random.Key, n int) (*tensors.Tensor, error) {
	x, _, err := m.SampleLabelled(b, key, n)
	return x, err
}

// SampleLabelled is Sample with the component of each sample.
func (m *Mixture) SampleLabelled(b compute.Backend, key random.Key, n int) (*tensors.Tensor, []int32, error) {
	if err := checkCount(m.name, n); err != nil {
		return nil, nil, err
	}
	out, err := exec.OnceN(b, func(g *Graph) []*Node {
		x, component := m.Draw(g, random.New(g, key), dtypes.Float64, n)
		return []*Node{x, Reshape(component, n)}
	})
	if err != nil {
		return nil, nil, err
	}
	component, err := tensors.CopyFlatData[int32](out[1])
	return out[0], component, err
}

// checkCount returns an error unless the number of samples is positive.
func checkCount(name string, n int) error {
	if n < 1 {
		return fmt.Errorf("%d samples of %s; draw at least 1", n, name)
	}
	return nil
}
