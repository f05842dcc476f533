package exec

import (
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
)

// Interpreter is the pure-Go backend, one for all: also for a few numbers that no compiler is worth starting for.
//
// It runs one operation after another; each still spreads over the cores. Started together, as many products as there
// are workers hold every worker and wait for a free one, for ever (gobackend's Pool.Saturate inside Pool.WaitToStart).
var Interpreter = sync.OnceValues(func() (compute.Backend, error) { return gobackend.New("ops_sequential") })
