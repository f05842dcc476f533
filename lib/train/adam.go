package train

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
)

// Adam is the optimizer of Kingma and Ba 2015 (algorithm 1), with decoupled weight decay (Loshchilov and Hutter 2019,
// algorithm 2), clipping by the global norm (Pascanu et al. 2013, algorithm 1), linear warm-up and cosine decay
// (Loshchilov and Hutter 2017, equation 5, without restarts). The zero value is Adam as in the paper.
type Adam struct {
	Rate        float64 // peak learning rate; 0: 1e-3
	Beta1       float64 // decay of the first moment; 0: 0.9; negative: no moment
	Beta2       float64 // decay of the second moment; 0: 0.999
	Epsilon     float64 // added to the root of the second moment; 0: 1e-8
	WeightDecay float64 // each step subtracts rate*WeightDecay of every weight; 0: no decay
	Clip        float64 // largest global norm of the gradient; 0: no clipping
	Warmup      int     // steps of linear warm-up, step k has k/Warmup of the rate; 0: no warm-up
	Cosine      int     // step at which the rate has fallen to Final*Rate, where it stays; 0: no decay
	Final       float64 // fraction of the rate that is left after Cosine steps
}

// withDefaults replaces zeros by their defaults.
func (a Adam) withDefaults() Adam {
	set := func(x *float64, value float64) {
		if *x == 0 {
			*x = value
		}
	}
	set(&a.Rate, 1e-3)
	set(&a.Beta1, 0.9)
	set(&a.Beta2, 0.999)
	set(&a.Epsilon, 1e-8)
	a.Beta1 = max(a.Beta1, 0)
	return a
}

func (a Adam) validate() error {
	d := a.withDefaults()
	d.Beta1 = a.Beta1 // as given, since a negative value means no moment
	for _, p := range []struct {
		name  string
		value float64
		ok    bool
	}{
		{"Rate", d.Rate, d.Rate > 0 && d.Rate < math.MaxFloat32}, // weights may be in float32
		{"Beta1", d.Beta1, d.Beta1 < 1},
		{"Beta2", d.Beta2, d.Beta2 > 0 && d.Beta2 < 1},
		{"Epsilon", d.Epsilon, d.Epsilon >= 0x1p-126}, // below float32's normal numbers a gradient of 0 gives 0/0
		{"WeightDecay", d.WeightDecay, d.WeightDecay >= 0 && d.WeightDecay < math.MaxFloat32},
		{"Clip", d.Clip, d.Clip >= 0},
		{"Warmup", float64(d.Warmup), d.Warmup >= 0},
		{"Cosine", float64(d.Cosine), d.Cosine == 0 || d.Cosine > d.Warmup},
		{"Final", d.Final, d.Final >= 0 && d.Final <= 1},
	} {
		if !p.ok || math.IsInf(p.value, 0) || math.IsNaN(p.value) {
			return fmt.Errorf("Adam cannot work with %s = %g (warm-up %d, cosine %d)", p.name, p.value, a.Warmup,
				a.Cosine)
		}
	}
	return nil
}

// rateAt is the learning rate of step k, as a float64 scalar. k counts from 1.
func (a Adam) rateAt(k *Node) *Node {
	rate := MulScalar(OnesLike(k), a.Rate)
	if a.Warmup > 0 {
		rate = Mul(rate, MinScalar(DivScalar(k, a.Warmup), 1))
	}
	if a.Cosine > 0 {
		done := ClipScalar(DivScalar(AddScalar(k, -1-a.Warmup), a.Cosine-a.Warmup), 0, 1)
		fall := MulScalar(OnePlus(Cos(MulScalar(done, math.Pi))), 0.5)
		rate = Mul(rate, AddScalar(MulScalar(fall, 1-a.Final), a.Final))
	}
	return rate
}

// scaled holds the scalars of one step. They are float64, since in float32 1 - 0.999 alone has a relative error of
// 5e-5.
type scaled struct {
	Adam
	rate         *Node
	clip         *Node // factor of the gradient
	bias1, bias2 *Node // 1 - beta^k
}

// scale prepares step k for a gradient of the given norm. k is an integer scalar that counts from 1.
func (a Adam) scale(k, norm *Node) scaled {
	a = a.withDefaults()
	k = ConvertDType(k, dtypes.Float64)
	power := func(beta float64) *Node { return OneMinus(Pow(Scalar(k.Graph(), k.DType(), beta), k)) }
	s := scaled{Adam: a, rate: a.rateAt(k), bias1: power(a.Beta1), bias2: power(a.Beta2)}
	if a.Clip > 0 {
		s.clip = MinScalar(Div(Scalar(k.Graph(), k.DType(), a.Clip), norm), 1)
	}
	return s
}

// move returns a weight and its moments after the step.
func (s scaled) move(w, gradient, first, second *Node) (weight, m, v *Node) {
	in := func(scalar *Node) *Node { return ConvertDType(scalar, w.DType()) }
	if s.clip != nil {
		gradient = Mul(gradient, in(s.clip))
	}
	m = Add(MulScalar(first, s.Beta1), MulScalar(gradient, 1-s.Beta1))
	v = Add(MulScalar(second, s.Beta2), MulScalar(Square(gradient), 1-s.Beta2))
	root := Sqrt(Mul(v, in(Reciprocal(s.bias2))))
	step := Div(Mul(m, in(Div(s.rate, s.bias1))), AddScalar(root, s.Epsilon))
	if s.WeightDecay > 0 {
		step = Add(step, Mul(w, in(MulScalar(s.rate, s.WeightDecay))))
	}
	return Sub(w, step), m, v
}

// globalNorm is the Euclidean norm of all gradients together, a float64 scalar.
func globalNorm(gradients []*Node) *Node {
	sum := Scalar(gradients[0].Graph(), dtypes.Float64, 0)
	for _, gradient := range gradients {
		sum = Add(sum, ConvertDType(ReduceAllSum(Square(gradient)), dtypes.Float64))
	}
	return Sqrt(sum)
}
