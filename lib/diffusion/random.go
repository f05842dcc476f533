package diffusion

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// Random is a counter-based source of random numbers in a graph. A number depends on the key, the step, the count of
// draws before it in the step, the index of its sample and its place in the sample, and on nothing else: not on the
// batch size, the driver, the shard or the backend. float32 draws are the float64 draws rounded.
type Random struct {
	key   [2]*Node // uint32 scalars
	step  *Node    // uint32 scalar
	first *Node    // uint32 scalar: index of the batch's first sample
	draws int

	replay []*Node // when set, draws return these in turn

	assumed []float64 // see AssumedSD
}

// RandomAt returns the source of a step (a scalar, converted to uint32) for a batch whose first sample has the given index;
// key and first are uint32 scalars. A loop's body makes one from its state.
func RandomAt(key [2]*Node, step, first *Node) *Random {
	return &Random{key: key, step: ConvertDType(step, dtypes.Uint32), first: first}
}

// NewRandom returns the source of a key: for draws outside samplers, where there is no step.
func NewRandom(g *Graph, k Key) *Random {
	zero := Const(g, uint32(0))
	return &Random{key: [2]*Node{Const(g, k[0]), Const(g, k[1])}, step: zero, first: zero}
}

// Replay returns a source whose normals and uniforms are the given numbers, in turn: to hold a sampler or an objective
// against another implementation, or to take it apart.
func Replay(numbers ...*Node) *Random {
	return &Random{replay: append([]*Node{}, numbers...)} // not nil: none given are none to draw
}

// replayed is the next of the given numbers.
func (r *Random) replayed() *Node {
	if r.draws == len(r.replay) {
		panic(fmt.Errorf("replayed noise has %d draws a step; the sampler asks for more", len(r.replay)))
	}
	r.draws++
	return r.replay[r.draws-1]
}

// Uniform draws from (0, 1], in the shape and type of like: [batch, ...].
func (r *Random) Uniform(like *Node) *Node {
	if r.replay != nil {
		return r.replayed()
	}
	n, m := rows(like)
	return Reshape(r.unit(like.DType(), n, m), like.Shape().Dimensions...)
}

// Normal draws from N(0, 1), in the shape and type of like: [batch, ...] (Box and Muller 1958).
func (r *Random) Normal(like *Node) *Node {
	if r.replay != nil {
		return r.replayed()
	}
	n, m := rows(like)
	half := (m + 1) / 2
	u := r.unit(like.DType(), n, 2*half)
	radius := Sqrt(MulScalar(Log(Slice(u, AxisRange(), AxisRangeFromStart(half))), -2))
	angle := MulScalar(Slice(u, AxisRange(), AxisRangeToEnd(half)), 2*math.Pi)
	z := Concatenate([]*Node{Mul(radius, Cos(angle)), Mul(radius, Sin(angle))}, 1)
	return Reshape(Slice(z, AxisRange(), AxisRangeFromStart(m)), like.Shape().Dimensions...)
}

// rows is the shape of x as [batch, elements of a sample].
func rows(x *Node) (n, m int) {
	n = x.Shape().Dim(0)
	return n, x.Shape().Size() / n
}

// unit draws [n, m] uniforms in (0, 1]: 64 bits each, of which float64 keeps 53 and float32 24 significant ones, so
// that the smallest is 2^-65 and normals reach 9.5 standard deviations.
func (r *Random) unit(dtype dtypes.DType, n, m int) *Node {
	hi, lo := r.bits(n, m)
	return Add(
		MulScalar(ConvertDType(hi, dtype), math.Pow(2, -32)),
		MulScalar(AddScalar(ConvertDType(lo, dtype), 0.5), math.Pow(2, -64)))
}

// bits draws two words for each of m places in n samples. The step and the draw make a key of their own, so that the
// whole 64-bit counter is left for (sample, place).
func (r *Random) bits(n, m int) (hi, lo *Node) {
	g := r.step.Graph()
	k0, k1 := threefry(r.key[0], r.key[1], r.step, Const(g, uint32(r.draws)))
	r.draws++
	shape := shapes.Make(dtypes.Uint32, n, m)
	return threefry(k0, k1, Add(Iota(g, shape, 0), r.first), Iota(g, shape, 1))
}

// threefry is Threefry2x32-20 (Salmon, Moraes, Dror and Shaw 2011) on uint32 nodes: 20 rounds, a key injection after
// every fourth. The counter may be of any shape, the key is scalar.
func threefry(k0, k1, c0, c1 *Node) (x0, x1 *Node) {
	keys := [3]*Node{k0, k1, BitwiseXor(BitwiseXor(k0, k1), Const(k0.Graph(), uint32(0x1BD11BDA)))}
	rotations := [2][4]uint32{{13, 15, 26, 6}, {17, 29, 16, 24}}
	x0, x1 = Add(c0, k0), Add(c1, k1)
	for block := range 5 {
		for _, by := range rotations[block%2] {
			x0 = Add(x0, x1)
			x1 = BitwiseXor(rotateLeft(x1, by), x0)
		}
		x0 = Add(x0, keys[(block+1)%3])
		x1 = Add(x1, Add(keys[(block+2)%3], Const(k0.Graph(), uint32(block+1))))
	}
	return x0, x1
}

func rotateLeft(x *Node, by uint32) *Node {
	return BitwiseOr(BitwiseShiftLeftScalar(x, by), BitwiseShiftRightLogicalScalar(x, 32-by))
}
