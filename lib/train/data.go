package train

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/random"
)

// Data is the source of the batches: Shuffled, Drawn, Whole or Fresh. The key and the step determine a batch.
type Data interface {
	// columns are the tables that draw reads at every step. window holds those that it reads at a range of steps around
	// the given one.
	columns() []*tensors.Tensor
	window(step int, draw uniforms) (window, error)
	draw(columns, window []*Node, key [2]*Node, step *Node) (batch []*Node)
	settings() any // for the record of a run, and to identify the data set
	validate() error
}

var _ = []Data{table{}, fresh{}}

// window holds tables for the steps from <= step < to.
type window struct {
	from, to int
	tables   []*tensors.Tensor
}

// always is the window of all steps.
var always = window{to: math.MaxInt}

// Whole gives all the data in each step. Columns are tensors [n, ...] with the same number of rows: samples first, then
// labels, if any.
func Whole(columns ...*tensors.Tensor) Data { return table{kind: "whole", cols: columns} }

// Drawn gives batches of independent rows, drawn with replacement. Columns are as in Whole.
func Drawn(batch int, columns ...*tensors.Tensor) Data {
	return table{kind: "drawn", batch: batch, cols: columns}
}

// Shuffled gives batches without replacement. Each epoch goes through the rows in a new random order. If the batch does
// not divide the number of rows, the rest of an epoch is dropped. It differs from epoch to epoch. Columns are as in
// Whole.
func Shuffled(batch int, columns ...*tensors.Tensor) Data {
	return table{kind: "shuffled", batch: batch, cols: columns}
}

// Fresh gives new samples in each step. draw returns the columns of the batch, [batch, ...] each. The name identifies
// the distribution in records and checkpoints.
func Fresh(name string, draw func(g *Graph, r *random.Source) []*Node) Data {
	return fresh{name, draw}
}

// table is data in rows.
type table struct {
	kind  string
	batch int
	cols  []*tensors.Tensor
}

func (d table) rows() int { return d.cols[0].Shape().Dim(0) }

func (d table) columns() []*tensors.Tensor { return d.cols }

func (d table) validate() error {
	if len(d.cols) == 0 {
		return fmt.Errorf("the data has no columns")
	}
	for i, c := range d.cols {
		if c.Rank() == 0 || c.Size() == 0 {
			return fmt.Errorf("column %d of the data has shape %s; give [n, ...] with at least one row", i, c.Shape())
		}
		if n := c.Shape().Dim(0); n != d.rows() {
			return fmt.Errorf("column %d of the data has %d rows, column 0 has %d", i, n, d.rows())
		}
		if bad, first := notFinite(c); bad > 0 {
			return fmt.Errorf("column %d of the data has %d values that are not finite, the first in row %d", i, bad,
				first/(c.Size()/d.rows()))
		}
	}
	if n := d.rows(); d.kind != "whole" && (d.batch < 1 || d.batch > n) {
		return fmt.Errorf("batches of %d rows from %d: give 1 to %d", d.batch, n, n)
	}
	return nil
}

// notFinite counts the values of x that are NaN or infinite, and returns the index of the first one.
func notFinite(x *tensors.Tensor) (bad, first int) {
	count := func(i int, v float64) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			if bad == 0 {
				first = i
			}
			bad++
		}
	}
	x.MustConstFlatData(func(flat any) {
		switch f := flat.(type) {
		case []float64:
			for i, v := range f {
				count(i, v)
			}
		case []float32:
			for i, v := range f {
				count(i, float64(v))
			}
		}
	})
	return bad, first
}

func (d table) settings() any {
	out := struct {
		Kind    string   `json:"kind"`
		Batch   int      `json:"batch,omitempty"`
		Columns []string `json:"columns"`
	}{Kind: d.kind, Batch: d.batch}
	for _, c := range d.cols {
		var sum [sha256.Size]byte
		if err := c.ConstBytes(func(data []byte) { sum = sha256.Sum256(data) }); err != nil {
			panic(err) // of a tensor that was finalized
		}
		out.Columns = append(out.Columns, c.Shape().String()+" sha256:"+hex.EncodeToString(sum[:8]))
	}
	return out
}

// uniforms draws m numbers in (0, 1] for each of n samples. first is the index of the first sample.
type uniforms func(first, n, m int) ([]float64, error)

// windowRows bounds the rows of a window, which holds at least one epoch. windowSteps is so large that the time to make
// a window is negligible.
const windowRows, windowSteps = 1 << 20, 1024

// window holds, for shuffled data, the first step and the rows of each step [steps, batch], over whole epochs. An epoch
// draws a random number for each row. Sorting the rows by these numbers gives a random permutation. The host sorts,
// since a sort cannot be part of a compiled loop (GoMLX takes its comparison for a closure of the main function). The
// Go backend also takes a thousand times as long.
func (d table) window(step int, draw uniforms) (window, error) {
	if d.kind != "shuffled" {
		return always, nil
	}
	n, perEpoch := d.rows(), d.rows()/d.batch
	epochs := max(1, min(windowSteps/perEpoch, windowRows/n))
	first := step / perEpoch / epochs * epochs
	u, err := draw(first, epochs, n)
	if err != nil {
		return window{}, err
	}
	var rows []int32
	order := make([]int32, n)
	for e := range epochs {
		for i := range order {
			order[i] = int32(i)
		}
		slices.SortStableFunc(order, func(i, j int32) int { return cmp.Compare(u[e*n+int(i)], u[e*n+int(j)]) })
		rows = append(rows, order[:perEpoch*d.batch]...)
	}
	from := first * perEpoch
	return window{from, from + epochs*perEpoch, []*tensors.Tensor{
		tensors.FromScalar(int32(from)), tensors.FromFlatDataAndDimensions(rows, epochs*perEpoch, d.batch),
	}}, nil
}

func (d table) draw(columns, window []*Node, key [2]*Node, step *Node) (batch []*Node) {
	g := step.Graph()
	var rows *Node // [batch] int32
	switch d.kind {
	case "whole":
		return columns
	case "drawn":
		u := random.At(key, step, Const(g, uint32(0))).Uniform(Zeros(g, shapes.Make(dtypes.Float64, d.batch)))
		rows = ConvertDType(Ceil(AddScalar(MulScalar(u, d.rows()), -1)), dtypes.Int32) // u is in (0, 1]
	case "shuffled":
		rows = Reshape(Gather(window[1], Reshape(Sub(step, window[0]), 1)), d.batch)
	}
	for _, c := range columns {
		batch = append(batch, Gather(c, InsertAxes(rows, -1)))
	}
	return batch
}

// fresh is data from a sampler.
type fresh struct {
	name    string
	sampler func(g *Graph, r *random.Source) []*Node
}

func (d fresh) columns() []*tensors.Tensor { return nil }

func (d fresh) window(int, uniforms) (window, error) { return always, nil }

func (d fresh) settings() any { return map[string]string{"kind": "fresh", "law": d.name} }

func (d fresh) validate() error {
	if d.sampler == nil {
		return fmt.Errorf("fresh data %q has no sampler", d.name)
	}
	return nil
}

func (d fresh) draw(_, _ []*Node, key [2]*Node, step *Node) []*Node {
	g := step.Graph()
	return d.sampler(g, random.At(key, step, Const(g, uint32(0))))
}
