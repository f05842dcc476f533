package learning

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/ml/model"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/exec"
	"scorelab/lib/metrics"
	"scorelab/lib/network"
	"scorelab/lib/suite"
)

var ganVersusDiffusion = suite.Experiment{
	ID:     "gan-vs-diffusion",
	Long:   true,
	Stream: "E20-gan-vs-diffusion",
	Title:  "A GAN and a diffusion model on a ring of eight modes",
	Question: "Does a diffusion model keep all modes where a GAN of the same size loses some, and which distance " +
		"does a GAN minimize?",
	Sources: []string{"002, section 6"},
	Run:     runGanVersusDiffusion,
}

func runGanVersusDiffusion(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "Diffusion keeps all eight modes in each of five trainings, with weights of 1/8 to " +
		"within the counting error, as expected of a regression. A tuned GAN of the same size keeps all eight too, " +
		"but is less accurate within them. One mode can get half as many samples again as another, samples crowd on " +
		"curves, and the sliced Wasserstein distance to data averages 0.15, against 0.09 for diffusion and 0.08 " +
		"between two sets of data. It needs 1 evaluation a sample, diffusion 20. The GAN minimizes the " +
		"Jensen-Shannon divergence, not the Wasserstein distance. That divergence has no slope where the two " +
		"distributions are far apart."}
	return kit.InTurn(l, r, criticsValue, versusRing)
}

// criticsValue: with the best critic, D = log p_data - log p_model, the value of the game is 2 ln 2 - 2 JS (Goodfellow
// et al. 2014, theorem 1). For distributions far apart JS is ln 2 at any distance, but the Wasserstein distance still
// grows.
func criticsValue(l *suite.Lab, r *suite.Report) error {
	const side, nodes = 22., 8801
	x, cell, err := density.Grid(-side, side, nodes, 1)
	if err != nil {
		return err
	}
	table := suite.Table{Name: "distances", Caption: "N(-d/2, 1) and N(d/2, 1) at distance d: their Jensen-Shannon " +
		"divergence JS, which a GAN with the best critic minimizes, and their Wasserstein distance, which is d. JS " +
		"stops at ln 2 = 0.693",
		Header: []string{"d", "JS", "W1", "loss of the best critic"}}
	exec, err := exec.New(l.Backend, func(x, d *Node) []*Node {
		log := func(mean *Node) *Node {
			return AddScalar(MulScalar(Square(Sub(Squeeze(x, 1), mean)), -.5), -math.Log(2*math.Pi)/2)
		}
		p, q := log(MulScalar(d, .5)), log(MulScalar(d, -.5))
		best := Sub(p, q)
		loss := ReduceAllSum(Add(Mul(Exp(p), Softplus(Neg(best))), Mul(Exp(q), Softplus(best))))
		return []*Node{p, q, MulScalar(loss, cell)}
	})
	if err != nil {
		return err
	}
	defer exec.Finalize()
	worst, ds := 0., []float64{.5, 1, 2, 3, 4, 6, 8, 10, 12, 16, 20}
	var js []float64
	for _, d := range ds {
		out, err := exec.Call(x, d)
		if err != nil {
			return err
		}
		flat := kit.Flatten(out)
		for _, log := range flat[:2] {
			if err := density.CheckSum(fmt.Sprintf("N(+-d/2, 1) at d = %g", d), kit.Map(log, math.Exp), cell); err !=
				nil {
				return err
			}
		}
		s, err := metrics.JS(flat[0], flat[1], cell)
		if err != nil {
			return err
		}
		js = append(js, s.Center)
		worst = max(worst, math.Abs(flat[2][0]-2*(math.Ln2-s.Center)))
		table.Rows = append(table.Rows, []any{d, s.Center, d, flat[2][0]})
	}
	r.Tables = append(r.Tables, table)
	last := len(ds) - 1
	r.Add(
		suite.Below{Claim: claims.D002GANWasserstein, Metric: "largest distance of the best critic's loss from 2 ln " +
			"2 - 2 JS", Got: worst, Bound: 1e-12, Why: "one integral in two forms; " + kit.WhyRounding,
			Shows: suite.Qualified},
		suite.Equals{Claim: claims.D002GANWasserstein, Metric: "JS of N(-10, 1) and N(10, 1), whose Wasserstein " +
			"distance is 20", Got: js[last], Want: math.Ln2, Tol: 1e-12, Why: "ln 2, up to an overlap of e^-50",
			Shows: suite.Qualified},
		suite.Equals{Claim: claims.D002GANWasserstein, Metric: "JS gained between the distances 16 and 20: the " +
			"critic has no slope left", Got: js[last] - js[last-1], Want: 0, Tol: 1e-12,
			Why: "the overlap is e^-32", Shows: suite.Qualified})
	return nil
}

const (
	versusTrainings      = 5
	gameSteps, gameBatch = 3000, 256 // of either network
	regressionSteps      = 4000      // on kit.LearnedBatch samples each: about as long

	// versusSamples is the number of samples in every profile. It is small enough that the bias of training, about
	// 0.003 in a weight over five trainings, stays below the standard error of a share, 0.0047.
	versusSamples = 5000
)

// versusNet has as many weights as the generator, and as the critic, to 1 %.
var versusNet = network.MLP{Hidden: []int{64, 64, 64}, Activation: "swish", Condition: network.Condition{
	Frequencies: 16, Width: 32}}

// ringTraining holds the results of one training of either kind.
type ringTraining struct {
	samples metrics.Points
	count   ringCount
	sw2     float64
	worst   float64 // distance of a mode's weight to 1/8, in standard errors of an exact share

	evaluations int // of the network for a sample
	weights     int // of the network that makes samples
}

// measureRing compares samples with data.
func measureRing(samples, data metrics.Points) (ringTraining, error) {
	c := ringTraining{samples: samples}
	var err error
	if c.count, err = countRing(samples); err != nil {
		return c, err
	}
	sw, err := metrics.SlicedW2(samples, data, metrics.Projections)
	if err != nil {
		return c, err
	}
	c.sw2 = sw.Center
	for _, s := range c.count.shares {
		c.worst = max(c.worst, math.Abs(s.Center-1./8)/math.Sqrt(1./8*7/8/float64(samples.N)))
	}
	return c, nil
}

// countWeights counts the trainable weights under a scope.
func countWeights(store *model.Store, scope string) int {
	n := 0
	for v := range store.IterVariables() {
		if v.Trainable && (scope == "" || len(v.Path()) > len(scope) && v.Path()[:len(scope)+1] == scope+"/") {
			n += v.Shape().Size()
		}
	}
	return n
}

// versusRing trains both on the ring, from five initial weights each.
func versusRing(l *suite.Lab, r *suite.Report) error {
	data, floor, err := ringData(l)
	if err != nil {
		return err
	}
	gans, err := eachTraining(l, "game", .05, func(k int) (ringTraining, error) { return trainGAN(l, k, data) })
	if err != nil {
		return err
	}
	diffusions, err := eachTraining(l, "regression", .5, func(k int) (ringTraining, error) {
		return trainDiffusion(l, k, data)
	})
	if err != nil {
		return err
	}
	for k, c := range diffusions {
		r.Add(
			suite.Equals{Claim: claims.D002NoCollapse,
				Metric: fmt.Sprintf("modes of the ring that diffusion covers, training %d", k+1),
				Got:    float64(c.count.covered), Want: 8, Tol: 0, Why: "each has at least half of its weight"},
			suite.Between{Claim: claims.D002NoCollapse,
				Metric: fmt.Sprintf("largest distance of a mode's weight to 1/8, in standard errors, training %d", k+1),
				Got:    metrics.Exactly(c.worst), Lo: 0, Hi: metrics.Width, Alpha: 8 * metrics.Miss,
				Why: "5 standard errors of counting, with room for the bias of training; the largest of five " +
					"trainings, seed 2, is 2.4"})
	}
	r.Tables = append(r.Tables, versusTable(floor, gans, diffusions))
	return versusFigure(r, gans, diffusions)
}

// ringData are samples of the ring, and the results of a second set of exact samples.
func ringData(l *suite.Lab) (data metrics.Points, floor ringTraining, err error) {
	r8 := density.Ring()
	x, err := r8.Sample(l.Backend, l.Key("data"), versusSamples)
	if err != nil {
		return data, floor, err
	}
	data = kit.Points(x)
	other, err := r8.Sample(l.Backend, l.Key("more data"), versusSamples)
	if err != nil {
		return data, floor, err
	}
	floor, err = measureRing(kit.Points(other), data)
	return data, floor, err
}

func eachTraining(l *suite.Lab, what string, from float64, train func(k int) (ringTraining, error)) (
	[]ringTraining, error) {
	var all []ringTraining
	for k := range versusTrainings {
		if err := l.Progress(from+.09*float64(k), fmt.Sprint(what, " ", k+1)); err != nil {
			return nil, err
		}
		c, err := train(k)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func trainGAN(l *suite.Lab, k int, data metrics.Points) (ringTraining, error) {
	name := fmt.Sprint("GAN ", k+1)
	game := smallGAN(l, name, gameSteps)
	store, err := game.play(l, density.Ring(), gameSteps, name)
	if err != nil {
		return ringTraining{}, err
	}
	samples, err := game.sample(l, store, versusSamples, name+" noise")
	if err != nil {
		return ringTraining{}, err
	}
	c, err := measureRing(samples, data)
	c.evaluations, c.weights = 1, countWeights(store, "/generator")
	return c, err
}

func trainDiffusion(l *suite.Lab, k int, data metrics.Points) (ringTraining, error) {
	name := fmt.Sprint("diffusion ", k+1)
	m, err := kit.TrainOnPath(l, density.Ring(), kit.Keyed(versusNet, l, name), regressionSteps, name)
	if err != nil {
		return ringTraining{}, err
	}
	samples, err := m.Sample(l, versusSamples, name+" noise")
	if err != nil {
		return ringTraining{}, err
	}
	c, err := measureRing(samples, data)
	c.evaluations, c.weights = kit.LearnedNFE, countWeights(m.Weights, "")
	return c, err
}

func versusTable(floor ringTraining, gans, diffusions []ringTraining) suite.Table {
	table := suite.Table{Name: "trainings", Caption: fmt.Sprintf("%d samples of each training: modes with at least "+
		"half of their weight; share of samples further from every mode than all but 1 in 1000 of the data; smallest "+
		"and largest weight of a mode (exact: 0.125); sliced Wasserstein distance SW2 to data; network evaluations a "+
		"sample; weights of the sampling network. Training: GAN %d steps on %d samples each, diffusion %d on %d",
		versusSamples,
		gameSteps, gameBatch, regressionSteps, kit.LearnedBatch),
		Header: []string{"method", "training", "modes", "astray", "smallest weight", "largest weight", "SW2",
			"evaluations", "weights"}}
	add := func(method string, all ...ringTraining) {
		for k, c := range all {
			shares := kit.Centers(c.count.shares)
			table.Rows = append(table.Rows, []any{method, k + 1, c.count.covered, c.count.stray, slices.Min(shares),
				slices.Max(shares), c.sw2, c.evaluations, c.weights})
		}
	}
	add("data", floor)
	add("GAN", gans...)
	add("diffusion", diffusions...)
	return table
}
