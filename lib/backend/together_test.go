package backend_test

import (
	"testing"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"scorelab/lib/backend/backendtest"
)

// TestProductsTogether runs a graph with many independent products. The Go backend would start them all at once. Each
// would wait for workers, but all workers are products that wait (see open).
func TestProductsTogether(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		exec, err := NewExec(b, func(x *Node) *Node {
			sum := Scalar(x.Graph(), dtypes.Float64, 0)
			for i := range 16 {
				y := AddScalar(x, float64(i))
				sum = Add(sum, ReduceAllMax(DotGeneral(y, []int{2}, []int{0}, y, []int{1}, []int{0})))
			}
			return sum
		})
		if err != nil {
			t.Fatal(err)
		}
		x := make([][][]float64, 64)
		for i := range x {
			x[i] = make([][]float64, 32)
			for j := range x[i] {
				x[i][j] = make([]float64, 32)
			}
		}
		rounds := 100
		if testing.Short() {
			rounds = 10 // the race detector is slow
		}
		done := make(chan struct{})
		go func() {
			for range rounds {
				out, err := exec.Call(x)
				if err != nil || len(out) != 1 || out[0].Value() != 32.*1240 {
					t.Errorf("the sum of the largest entries is %v, error %v", out, err)
					break
				}
			}
			close(done)
		}()
		select {
		case <-done:
		case <-time.After(time.Minute):
			t.Fatal("stands still")
		}
	})
}
