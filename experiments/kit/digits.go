package kit

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/data"
	"scorelab/lib/exec"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

// DigitSet is the bundled digits as float64 tensors [n, 784] with pixels in [-1, 1]: for training, and held out.
type DigitSet struct{ Train, Held *tensors.Tensor }

// LoadDigits reads the bundled digits.
func LoadDigits() (DigitSet, error) {
	all, err := data.Digits()
	if err != nil {
		return DigitSet{}, err
	}
	train, held, err := all.Split(data.DigitsTrain)
	if err != nil {
		return DigitSet{}, err
	}
	flat := func(im *data.Images) *tensors.Tensor {
		return tensors.FromFlatDataAndDimensions(im.Float64(), im.N, im.H*im.W)
	}
	return DigitSet{flat(train), flat(held)}, nil
}

// FirstRows are the first n rows of a tensor [m, d].
func FirstRows(t *tensors.Tensor, n int) *tensors.Tensor {
	d := t.Shape().Dim(1)
	return tensors.FromFlatDataAndDimensions(tensors.MustCopyFlatData[float64](t)[:n*d], n, d)
}

// DrawRows draws n rows of a tensor [m, d] uniformly, with replacement.
func DrawRows(l *suite.Lab, t *tensors.Tensor, purpose string, n int) (*tensors.Tensor, error) {
	u, err := exec.Once(l.Backend, func(g *Graph) *Node {
		return random.New(g, l.Key(purpose)).Uniform(Const(g, make([]float64, n)))
	})
	if err != nil {
		return nil, err
	}
	rows, d := t.Shape().Dim(0), t.Shape().Dim(1)
	from := tensors.MustCopyFlatData[float64](t)
	var out []float64
	for _, v := range tensors.MustCopyFlatData[float64](u) {
		i := min(int(v*float64(rows)), rows-1)
		out = append(out, from[i*d:(i+1)*d]...)
	}
	return tensors.FromFlatDataAndDimensions(out, n, d), nil
}

// Picture is row i as a 28 x 28 picture.
func Picture(p metrics.Points, i int) figure.Picture {
	return figure.Picture{W: 28, H: 28, Pix: p.Row(i)}
}

// UnitSpread is digits with noise of standard deviation sigma, scaled so that their spread stays about 1.
func UnitSpread(p metrics.Points, sigma float64) metrics.Points {
	scale := 1 / math.Sqrt(1+sigma*sigma)
	return metrics.Points{N: p.N, D: p.D, X: Map(p.X, func(v float64) float64 { return v * scale })}
}

// Pictures are rows 0 .. n-1.
func Pictures(p metrics.Points, n int) []figure.Picture {
	out := make([]figure.Picture, n)
	for i := range out {
		out[i] = Picture(p, i)
	}
	return out
}

// Decibel is 10 log10 of a ratio of powers.
func Decibel(ratio float64) float64 { return 10 * math.Log10(ratio) }

// SignalPower is the variance of all pixels of a set about their common mean.
func SignalPower(p metrics.Points) float64 {
	mean, square := 0.0, 0.0
	for _, v := range p.X {
		mean += v / float64(len(p.X))
	}
	for _, v := range p.X {
		square += (v - mean) * (v - mean) / float64(len(p.X))
	}
	return square
}

// CopyRMS is the root mean square distance per pixel below which two pictures count as equal: 1/256 of the range.
const CopyRMS = 2. / 256
