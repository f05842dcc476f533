package density

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"scorelab/lib/diffusion"
	"scorelab/lib/random"
)

// Target is a distribution in R^d with closed forms for every quantity along every process.
type Target interface {
	Name() string
	Dim() int
	Mean() []float64                                                          // [d]
	Covariance() [][]float64                                                  // [d][d]
	Model(p diffusion.Process) diffusion.Model                                // with LogDensity and Divergence
	Build(p diffusion.Process) diffusion.Build                                // Model, as a sampling plan takes it
	PosteriorCov(p diffusion.Process, x, t *Node) *Node                       // Cov[x0 | x_t = x], [batch, d, d]
	Support(alpha, sigma float64) Support                                     // where alpha x0 + sigma eps has its mass
	Moved(scale float64, shift []float64) (Target, error)                     // the distribution of scale x + shift
	Sample(b compute.Backend, key random.Key, n int) (*tensors.Tensor, error) // [n, d] in float64
}

var (
	_ Target = (*Mixture)(nil)
	_ Target = (*Circle)(nil)
)
