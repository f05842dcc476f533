package network

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/diffusion"
)

// Condition lists the inputs of a network besides x. The zero value has none: neither the noise level nor a label.
type Condition struct {
	Frequencies int // of the noise embedding; 0: none
	Classes     int // labels are 0 .. Classes-1, or diffusion.NoLabel; 0: none
	Width       int // of the embedding; 0: 64
}

// The frequencies of the noise embedding in ln SNR are a geometric sequence. At the lowest the range of +-20 is half a
// period, so that no two levels have the same embedding. At the highest a period is a factor e in the noise.
const (
	lowest  = math.Pi / 40
	highest = math.Pi
)

// NoiseFeatures returns cosines and sines of ln SNR, [rows, 2 frequencies]. logSNR is a scalar (one row) or [batch, 1,
// ...].
func NoiseFeatures(logSNR *Node, frequencies int) *Node {
	ladder := make([]float64, frequencies)
	for i := range ladder {
		ladder[i] = lowest * math.Pow(highest/lowest, float64(i)/float64(max(frequencies-1, 1)))
	}
	u := Reshape(logSNR, logSNR.Shape().Size(), 1)
	phase := Mul(u, ConstAs(u, [][]float64{ladder}))
	return Concatenate([]*Node{Cos(phase), Sin(phase)}, 1)
}

// embed is the embedding of noise level and label: [batch, width], [1, width] if it is the same for the whole batch, or
// nil without either.
func (c Condition) embed(scope *model.Scope, s layerOptions, logSNR, label *Node) *Node {
	if label != nil && c.Classes == 0 {
		panic(fmt.Errorf("a network without classes got labels"))
	}
	var sum *Node
	if c.Frequencies > 0 {
		sum = s.dense(scope.At("noise"), NoiseFeatures(logSNR, c.Frequencies), c.width())
	}
	if c.Classes > 0 {
		if of := c.labels(scope.At("label"), s, logSNR.DType(), logSNR.Graph(), label); sum == nil {
			sum = of
		} else {
			sum = Add(sum, of)
		}
	}
	if sum == nil {
		return nil
	}
	return s.act.Apply(sum)
}

// labels looks up rows of a table that has one row per class and a last row for no label. The last row starts at 0 and
// stays there until training meets a sample without a label: see NewPair.
func (c Condition) labels(scope *model.Scope, s layerOptions, dtype dtypes.DType, g *Graph, label *Node) *Node {
	shape := shapes.Make(dtype, c.Classes+1, c.width())
	table := filled(scope, "table", shape, func(g *Graph, shape shapes.Shape) *Node {
		rows := uniform(g, s.key.Sub(scope.Scope(), "table"), 1, shape)
		return Concatenate([]*Node{Slice(rows, AxisRangeFromStart(c.Classes)),
			ZerosLike(Slice(rows, AxisElem(c.Classes)))}, 0)
	}).NodeValue(g)
	if label == nil {
		return Slice(table, AxisRangeToEnd(c.Classes))
	}
	none := ConstAs(label, diffusion.NoLabel)
	known := LogicalAnd(GreaterOrEqual(label, none), LessThan(label, ConstAs(label, c.Classes)))
	row := Where(Equal(label, none), ConstAs(label, c.Classes), label)
	rows := Dot(OneHot(row, c.Classes+1, dtype), table).Product()
	// A graph cannot return an error for an unknown class, so its row is NaN, which the drivers report.
	return Where(BroadcastToDims(Reshape(known, -1, 1), rows.Shape().Dimensions...), rows,
		AddScalar(ZerosLike(rows), math.NaN()))
}

func (c Condition) width() int {
	if c.Width == 0 {
		return 64
	}
	return c.Width
}

func (c Condition) validate() error {
	if c.Frequencies < 0 || c.Classes < 0 || c.Width < 0 {
		return fmt.Errorf("network with %d frequencies, %d classes, width %d of the embedding; give none below 0",
			c.Frequencies, c.Classes, c.Width)
	}
	return nil
}
