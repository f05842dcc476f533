package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"pgregory.net/rapid"

	"scorelab/lib/backend/backendtest"
	"scorelab/lib/random"
)

// numbers is the column 0..n-1.
func numbers(n int) *tensors.Tensor {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(i)
	}
	return tensors.FromFlatDataAndDimensions(x, n)
}

// seen returns the rows of each step's batch. It runs a training without weights.
func seen(t testing.TB, data Data, key random.Key, from, steps, batch int) [][]int {
	t.Helper()
	tr := begin(t, backendtest.Interpreter(t), Plan{Data: data, Key: key, Every: 50, Step: func(t *StepContext) {
		for i := range batch {
			t.Record("row "+string(rune('a'+i)), Reshape(Slice(t.Batch[0], AxisElem(i))))
			t.Record("label "+string(rune('a'+i)), Reshape(Slice(t.Batch[1], AxisElem(i))))
		}
	}})
	tr.step = from
	var rows [][]int
	for _, r := range finish(t, tr, from+steps) {
		for k := range r.Step - r.From {
			var row []int
			for i := range batch {
				row = append(row, int(r.Curves["row "+string(rune('a'+i))][k]))
				if label := r.Curves["label "+string(rune('a'+i))][k]; label != float64(10*row[i]) {
					t.Fatalf("row %d has the label %g", row[i], label)
				}
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func labels(n int) *tensors.Tensor {
	x := make([]int32, n)
	for i := range x {
		x[i] = 10 * int32(i)
	}
	return tensors.FromFlatDataAndDimensions(x, n)
}

// Each epoch visits rows once, except for a rest smaller than a batch. Epochs have different orders. A run that begins
// in the middle gets the batches of the whole run. Labels stay with their rows.
func TestShuffledEpochs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(rt, "n")
		batch := rapid.IntRange(1, min(n, 5)).Draw(rt, "batch")
		perEpoch := n / batch
		from := rapid.IntRange(0, 3000).Draw(rt, "from")
		steps := 3*perEpoch + 2
		data, key := Shuffled(batch, numbers(n), labels(n)), random.NewKey(rapid.Int64().Draw(rt, "seed"))
		start := from / perEpoch * perEpoch // of an epoch
		rows := seen(t, data, key, start, steps, batch)
		for e := range 3 {
			epoch := slices.Concat(rows[e*perEpoch : (e+1)*perEpoch]...)
			slices.Sort(epoch)
			if len(slices.Compact(epoch)) != perEpoch*batch || epoch[0] < 0 || epoch[len(epoch)-1] >= n {
				rt.Fatalf("an epoch of %d rows in batches of %d has %v", n, batch, epoch)
			}
		}
		if n > 12 && slices.EqualFunc(rows[:perEpoch], rows[perEpoch:2*perEpoch], slices.Equal) {
			rt.Fatal("two epochs have one order") // probability 1/12! at most
		}
		later := seen(t, data, key, from, 2, batch)
		if !slices.EqualFunc(later, rows[from-start:from-start+2], slices.Equal) {
			rt.Fatalf("from step %d on: %v, the whole run %v", from, later, rows[from-start:from-start+2])
		}
	})
}

// All orders of three rows are equally likely: chi-square with 5 degrees of freedom, at the level 1e-6.
func TestShuffledIsUniform(t *testing.T) {
	rows := seen(t, Shuffled(3, numbers(3), labels(3)), random.NewKey(7), 0, 6000, 3)
	counts := map[[3]int]int{}
	for _, r := range rows {
		counts[[3]int(r)]++
	}
	chi := 0.0
	for _, c := range counts {
		chi += math.Pow(float64(c)-1000, 2) / 1000
	}
	if len(counts) != 6 || chi > 35.9 {
		t.Errorf("%v: chi-square %g", counts, chi)
	}
}

// Draws with replacement are uniform over the rows, the first and the last included.
func TestDrawnIsUniform(t *testing.T) {
	rows := slices.Concat(seen(t, Drawn(4, numbers(10), labels(10)), random.NewKey(8), 0, 2500, 4)...)
	counts := make([]int, 10)
	for _, r := range rows {
		counts[r]++
	}
	chi := 0.0
	for _, c := range counts {
		chi += math.Pow(float64(c)-1000, 2) / 1000
	}
	if chi > 47.2 { // 9 degrees of freedom, at the level 1e-6
		t.Errorf("%v: chi-square %g", counts, chi)
	}
}

// Large data has one epoch in a window, small data many. A window contains the requested step.
func TestWindows(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 1))
	draw := func(first, n, m int) ([]float64, error) {
		u := make([]float64, n*m)
		for i := range u {
			u[i] = source.Float64()
		}
		return u, nil
	}
	for _, c := range []struct{ n, batch, step, from, to int }{
		{2_000_000, 1000, 2500, 2000, 4000},
		{1000, 500, 5, 0, 1024},
		{1000, 500, 1024, 1024, 2048},
		{3, 2, 100, 0, 1024},
		{100, 1, 12345, 12000, 13000},
	} {
		d := table{kind: "shuffled", batch: c.batch, cols: []*tensors.Tensor{
			tensors.FromShape(shapes.Make(dtypes.Uint8, c.n))}}
		w, err := d.window(c.step, draw)
		if err != nil || w.from != c.from || w.to != c.to || w.tables[1].Shape().Dim(0) != c.to-c.from {
			t.Errorf("%+v: the window is %d to %d, %v", c, w.from, w.to, err)
		}
	}
}

// Fresh samples are new in every step and the same in every run. Whole data comes unchanged.
func TestFreshAndWhole(t *testing.T) {
	run := func(data Data) []float64 {
		tr := begin(t, backendtest.Interpreter(t), Plan{Data: data, Key: random.NewKey(9), Step: func(t *StepContext) {
			t.Record("sum", ReduceAllSum(t.Batch[0]))
			t.Record("noise", ReduceAllSum(t.Random().Normal(t.Batch[0])))
		}})
		r := finish(t, tr, 3)[0]
		return append(r.Curves["sum"], r.Curves["noise"]...)
	}
	fresh := Fresh("normal", func(g *Graph, r *random.Source) []*Node {
		return []*Node{r.Normal(Zeros(g, shapes.Make(dtypes.Float64, 5, 2)))}
	})
	a, b := run(fresh), run(fresh)
	if !slices.Equal(a, b) || a[0] == a[1] || a[1] == a[2] {
		t.Errorf("fresh: %v and %v", a, b)
	}
	for i := range 3 {
		if a[i] == a[3+i] {
			t.Errorf("step %d has the data for its noise", i)
		}
	}
	if c := run(Whole(numbers(5))); c[0] != 10 || c[2] != 10 || c[3] == c[4] {
		t.Errorf("whole: %v", c)
	}
}
