// Package random draws counter-based random numbers (Threefry2x32-20) inside graphs. A stream has a Key, made from a
// seed and a path of names. A Source draws from the stream, and each number belongs to a sample, a step and a draw.
package random

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// Source is a counter-based source of random numbers in a graph. A number depends on the key, the step, the count of
// earlier draws in the step, the index of its sample and its place in the sample. It depends on nothing else: not on
// the batch size, the driver, the shard or the backend. float32 draws are the float64 draws rounded.
type Source struct {
	key   [2]*Node // uint32 scalars
	step  *Node    // uint32 scalar
	first *Node    // uint32 scalar: index of the batch's first sample
	draws int

	replay []*Node // if set, draws return these in turn

	assumed []float64 // see AssumedSD
}

// At returns the source of a step (a scalar, converted to uint32) for a batch whose first sample has the index first.
// key and first are uint32 scalars. A loop's body makes a source from its state.
func At(key [2]*Node, step, first *Node) *Source {
	return &Source{key: key, step: ConvertDType(step, dtypes.Uint32), first: first}
}

// New returns the source of a key at step 0, for samples with indices from 0 on. It is for draws outside samplers.
func New(g *Graph, k Key) *Source {
	return NewFrom(Const(g, uint32(0)), k)
}

// NewFrom is New for a batch whose first sample has the given index, a uint32 scalar.
func NewFrom(first *Node, k Key) *Source {
	g := first.Graph()
	return &Source{key: [2]*Node{Const(g, k[0]), Const(g, k[1])}, step: Const(g, uint32(0)), first: first}
}

// Replay returns a source whose normals and uniforms are the given numbers, in turn. It serves to check a sampler or an
// objective against another implementation, or to compute its parts one by one.
func Replay(numbers ...*Node) *Source {
	return &Source{replay: append([]*Node{}, numbers...)} // not nil: an empty list has no numbers to draw
}

// replayed returns the next of the given numbers.
func (r *Source) replayed() *Node {
	if r.draws == len(r.replay) {
		panic(fmt.Errorf("replayed noise has %d draws a step; the sampler draws more", len(r.replay)))
	}
	r.draws++
	return r.replay[r.draws-1]
}

// Uniform draws from (0, 1], in the shape and type of like: [batch, ...].
func (r *Source) Uniform(like *Node) *Node {
	if r.replay != nil {
		return r.replayed()
	}
	n, m := rows(like)
	return Reshape(r.next().unit(like.DType(), n, 0, m), like.Shape().Dimensions...)
}

// Normal draws from N(0, 1), in the shape and type of like: [batch, ...]. The method is that of Box and Muller 1958.
func (r *Source) Normal(like *Node) *Node {
	if r.replay != nil {
		return r.replayed()
	}
	n, m := rows(like)
	half, w := (m+1)/2, r.next()
	// Each half is a tensor of its own: XLA would compute slices of one tensor anew for each of the results below.
	radius := Sqrt(MulScalar(Log(w.unit(like.DType(), n, 0, half)), -2))
	angle := MulScalar(w.unit(like.DType(), n, half, 2*half), 2*math.Pi)
	z := Mul(radius, Cos(angle))
	if m > 1 {
		z = Concatenate([]*Node{z, Slice(Mul(radius, Sin(angle)), AxisRange(), AxisRangeFromStart(m-half))}, 1)
	}
	return Reshape(z, like.Shape().Dimensions...)
}

// Rademacher draws signs, -1 or 1 with equal probability, in the shape and type of like.
func (r *Source) Rademacher(like *Node) *Node {
	half := Scalar(like.Graph(), like.DType(), 0.5)
	one := OnesLike(like)
	return Where(LessThan(r.Uniform(like), half), Neg(one), one)
}

// Sphere draws from the sphere of radius sqrt(d) about 0 in d dimensions, in the shape and type of like: [batch, ...].
func (r *Source) Sphere(like *Node) *Node {
	n, d := rows(like)
	z := Reshape(r.Normal(like), n, d)
	square := ReduceAndKeep(Square(z), ReduceSum, 1)
	// In float32 a uniform of Box and Muller rounds to 1 once in 2^25 draws, and its radius is then 0. Up to two
	// dimensions have no other radius, so z is 0 and has no direction. The corner (1, 1) replaces it.
	none := ConvertDType(Equal(square, ZerosLike(square)), z.DType())
	square = Add(square, MulScalar(none, float64(d)))
	v := Mul(Add(z, none), Sqrt(Div(Scalar(z.Graph(), z.DType(), float64(d)), square)))
	return Reshape(v, like.Shape().Dimensions...)
}

// Assume records that an objective that draws from this source was made for data of this standard deviation.
func (r *Source) Assume(sd float64) {
	if !slices.Contains(r.assumed, sd) {
		r.assumed = append(r.assumed, sd)
	}
}

// AssumedSD returns the standard deviations of the data that the objectives which drew from this source assume. They
// come from the heads, scorers and weights, and are to be compared with those of the data. Custom heads and
// diffusion.Unscaled heads assume nothing.
func (r *Source) AssumedSD() []float64 { return slices.Clone(r.assumed) }

// rows returns the shape of x as [batch, elements of a sample].
func rows(x *Node) (n, m int) {
	n = x.Shape().Dim(0)
	return n, x.Shape().Size() / n
}

// words are those of one draw of a step. Their key is made of the step and the count of earlier draws. So the whole
// 64-bit counter is left for (sample, place).
type words struct {
	key   [2]*Node
	first *Node
}

// next gives the words of the next draw of the step.
func (r *Source) next() words {
	k0, k1 := threefry(r.key[0], r.key[1], r.step, Const(r.step.Graph(), uint32(r.draws)))
	r.draws++
	return words{[2]*Node{k0, k1}, r.first}
}

// unit draws uniforms in (0, 1] from 64 bits each, for n samples at the places from .. to-1. float64 keeps 53
// significant bits and float32 keeps 24. The smallest uniform is 2^-65, so normals reach 9.5 standard deviations.
func (w words) unit(dtype dtypes.DType, n, from, to int) *Node {
	hi, lo := w.bits(n, from, to)
	return Add(
		MulScalar(ConvertDType(hi, dtype), math.Pow(2, -32)),
		MulScalar(AddScalar(ConvertDType(lo, dtype), 0.5), math.Pow(2, -64)))
}

// bits draws two words for each place of n samples.
func (w words) bits(n, from, to int) (hi, lo *Node) {
	g, shape := w.first.Graph(), shapes.Make(dtypes.Uint32, n, to-from)
	return threefry(w.key[0], w.key[1], Add(Iota(g, shape, 0), w.first), AddScalar(Iota(g, shape, 1), float64(from)))
}

// threefry is Threefry2x32-20 (Salmon, Moraes, Dror and Shaw 2011) on uint32 nodes: 20 rounds, with a key injection
// after every fourth. The counter may have any shape; the key is scalar.
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
