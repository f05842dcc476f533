package diffusion

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/backend/backendtest"
)

// iterated is a process without its formula for times.
type iterated struct{ Process }

// TestTimesOfLevels inverts every process, by its formula if it has one and by iteration, in one graph and by calls
// from the host. Each way must return to the time at which the level was read, or to the nearer end for a level
// outside.
func TestTimesOfLevels(t *testing.T) {
	formulas := 0
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		for _, spec := range Processes {
			p := spec.Process
			_, formula := p.(Inverter)
			if formula {
				formulas++
			}
			if b.Name() == "xla" && spec.Name != "vp" && spec.Name != "edm" {
				continue // the process is only numbers
			}
			lo, hi := p.Horizon()
			want := append(inside(p, 9), lo, hi)
			levels, err := levelsOf(b, p, want...)
			if err != nil {
				t.Fatal(err)
			}
			levels = append(levels, levels[len(want)-2]/2, levels[len(want)-1]*2)
			want = append(want, lo, hi)
			ways := map[string][]float64{}
			for name, p := range map[string]Process{"as it is": p, "iterated": iterated{p}} {
				if ways[name+", host"], err = timesOf(b, p, levels, lo, hi); err != nil {
					t.Fatal(err)
				}
				if b.Name() == "xla" && (name == "iterated" || !formula) {
					continue // compiles for seconds
				}
				inGraph := MustExecOnce(b, func(level, lo, hi *Node) *Node {
					like := ZerosLike(level)
					return timeAt(p, level, Add(like, lo), Add(like, hi))
				}, levels, lo, hi)
				ways[name+", graph"] = tensors.MustCopyFlatData[float64](inGraph)
			}
			// A level is read to some units of rounding; a time follows with the slope of log(sigma/alpha), which is
			// at least that of the noise's end.
			for way, got := range ways {
				for i := range want {
					if off := math.Abs(got[i] - want[i]); !(off <= 1e-9*math.Max(want[i], 1e-3)) {
						t.Errorf("%s, %s: the time of level %g is %v, want %v", spec.Name, way, levels[i], got[i],
							want[i])
					}
				}
			}
		}
	})
	if formulas == 0 {
		t.Error("no process has a formula")
	}
}
