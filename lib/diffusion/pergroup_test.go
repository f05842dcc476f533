package diffusion

import (
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
)

// TestPerGroup checks that each group has its own denoiser, with one time for all or one for each sample.
func TestPerGroup(t *testing.T) {
	all, class := plainDenoiser(OU{}, allMean, allVariance), plainDenoiser(OU{}, classMean, classVariance)
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		want := append(denoised(t, b, all, someRows[:2], .7), denoised(t, b, class, someRows[2:], .7)...)
		if gap := farthest(denoised(t, b, PerGroup(all, class), someRows, .7), want); !(gap <= 1e-15) {
			t.Errorf("one time: %g off", gap)
		}
		each := MustExecOnce(b, func(x, times *Node) *Node { return PerGroup(all, class)(x, times) }, someRows,
			[][]float64{{.7}, {.7}, {.7}, {.7}})
		if gap := farthest(tensors.MustCopyFlatData[float64](each), want); !(gap <= 1e-15) {
			t.Errorf("a time each: %g off", gap)
		}
		for _, ds := range [][]Denoiser{nil, {all, class, all}} {
			_, err := ExecOnce(b, func(x *Node) *Node { return PerGroup(ds...)(x, Const(x.Graph(), .7)) }, someRows)
			if err == nil || !strings.Contains(err.Error(), "equal groups") {
				t.Errorf("%d groups of 4 samples: %v", len(ds), err)
			}
		}
	})
}
