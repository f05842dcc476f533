package density

import (
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/diffusion"
)

// threeClasses has classes of one and of two components.
func threeClasses() *Mixture {
	of := func(weight, x, y float64, class int) Component {
		return Component{weight, []float64{x, y}, [][]float64{{.5, .1}, {.1, .3}}, class}
	}
	return must(NewMixture("three", of(.2, -1, 0, 7), of(.1, 1, 1, 2), of(.4, 0, -2, 7), of(.3, 2, 0, 4)))
}

// The class conditionals add up to the mixture. Bayes' rule p(class | x) p(x) = p(class) p(x | class) holds at every
// time.
func TestConditional(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		m, p := threeClasses(), diffusion.VP{}
		if got := m.Classes(); !slices.Equal(got, []int{2, 4, 7}) {
			t.Errorf("classes %v", got)
		}
		total := 0.
		for _, class := range m.Classes() {
			only, weight, err := m.Conditional(class)
			if err != nil {
				t.Fatal(err)
			}
			total += weight
			exec := MustNewExec(b, func(x, t *Node) *Node {
				joint := Add(m.ClassLogProb(p, class, x, t), m.Model(p).LogDensity(x, t))
				return ReduceAllMax(Abs(Sub(joint, AddScalar(only.Model(p).LogDensity(x, t), math.Log(weight)))))
			})
			defer exec.Finalize()
			for _, at := range times(p) {
				gap := tensors.ToScalar[float64](exec.MustCall(points(m, 10), at)[0])
				if !(gap < 1e-10) {
					t.Errorf("class %d, t = %g: Bayes' rule is off by %g", class, at, gap)
				}
			}
		}
		if math.Abs(total-1) > 1e-12 {
			t.Errorf("classes have probability %g", total)
		}
		labels := tensors.MustCopyFlatData[int32](MustExecOnce(b, m.ClassOf, [][]int32{{0}, {3}, {1}, {2}}))
		if !slices.Equal(labels, []int32{7, 4, 2, 7}) {
			t.Errorf("classes %v of the components", labels)
		}
	})
	for _, err := range []error{
		func() error { _, _, err := threeClasses().Conditional(3); return err }(),
		func() error {
			_, err := ExecOnce(backendtest.Interpreter(t), func(x *Node) *Node {
				return threeClasses().ClassLogProb(diffusion.VP{}, 3, x, ScalarOne(x.Graph(), x.DType()))
			}, [][]float64{{0, 0}})
			return err
		}(),
	} {
		if err == nil || !strings.Contains(err.Error(), "mixture three has no class 3; it has [2 4 7]") {
			t.Errorf("a class that there is not: %v", err)
		}
	}
}
