package matching

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/integrate/quad"

	"scorelab/experiments/claims"
	"scorelab/experiments/kit"
	"scorelab/lib/density"
	"scorelab/lib/diffusion"
	"scorelab/lib/exec"
	"scorelab/lib/figure"
	"scorelab/lib/metrics"
	"scorelab/lib/random"
	"scorelab/lib/suite"
)

var probing = suite.Experiment{
	ID:     "probing",
	Stream: "E11-probing",
	Title:  "Probing what denoising learns",
	Question: "Does the average of the clean points behind a noisy point x~ converge to the posterior mean, and " +
		"does it give the score at x~?",
	Sources: []string{"001, Probing the learning objective, seventh figure"},
	Run:     runProbing,
}

// probePoint is an input x~ of 001's figure: the ball in which a noisy sample counts as x~, the dummy from which the
// companion code starts its running mean, and exact values from an independent computation.
type probePoint struct {
	x, y, radius float64
	dummy        [2]float64
	mean         [2]float64 // E[x0 | x~] at the point
	ball         [2]float64 // E[x0 | x~ in the ball]
	shifted      [2]float64 // where the dummy leaves the running mean after the expected number of hits
	hits         float64    // expected among 200 noisy copies of every data point
	color        figure.Color
}

var probePoints = []probePoint{
	{-1, 1, .4, [2]float64{-3, 3}, [2]float64{-1.300668, .573988}, [2]float64{-1.285324, .574170},
		[2]float64{-1.3122, .6122}, 62.8, figure.Blue},
	{1, 1, .4, [2]float64{2, 2}, [2]float64{1.300668, .573988}, [2]float64{1.285324, .574170},
		[2]float64{1.2965, .5965}, 62.8, figure.Purple},
	{0, 2, .8, [2]float64{-1, 2}, [2]float64{0, .553896}, [2]float64{0, .559799}, [2]float64{-.0115, .5764}, 85.9,
		figure.Green},
}

const probeRounds = 200 // noisy copies of each of the ten points in the figure

func (p probePoint) name() string { return fmt.Sprintf("(%g, %g)", p.x, p.y) }

// holds reports whether a noisy sample counts as the point.
func (p probePoint) holds(x []float64) bool { return math.Hypot(x[0]-p.x, x[1]-p.y) < p.radius }

func runProbing(l *suite.Lab) (*suite.Report, error) {
	r := &suite.Report{Answer: "Yes, up to the size of the ball in which noisy points count as equal. The running " +
		"averages converge to E[x | x~ in the ball], within 0.016 of the posterior mean E[x | x~] at its center. The " +
		"score is (E[x | x~] - x~)/sigma^2: it points from x~ to the average. The document draws the average noise, " +
		"(x~ - E[x | x~])/sigma, which is the score times -sigma, so its arrows need the opposite sign. The " +
		"companion code starts its averages from dummy points, whose effect is still visible after its 200 rounds."}
	return kit.InTurn(l, r, probeExactly, probeByHits)
}

// probeExactly compares posterior means, scores and ball averages with independent numbers.
func probeExactly(l *suite.Lab, r *suite.Report) error {
	at := make([][]float64, len(probePoints))
	for i, p := range probePoints {
		at[i] = []float64{p.x, p.y}
	}
	out, err := kit.Evaluate(l, func(in []*Node) []*Node {
		x, data := in[0], in[1]
		return []*Node{
			density.Empirical(diffusion.EDM{}, data).Denoise(x, kit.ScalarLike(x, 1)),
			density.Probing().Model(diffusion.EDM{}).ScoreAt(x, kit.ScalarLike(x, 0)),
		}
	}, at, density.ProbingPoints())
	if err != nil {
		return err
	}
	const digits = "six decimals of an independent computation"
	table := suite.Table{Name: "exact", Caption: "Exact values at three noisy points x~: posterior mean, score " +
		"(E[x|x~] - x~, since sigma = 1), mean over the ball, hits of the ball in 200 rounds, and the mean that the " +
		"dummy of the companion code leaves",
		Header: []string{"point", "E[x1|x~]", "E[x2|x~]", "score1", "score2", "ball x1", "ball x2", "expected hits",
			"with dummy x1", "with dummy x2"}}
	for i, p := range probePoints {
		mean, score := out[0][2*i:2*i+2], out[1][2*i:2*i+2]
		from := []float64{mean[0] - p.x, mean[1] - p.y}
		along := -(from[0]*score[0] + from[1]*score[1]) / (score[0]*score[0] + score[1]*score[1])
		ball, hits := ballMean(p)
		left := [2]float64{(p.dummy[0] + hits*ball[0]) / (hits + 1), (p.dummy[1] + hits*ball[1]) / (hits + 1)}
		r.Add(
			suite.Below{Claim: claims.D001Probing, Metric: "|E[x|x~] - independent value| at " + p.name(),
				Got: kit.LargestDifference(mean, p.mean[:]), Bound: 6e-7, Why: digits},
			suite.Below{Claim: claims.D001ProbingArrows, Metric: "|score - (E[x|x~] - x~)| at " + p.name(),
				Got: kit.LargestDifference(score, from), Bound: 1e-12, Why: kit.WhyRounding},
			suite.Equals{Claim: claims.D001ProbingArrows, Metric: "noise direction (x~ - E[x|x~])/sigma along the " +
				"score at " + p.name() + ", in units of the score; a score has 1", Got: along, Want: -1, Tol: 1e-12,
				Why: kit.WhyRounding, Shows: suite.Refuted},
			suite.Below{Claim: claims.D001ProbingBall, Metric: "|E[x|x~ in the ball] - independent value| about " +
				p.name(), Got: kit.LargestDifference(ball, p.ball[:]), Bound: 6e-7,
				Why: digits, Shows: suite.Qualified},
			suite.Equals{Claim: claims.D001ProbingFigure, Metric: "expected hits of the ball about " + p.name() +
				" in 200 rounds", Got: hits, Want: p.hits, Tol: .06, Why: "one decimal of an independent computation"},
			suite.Below{Claim: claims.D001ProbingFigure, Metric: "|where the dummy leaves the average - independent " +
				"value| about " + p.name(), Got: kit.LargestDifference(left[:], p.shifted[:]), Bound: 6e-5,
				Why: "four decimals of an independent computation", Shows: suite.Qualified})
		table.Rows = append(table.Rows, []any{p.name(), mean[0], mean[1], score[0], score[1], ball[0], ball[1], hits,
			left[0], left[1]})
	}
	r.Tables = append(r.Tables, table)
	return l.Progress(.2, "sampling")
}

// ballMean returns E[x0 | x~ in the ball] and the expected number of noisy samples in the ball, by Gauss-Legendre
// quadrature along the radius and the trapezoidal rule around.
func ballMean(p probePoint) (mean []float64, hits float64) {
	const radii, angles = 24, 48
	radius, weight := make([]float64, radii), make([]float64, radii)
	quad.Legendre{}.FixedLocations(radius, weight, 0, p.radius)
	mean = make([]float64, 2)
	for i, rho := range radius {
		for k := range angles {
			sin, cos := math.Sincos(2 * math.Pi * float64(k) / angles)
			for _, x := range density.ProbingPoints() {
				dx, dy := p.x+rho*cos-x[0], p.y+rho*sin-x[1]
				share := weight[i] * rho / angles * math.Exp(-(dx*dx+dy*dy)/2) * probeRounds // of one data point
				hits += share
				mean[0] += share * x[0]
				mean[1] += share * x[1]
			}
		}
	}
	return []float64{mean[0] / hits, mean[1] / hits}, hits
}

// noisyRounds draws noisy copies of the data points, [10 rounds, 2], round by round.
func noisyRounds(l *suite.Lab, purpose string, rounds int) (metrics.Points, error) {
	clean := density.ProbingPoints()
	flat := make([]float64, 0, 2*rounds*len(clean))
	for range rounds {
		for _, x := range clean {
			flat = append(flat, x...)
		}
	}
	n := rounds * len(clean)
	noisy, err := exec.Once(l.Backend, func(x *Node) *Node {
		return Add(x, random.New(x.Graph(), l.Key(purpose)).Normal(x))
	}, tensors.FromFlatDataAndDimensions(flat, n, 2))
	if err != nil {
		return metrics.Points{}, err
	}
	return kit.Points(noisy), nil
}

// hitRun is a long run at one point: the clean points of its hits.
type hitRun struct {
	probePoint
	xs, ys       []float64
	hits, errors []float64 // distances of the running average to the exact one, at hits that grow by a factor
}

// follow collects the hits of the point among noisy copies of the data, round by round.
func (p probePoint) follow(noisy metrics.Points) hitRun {
	clean, run := density.ProbingPoints(), hitRun{probePoint: p}
	sum, mark := [2]float64{}, 1.
	for i := range noisy.N {
		if !p.holds(noisy.Row(i)) {
			continue
		}
		x := clean[i%len(clean)]
		run.xs, run.ys = append(run.xs, x[0]), append(run.ys, x[1])
		sum[0], sum[1] = sum[0]+x[0], sum[1]+x[1]
		if n := float64(len(run.xs)); n >= mark {
			run.hits, run.errors = append(run.hits, n),
				append(run.errors, math.Max(1e-4, math.Hypot(sum[0]/n-p.ball[0], sum[1]/n-p.ball[1])))
			mark *= 1.25
		}
	}
	return run
}

// probeByHits compares the averages of a long run with the exact ones, and draws the run of the figure.
func probeByHits(l *suite.Lab, r *suite.Report) error {
	noisy, err := noisyRounds(l, "long run", l.Size(20_000, 200_000))
	if err != nil {
		return err
	}
	var runs []hitRun
	for _, p := range probePoints {
		run := p.follow(noisy)
		for j, column := range [][]float64{run.xs, run.ys} {
			mean, err := metrics.Mean(column)
			if err != nil {
				return err
			}
			r.Add(suite.Near{Claim: claims.D001Probing, Metric: fmt.Sprintf("average x%d of the clean points behind "+
				"the ball about %s", j+1, p.name()), Got: mean, Want: p.ball[j], Why: kit.WhySE})
		}
		runs = append(runs, run)
	}
	return probeFigures(l, r, averagesPanel(runs, noisy.N))
}
