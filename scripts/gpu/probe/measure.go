package main

import (
	"context"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/random"
	"scorelab/lib/train"
)

// inner is the number of terms of each product of precision, and most the error that it accepts in units of the root of
// inner. Rounding in float32 gives some 1e-7. TF32, with 10 bits of mantissa, gives some 1e-4.
const inner, most = 512, 1e-5

// precision compares a product of matrices in float32 with the same product in float64.
func precision(b compute.Backend, _ sizes) (line, error) {
	out, err := exec.Once(b, func(g *Graph) *Node {
		matrix := func(scale float64) *Node {
			return Sin(MulScalar(IotaFull(g, shapes.Make(dtypes.Float32, inner, inner)), scale))
		}
		x, y := matrix(.7), matrix(.3)
		wide := func(x *Node) *Node { return ConvertDType(x, dtypes.Float64) }
		product := Dot(x, y).Product()
		exact := Dot(wide(x), wide(y)).Product()
		return ReduceAllMax(Abs(Sub(wide(product), exact)))
	})
	if err != nil {
		return line{}, err
	}
	worst := tensors.ToScalar[float64](out) / math.Sqrt(inner)
	l := line{What: "precision", Work: fmt.Sprintf("product of %d x %d in float32", inner, inner), Best: worst,
		Unit: "largest error over the root of the terms"}
	if !(worst <= most) {
		return l, fmt.Errorf("products in float32 are off by %.1e, more than %.0e: is TF32 on?", worst, most)
	}
	return l, nil
}

// layers is the number of layers of the network.
const layers = 4

// network is a swish network of three hidden layers on x and a time [batch, 1].
func network(scope *model.Scope, x, t *Node) *Node {
	h := Concatenate([]*Node{x, t}, 1)
	for i := range layers {
		layer := scope.At("%d", i)
		w, b := layer.GetVariable("w").NodeValue(x), layer.GetVariable("b").NodeValue(x)
		h = Add(Dot(h, w).Product(), InsertAxes(b, 0))
		if i < layers-1 {
			h = Mul(h, Sigmoid(h))
		}
	}
	return h
}

// weights are the first weights, of variance 2 over the inputs. They follow from a formula, so that those of speed.py
// are the same.
func weights(width int) *model.Store {
	store, k := model.NewStore(), 0.
	sizes := [layers + 1]int{3, width, width, width, 2}
	for i, in := range sizes[:layers] {
		w := make([]float32, in*sizes[i+1])
		for j := range w {
			_, u := math.Modf(math.Abs(math.Sin(12.9898*k)) * 43758.5453)
			w[j] = float32((2*u - 1) * math.Sqrt(6/float64(in)))
			k++
		}
		layer := store.RootScope().At("%d", i)
		layer.VariableWithValue("w", tensors.FromFlatDataAndDimensions(w, in, sizes[i+1]))
		layer.VariableWithValue("b", make([]float32, sizes[i+1]))
	}
	return store
}

// curve is a closed curve of n points in the plane.
func curve(n int) *tensors.Tensor {
	x := make([]float32, 2*n)
	for i := range n {
		angle := 2 * math.Pi * float64(i) / float64(n)
		x[2*i], x[2*i+1] = float32(2*math.Cos(angle)), float32(math.Sin(2*angle))
	}
	return tensors.FromFlatDataAndDimensions(x, n, 2)
}

// training measures steps of denoising score matching with Adam, at noise levels between 0 and 1.
func training(b compute.Backend, s sizes) (line, error) {
	t, err := train.Plan{
		Data:  train.Drawn(s.batch, curve(max(10_000, s.batch))),
		Start: weights(s.width), Every: s.steps, Key: random.NewKey(1, "probe"),
		Loss: func(scope *model.Scope, batch []*Node, r *random.Source) *Node {
			x0 := batch[0]
			t := r.Uniform(Slice(x0, AxisRange(), AxisElem(0)))
			eps := r.Normal(x0)
			return ReduceSum(Square(Sub(network(scope, Add(x0, Mul(t, eps)), t), eps)), 1)
		},
	}.Begin(b)
	if err != nil {
		return line{}, err
	}
	defer t.Close()
	mean := 0.
	seconds, best, err := timed(s.rounds, func(ctx context.Context) error {
		for report, err := range t.Run(ctx, t.Step()+s.steps) {
			if err != nil {
				return err
			}
			mean = report.Mean(train.LossCurve)
		}
		return nil
	})
	return line{What: "train", Work: fmt.Sprintf("3 x %d, batch %d, %d steps", s.width, s.batch, s.steps),
		Seconds: seconds, Best: best / float64(s.steps) * 1e6, Unit: "us a step", Mean: mean}, err
}

// sampling measures the reverse SDE from noise to time 0.01 on the VP path. Its denoiser is a network that was not
// trained, bounded by tanh.
func sampling(b compute.Backend, s sizes) (line, error) {
	grid, err := diffusion.Uniform(1, .01, s.grid)
	if err != nil {
		return line{}, err
	}
	compiled, err := diffusion.Plan{Store: weights(s.width), Noise: random.NewKey(2, "probe"),
		Sampler: diffusion.OneStep(diffusion.ReverseEulerMaruyama),
		Build: func(scope *model.Scope, _ []*Node) diffusion.Model {
			return diffusion.Model{Process: diffusion.VP{}, Denoise: func(x, t *Node) *Node {
				times := Add(ZerosLike(Slice(x, AxisRange(), AxisElem(0))), t)
				return Tanh(network(scope, x, times))
			}}
		}}.Compile(b)
	if err != nil {
		return line{}, err
	}
	defer compiled.Finalize()
	start, err := exec.Once(b, func(g *Graph) *Node {
		return random.New(g, random.NewKey(3, "probe")).Normal(Zeros(g, shapes.Make(dtypes.Float32, s.samples, 2)))
	})
	if err != nil {
		return line{}, err
	}
	mean := 0.
	seconds, best, err := timed(s.rounds, func(context.Context) error {
		end, err := compiled.Run(grid, start)
		if err != nil {
			return err
		}
		mean = meanSquare(end)
		return nil
	})
	return line{What: "sample", Work: fmt.Sprintf("3 x %d, %d samples, %d steps of the reverse SDE", s.width, s.samples,
		s.grid), Seconds: seconds, Best: best, Unit: "s", Mean: mean}, err
}

func meanSquare(x *tensors.Tensor) float64 {
	sum, values := 0., tensors.MustCopyFlatData[float32](x)
	for _, v := range values {
		sum += float64(v) * float64(v)
	}
	return sum / float64(len(values))
}
