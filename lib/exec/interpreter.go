package exec

import (
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
)

// Interpreter is a pure-Go backend for a few numbers that no compiler is worth starting for: a path at one time, say.
var Interpreter = sync.OnceValues(func() (compute.Backend, error) { return gobackend.New("ops_sequential") })
