package diffusion

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
)

// Method integrates a tuple along a field. RungeKutta takes the steps of the grid, and DormandPrince takes adaptive
// steps. The first part of the carry counts the evaluations of the field, see Evaluations.
type Method interface {
	// begin makes what the method carries for a tuple y whose parts broadcast over y[0].
	begin(y []*Node) (carry []*Node)
	// cross moves y toward the end of the span: to the end, or as far as one attempt leads.
	cross(f Field, s Span, y, carry []*Node) (next, nextCarry []*Node)
	// done is a boolean scalar: no sample needs another attempt.
	done(s Span, carry []*Node) *Node
	// fault reports the first sample that gave up before the time at.
	fault(carry []*tensors.Tensor, at float64) error
}

var (
	_ Method = RungeKutta{}
	_ Method = DormandPrince{}
)

// counter is a column of zeros, to count evaluations.
func counter(x *Node) *Node { return perSample(ConvertDType(ZerosLike(x), dtypes.Int32)) }

func (k RungeKutta) begin(y []*Node) []*Node {
	if err := k.Validate(); err != nil {
		panic(err)
	}
	return []*Node{counter(y[0])}
}

func (k RungeKutta) cross(f Field, s Span, y, carry []*Node) (next, nextCarry []*Node) {
	return k.Step(f, s, y), []*Node{AddScalar(carry[0], len(k.B))}
}

func (RungeKutta) done(s Span, _ []*Node) *Node { return Equal(s.Index, s.Index) }

func (RungeKutta) fault([]*tensors.Tensor, float64) error { return nil }

// Evaluations returns, for each sample, the number of evaluations of the model up to a snapshot, failed attempts
// included. It is for samplers that count them: DormandPrince and FlowLikelihood.
func Evaluations(s Snapshot) ([]int, error) {
	counting, err := carriedBy[interface {
		Sampler
		counts(carry []*tensors.Tensor) *tensors.Tensor
	}](s)
	if err != nil {
		return nil, fmt.Errorf("counts of evaluations are those of DormandPrince and FlowLikelihood: %w", err)
	}
	flat := tensors.MustCopyFlatData[int32](counting.counts(s.Carry))
	counts := make([]int, len(flat))
	for i, c := range flat {
		counts[i] = int(c)
	}
	return counts, nil
}

// numbers are the elements of a float tensor in float64.
func numbers(t *tensors.Tensor) []float64 {
	if t.DType() == dtypes.Float64 {
		return tensors.MustCopyFlatData[float64](t)
	}
	narrow := tensors.MustCopyFlatData[float32](t)
	wide := make([]float64, len(narrow))
	for i, v := range narrow {
		wide[i] = float64(v)
	}
	return wide
}
