package exec

import (
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
)

// Interpreter returns the pure-Go backend, one instance for the whole program. It also serves for a few numbers that do
// not justify the start of a compiler.
//
// It runs one operation after another; each operation still uses all cores. Concurrent operations could hang: as many
// products as there are workers hold every worker and wait forever for a free one (gobackend's Pool.Saturate inside
// Pool.WaitToStart).
var Interpreter = sync.OnceValues(func() (compute.Backend, error) { return gobackend.New("ops_sequential") })
